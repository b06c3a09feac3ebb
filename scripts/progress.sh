# SPDX-License-Identifier: Apache-2.0
# What the scripts tell of long work while it goes on. Sourced by lib.sh.

# Runs ninja in build directory $1 for the targets that follow. On a terminal ninja's own line tells
# how far it is; elsewhere each tenth of the work has a line.
build_targets() {
  local directory=$1
  shift
  if [ -t 2 ]; then
    ninja -C "$directory" "$@" >&2
  else
    NINJA_STATUS='[%f/%t] ' ninja -C "$directory" "$@" 2>&1 | tell_tenths >&2
  fi
}

# Of ninja's lines of progress one each tenth, and all others.
tell_tenths() {
  local line tenth told=-1
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\  ]]; then
      tenth=$((10 * BASH_REMATCH[1] / BASH_REMATCH[2]))
      [ $tenth -gt $told ] || continue
      told=$tenth
      line="built ${BASH_REMATCH[1]} of ${BASH_REMATCH[2]}"
    fi
    printf '%s\n' "$line"
  done
}

# Runs a command that tells apt's progress on descriptor 3 (APT::Status-Fd=3; apt closes that one in
# what it runs, so it is not the output): each quarter has a line. What else it says is of interest
# only where it fails.
tell_quarters_of_apt() {
  local said status=0
  said=$(mktemp)
  "$@" 3>&1 >"$said" 2>&1 </dev/null | tell_quarters >&2 || status=$?
  [ $status = 0 ] || cat "$said" >&2
  rm -f "$said"
  return $status
}

tell_quarters() {
  local line step told='' what
  while IFS= read -r line; do
    [[ $line =~ ^(dl|pm)status:[^:]*(:[a-z][a-z0-9]*)?:([0-9]+)(\.[0-9]+)?: ]] || continue
    if [ "${BASH_REMATCH[1]}" = dl ]; then what=fetched; else what=installed; fi
    step="$what $((BASH_REMATCH[3] / 25 * 25)) %"
    [ "$step" = "$told" ] || printf '%s\n' "$step"
    told=$step
  done
}

# Seconds, as minutes and seconds.
as_minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
