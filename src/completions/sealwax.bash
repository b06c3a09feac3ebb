# SPDX-License-Identifier: Apache-2.0
# bash completion for sealwax

_sealwax_words() {
  COMPREPLY+=($(compgen -W "$1" -- "$word"))
}

_sealwax_policies() {
  _sealwax_words "$(compgen -G '/etc/sealwax/*.conf'; compgen -G '/usr/share/sealwax/*.conf')"
}

_sealwax_policy_names() {
  _sealwax_words "$(for path in /etc/sealwax/*.conf /usr/share/sealwax/*.conf; do
    [[ -e $path ]] && path=${path##*/} && echo "${path%.conf}"; done)"
}

# Behind the options of a command that runs a program, $1 being those with a value: the program, and
# what completes its own arguments. False: the word is one of the options.
_sealwax_program() {
  local at=2
  while ((at < COMP_CWORD)); do
    case ${COMP_WORDS[at]} in
      --) ((++at)) && break ;;
      -*)
        [[ " $1 " == *" ${COMP_WORDS[at]} "* ]] && ((++at))
        ((++at))
        ;;
      *) break ;;
    esac
  done
  ((at <= COMP_CWORD)) || return 1
  if ((at < COMP_CWORD)); then
    if declare -F _command_offset >/dev/null; then
      _command_offset "$at"
    else
      COMPREPLY=($(compgen -f -- "$word"))
    fi
  elif [[ $word == -* && ${COMP_WORDS[at - 1]} != -- ]]; then
    return 1
  else
    COMPREPLY=($(compgen -c -- "$word"))
  fi
  return 0
}

