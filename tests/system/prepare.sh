# SPDX-License-Identifier: Apache-2.0
# Puts Sealwax where its package puts it, with the libraries that this Debian does not have.
. /run/unit_state.sh
library=/usr/lib/x86_64-linux-gnu/libsealwax.so
install -D -m 0644 /run/files/libsealwax.so $library
install -D -m 0755 /run/files/sealwax /usr/bin/sealwax
install -D -m 0755 /run/files/sealwax-rescue /usr/lib/sealwax/sealwax-rescue
for policy in /run/files/policies/*.conf; do
  install -D -m 0644 "$policy" "/usr/share/sealwax/${policy##*/}"
done
install -D -m 0644 /run/files/apparmor /etc/apparmor.d/abstractions/sealwax
for file in /run/files/libraries/*; do
  [ -e "/usr/lib/x86_64-linux-gnu/${file##*/}" ] || cp "$file" /usr/lib/x86_64-linux-gnu/
done
install -m 0755 /run/files/meddler /usr/local/bin/meddler
service() {
  printf '[Service]\nExecStart=%s\n' "$2" >"/etc/systemd/system/$1.service"
}
service plain '/usr/bin/sleep infinity'
service sealed '/usr/bin/sleep infinity'
service meddler '/usr/local/bin/meddler'
systemctl daemon-reload
# sudo complains about a host whose name nobody knows.
echo "127.0.1.1 $(cat /proc/sys/kernel/hostname)" >>/etc/hosts
