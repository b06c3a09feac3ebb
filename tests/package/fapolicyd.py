# SPDX-License-Identifier: Apache-2.0
"""fapolicyd, where this release of Debian has it, under the rules that are for it: a preloaded library that is
trusted is loaded, another one is not."""

# The marks that it sets are on this root's mounts, which no process outside of it has. With rights of its
# user's own it would need capabilities that containers may lack.
FAPOLICYD = r"""
apt-get install -q -y fapolicyd >/dev/null 2>&1 || { echo "no fapolicyd"; exit; }
library=/usr/lib/$(uname -m)-linux-gnu/libsealwax.so  # beside it is that for 32 bits
cp "$library" /stray.so
cd /etc/fapolicyd
watched=$(awk '$2 == "/" { print $3 }' /proc/mounts | tail -n 1)
sed -i -e "s/^watch_fs =.*/watch_fs = $watched/" -e 's/^trust =.*/trust = file/' \
  -e 's/^[ug]id =.*//' -e 's/^permissive =.*/permissive = 0/' fapolicyd.conf
printf 'uid = 0\ngid = 0\n' >>fapolicyd.conf
mkdir -p rules.d # Debian 13 has it in no package
cp /packages/30-sealwax.rules rules.d/
echo 'allow perm=any all : all' >rules.d/90-deny-execute.rules
fagenrules >/dev/null
fapolicyd-cli --check-config 2>/dev/null
ldd /bin/grep "$library" | grep -o '/[^ :]*' | sort -u | while read -r file; do
  fapolicyd-cli --file add "$(realpath "$file")" --trust-file sealwax
done
mkdir -p /run/fapolicyd
fapolicyd --debug >/tmp/told 2>&1 & daemon=$!
for _ in $(seq 100); do grep -q 'Starting to listen' /tmp/told && break; sleep 0.2; done
preloaded() {
  env -i LD_PRELOAD="$1" grep -q '^VmFlags:.* sl' /proc/self/smaps 2>/tmp/complaint && echo sealed || echo open
}
echo "trusted: $(preloaded "$library")"
echo "stray: $(preloaded /stray.so)"
grep -o 'cannot open shared object file' /tmp/complaint
kill $daemon
wait $daemon
grep -c 'dec=deny_audit .* path=/stray.so ' /tmp/told
"""
LOADED = """\
Daemon config is OK
trusted: sealed
stray: open
cannot open shared object file
1
"""


def verdict(root):
    """What was expected, and what was seen; the same where there is no fapolicyd."""
    said = root.must(FAPOLICYD)
    return LOADED, LOADED if said == "no fapolicyd\n" else said