_sealwax() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _sealwax_words "run seal learn status report plan policy doctor selftest bench systemd install uninstall --help --version"
    return
  fi
  case ${COMP_WORDS[1]} in
    run)
      _sealwax_program "--policy --library" && return
      case $before in
        --policy)
          COMPREPLY=($(compgen -f -- "$word")); _sealwax_policy_names
          return
          ;;
        --library)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
      esac
      if [[ $word == -* ]]; then
        _sealwax_words "--policy --library --require --follow -h --help"
      fi
      ;;
    seal)
      case $before in
        --unit)
          _sealwax_words "$(systemctl list-units --no-legend --plain 2>/dev/null | cut -d' ' -f1)"
          return
          ;;
        --policy)
          COMPREPLY=($(compgen -f -- "$word")); _sealwax_policy_names
          return
          ;;
      esac
      if [[ $word == -* ]]; then
        _sealwax_words "--unit --policy --closable --dry-run --json -h --help"
      else
        _sealwax_words "$(cd /proc && echo [0-9]*)"
      fi
      ;;
    learn)
      _sealwax_program "--unit --for -o --output --policy --library --color" && return
      case $before in
        --unit)
          _sealwax_words "$(systemctl list-units --no-legend --plain 2>/dev/null | cut -d' ' -f1)"
          return
          ;;
        --for)
          COMPREPLY=()
          return
          ;;
        -o | --output)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --policy)
          COMPREPLY=($(compgen -f -- "$word")); _sealwax_policy_names
          return
          ;;
        --library)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --color)
          _sealwax_words "auto always never"
          return
          ;;
      esac
      if [[ $word == -* ]]; then
        _sealwax_words "--unit --for --boot -o --output --policy --library --json --color -h --help"
      fi
      ;;
    status)
      case $before in
        --package)
          COMPREPLY=()
          return
          ;;
        --unit)
          _sealwax_words "$(systemctl list-units --no-legend --plain 2>/dev/null | cut -d' ' -f1)"
          return
          ;;
        --user)
          COMPREPLY=($(compgen -u -- "$word"))
          return
          ;;
        --sort)
          _sealwax_words "pid name unit user sealed open"
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
          _sealwax_words "table json prometheus"
          return
          ;;
        --color)
          _sealwax_words "auto always never"
          return
          ;;
      esac
      if [[ $word == -* ]]; then
        _sealwax_words "--all --package --unit --user --sort --maps --require-enforce --threshold --watch --quiet --count --format --json --color -h --help"
      else
        _sealwax_words "$(cd /proc && echo [0-9]*)"
      fi
      ;;
    report)
      case $before in
        --since)
          COMPREPLY=()
          return
          ;;
        --unit)
          _sealwax_words "$(systemctl list-units --no-legend --plain 2>/dev/null | cut -d' ' -f1)"
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
        --html)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --document)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        -o | --output)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --policy)
          COMPREPLY=($(compgen -f -- "$word")); _sealwax_policies
          return
          ;;
        --color)
          _sealwax_words "auto always never"
          return
          ;;
      esac
      if [[ $word == -* ]]; then
        _sealwax_words "--since --unit --directory --file --html --document -o --output --policy --unverified --json --color -h --help"
      fi
      ;;
    plan)
      case $before in
        --package)
          COMPREPLY=()
          return
          ;;
        --ignore)
          COMPREPLY=()
          return
          ;;
        --policy)
          COMPREPLY=($(compgen -f -- "$word")); _sealwax_policy_names
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
          _sealwax_words "auto always never"
          return
          ;;
      esac
      if [[ $word == -* ]]; then
        _sealwax_words "--package --check --ignore --objects --quiet --count --policy --library --root --json --color -h --help"
      else
        COMPREPLY=($(compgen -f -- "$word"))
      fi
      ;;
    policy)
      case $before in
        --policy)
          COMPREPLY=($(compgen -f -- "$word")); _sealwax_policy_names
          return
          ;;
        --program)
          COMPREPLY=()
          return
          ;;
        --root)
          COMPREPLY=($(compgen -d -- "$word"))
          return
          ;;
        --color)
          _sealwax_words "auto always never"
          return
          ;;
      esac
      if [[ $word == -* ]]; then
        _sealwax_words "--policy --program --dry-run --root --no-files --json --color -h --help"
      elif ((COMP_CWORD == 2)); then
        _sealwax_words "check show explain mode enable disable apply"
      else
        COMPREPLY=($(compgen -f -- "$word"))
      fi
      ;;
    doctor)
      case $before in
        --ignore)
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
          _sealwax_words "auto always never"
          return
          ;;
      esac
      if [[ $word == -* ]]; then
        _sealwax_words "--strict --ignore --library --root --filters --json --color -h --help"
      fi
      ;;
    selftest)
      case $before in
        --policy)
          COMPREPLY=($(compgen -f -- "$word")); _sealwax_policy_names
          return
          ;;
        --library)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --color)
          _sealwax_words "auto always never"
          return
          ;;
      esac
      if [[ $word == -* ]]; then
        _sealwax_words "--policy --library --json --color -h --help"
      fi
      ;;
    bench)
      _sealwax_program "-n --runs --policy --library --output --color" && return
      case $before in
        -n | --runs)
          COMPREPLY=()
          return
          ;;
        --policy)
          COMPREPLY=($(compgen -f -- "$word")); _sealwax_policy_names
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
          _sealwax_words "auto always never"
          return
          ;;
      esac
      if [[ $word == -* ]]; then
        _sealwax_words "-n --runs --policy --library --output --json --color -h --help"
      fi
      ;;
    systemd)
      case $before in
        --policy)
          COMPREPLY=($(compgen -f -- "$word")); _sealwax_policy_names
          return
          ;;
        --library)
          COMPREPLY=($(compgen -f -- "$word"))
          return
          ;;
        --wait)
          COMPREPLY=()
          return
          ;;
        --root)
          COMPREPLY=($(compgen -d -- "$word"))
          return
          ;;
        --color)
          _sealwax_words "auto always never"
          return
          ;;
      esac
      if [[ $word == -* ]]; then
        _sealwax_words "--policy --library --environment-only --no-new-code --require --print --dry-run --remove --verify --list --all-services --wait --user --root --json --color -h --help"
      else
        _sealwax_words "$(systemctl list-units --no-legend --plain 2>/dev/null | cut -d' ' -f1)"
      fi
      ;;
    install)
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
      if [[ $word == -* ]]; then
        _sealwax_words "--dry-run --root --library --json -h --help"
      fi
      ;;
    uninstall)
      case $before in
        --root)
          COMPREPLY=($(compgen -d -- "$word"))
          return
          ;;
      esac
      if [[ $word == -* ]]; then
        _sealwax_words "--dry-run --root --json -h --help"
      fi
      ;;
  esac
}
complete -o filenames -F _sealwax sealwax
