# SPDX-License-Identifier: Apache-2.0
# Says NAME and its state. A start has failed, for systemctl, while what it began is still being ended:
# that end is waited for.
state_of() {
  for n in $(seq 600); do
    [ "$(systemctl is-active "$1")" = deactivating ] || break
    sleep 0.1
  done
  echo "$1 $(systemctl is-active "$1")"
}
