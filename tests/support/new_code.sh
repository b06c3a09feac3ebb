# SPDX-License-Identifier: Apache-2.0
# Has units of a real systemd try each way to new code; for bash, with gain_code, its library and
# code_on_stack in /usr/local/bin. new_code.py reads what is printed.
attack_groups='"another architecture" "pages of the kernel" "huge pages" "executable stacks" "the service manager" \
    "a file handed in"'

# USER MODE OPTION...: each way, and whether it was open to the unit's user.
attack() {
  user=$1 unit=attack-$1-$2
  shift 2
  printf '[Service]\n%s\n' Type=oneshot User=$user WorkingDirectory=/tmp RuntimeDirectory=$unit \
    StateDirectory=$unit StandardError=append:/var/log/$unit.log "ExecStart=/usr/local/bin/gain_code \
    /tmp /var/tmp /dev/shm /dev/mqueue /run/$unit /var/lib/$unit $attack_home /root \
    /proc/$(pgrep -u $user -x sleep)/root/tmp $attack_groups" >/etc/systemd/system/$unit.service
  rm -f /var/log/$unit.log
  install -o $user /dev/null /var/log/$unit.log
  [ $# = 0 ] || sealwax systemd "$@" $unit >/dev/null 2>&1
  systemctl daemon-reload
  systemctl start $unit
  echo "=== $unit"
  journalctl -q --no-pager -b -o cat -u $unit | grep -e ': runs$' -e ': refused$' -e '^in ' -e '^ERROR' |
    sed "s,$unit,own,;s,/proc/[0-9]*/root,outside,;s,$attack_home,home,"
}

# USER...: as each of them.
try_attacks() {
  mkdir -p /etc/sealwax
  printf 'sealwax-policy 1\n[defaults]\nexec-gain = closed\nreport-to = none\n' >/etc/sealwax/closed.conf
  for user; do
    runuser -u $user -- sleep infinity & # outside of the unit
    until pgrep -u $user -x sleep >/dev/null; do sleep 0.1; done
    attack_home=$(getent passwd $user | cut -d: -f6)
    attack $user bare
    attack $user default --environment-only
    attack $user unit --no-new-code
    attack $user both --no-new-code --policy closed
    pkill -u $user -x sleep
  done
}
