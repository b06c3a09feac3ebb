# bash completion for sealwax

_sealwax() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]} options
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "run seal learn status report plan policy doctor selftest bench systemd install uninstall --help --version" -- "$word"))
    return
  fi
  case $command in
    run)
      options="--policy --library --require --follow -h --help"
      case $before in
        --policy)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --library)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
      esac
      ;;
    seal)
      options="--unit --policy --closable --dry-run --json -h --help"
      case $before in
        --unit)
          COMPREPLY=($(compgen -W "$(systemctl list-units --no-legend --plain 2>/dev/null | cut -d' ' -f1)" -- "$word"))
          return
          ;;
        --policy)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
      esac
      ;;
    learn)
      options="-o --output --policy --library --json --color -h --help"
      case $before in
        -o | --output)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --policy)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --library)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --color)
          COMPREPLY=($(compgen -W "auto always never" -- "$word"))
          return
          ;;
      esac
      ;;
    status)
      options="--all --unit --user --sort --maps --require-enforce --threshold --watch --format --json --color -h --help"
      case $before in
        --unit)
          COMPREPLY=($(compgen -W "$(systemctl list-units --no-legend --plain 2>/dev/null | cut -d' ' -f1)" -- "$word"))
          return
          ;;
        --user)
          COMPREPLY=($(compgen -u -- "$word"))
          return
          ;;
        --sort)
          COMPREPLY=($(compgen -W "pid name unit user sealed open" -- "$word"))
          return
          ;;
        --threshold)
          COMPREPLY=()
          return
          ;;
        --watch)
          COMPREPLY=()
          return
          ;;
        --format)
          COMPREPLY=($(compgen -W "table json prometheus" -- "$word"))
          return
          ;;
        --color)
          COMPREPLY=($(compgen -W "auto always never" -- "$word"))
          return
          ;;
      esac
      ;;
    report)
      options="--since --unit --directory --file -o --output --policy --unverified --json --color -h --help"
      case $before in
        --since)
          COMPREPLY=()
          return
          ;;
        --unit)
          COMPREPLY=($(compgen -W "$(systemctl list-units --no-legend --plain 2>/dev/null | cut -d' ' -f1)" -- "$word"))
          return
          ;;
        --directory)
          COMPREPLY=($(compgen -d -- "$word"))
          return
          ;;
        --file)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        -o | --output)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --policy)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --color)
          COMPREPLY=($(compgen -W "auto always never" -- "$word"))
          return
          ;;
      esac
      ;;
    plan)
      options="--check --ignore --objects --policy --library --root --json --color -h --help"
      case $before in
        --ignore)
          COMPREPLY=()
          return
          ;;
        --policy)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --library)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --root)
          COMPREPLY=($(compgen -d -- "$word"))
          return
          ;;
        --color)
          COMPREPLY=($(compgen -W "auto always never" -- "$word"))
          return
          ;;
      esac
      ;;
    policy)
      options="check show explain --policy --root --no-files --json --color -h --help"
      case $before in
        --policy)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --root)
          COMPREPLY=($(compgen -d -- "$word"))
          return
          ;;
        --color)
          COMPREPLY=($(compgen -W "auto always never" -- "$word"))
          return
          ;;
      esac
      ;;
    doctor)
      options="--library --root --filters --json --color -h --help"
      case $before in
        --library)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --root)
          COMPREPLY=($(compgen -d -- "$word"))
          return
          ;;
        --color)
          COMPREPLY=($(compgen -W "auto always never" -- "$word"))
          return
          ;;
      esac
      ;;
    selftest)
      options="--policy --library --json --color -h --help"
      case $before in
        --policy)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --library)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --color)
          COMPREPLY=($(compgen -W "auto always never" -- "$word"))
          return
          ;;
      esac
      ;;
    bench)
      options="-n --runs --policy --library --output --json --color -h --help"
      case $before in
        -n | --runs)
          COMPREPLY=()
          return
          ;;
        --policy)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --library)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --output)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --color)
          COMPREPLY=($(compgen -W "auto always never" -- "$word"))
          return
          ;;
      esac
      ;;
    systemd)
      options="--policy --library --print --dry-run --remove --verify --root --json --color -h --help"
      case $before in
        --policy)
          COMPREPLY=()
          return
          ;;
        --library)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --root)
          COMPREPLY=($(compgen -d -- "$word"))
          return
          ;;
        --color)
          COMPREPLY=($(compgen -W "auto always never" -- "$word"))
          return
          ;;
      esac
      ;;
    install)
      options="--dry-run --root --library --json -h --help"
      case $before in
        --root)
          COMPREPLY=($(compgen -d -- "$word"))
          return
          ;;
        --library)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
      esac
      ;;
    uninstall)
      options="--dry-run --root --json -h --help"
      case $before in
        --root)
          COMPREPLY=($(compgen -d -- "$word"))
          return
          ;;
      esac
      ;;
    *) return ;;
  esac
  if [[ $command == @(bench|learn|run) && $word != -* ]]; then
    COMPREPLY=($(compgen -c -- "$word"))
  elif [[ $word == -* || $command == policy && $COMP_CWORD == 2 ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _sealwax sealwax
