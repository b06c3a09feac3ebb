#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sealwax on a whole Debian 13: services, PID 1, logins, the way back.

    run.py --cache FOLDER --sealwax FILE --library FILE --rescue FILE --meddler FILE CASE

CASE is one of CASES.
"""

import re
import sys

import guest
import image  # makes the modules of matrix/ known
import cases
from cases import expect, split_at_markers
from payload import FILES, files_for_guest

class Case:
    def __init__(self, options, scratch):
        self.files = files_for_guest(options)
        self.guest = guest.Guest(image.image(options.cache), scratch)

    def prepare_and_run(self, script, **more):
        """On the first boot, which has no Sealwax yet."""
        return split_at_markers(self.guest.boot(". /run/prepare.sh\n" + script, self.files, **more))

    def run(self, script, **more):
        return split_at_markers(self.guest.boot(script, **more))


def expect_pattern(title, lines, pattern):
    if not any(re.search(pattern, line) for line in lines):
        raise AssertionError("\n".join([f"{title}: no line has {pattern}", *lines]))


# Of the lines of `sealwax status --all`, the name of each program and whether its code is sealed.
STATES = r"""
states() {
  sealwax status --all | sed -n 's/^ *[0-9]\+  \(\S\+\) .* \(\/\S*\)$/\1 \2/p' |
    grep -v -e /sealwax$ -e /sed$ -e /grep$ -e /sort$ | sort -u
}
"""

SERVICE = (
    STATES
    + r"""
echo "=== written"; sealwax systemd sealed; echo "status $?"
echo "=== policy"; sealwax systemd --policy strict meddler; echo "status $?"
systemctl daemon-reload
hush systemctl start plain sealed meddler
# A service counts as started before its program has come as far as its constructors.
for i in $(seq 60); do hush sealwax systemd --verify sealed && break; sleep 1; done
echo "=== verify sealed"; sealwax systemd --verify sealed | tr -s ' ' | sed 's/^ *[0-9]\+/PID/; /^$/,$d'
hush sealwax systemd --verify sealed; echo "status $?"
echo "=== verify plain"; hush sealwax systemd --verify plain; echo "status $?"
echo "=== others"; states
echo "=== filter"
printf '[Service]\nExecStart=/usr/bin/sleep infinity\nSystemCallFilter=@system-service\n%s\n' \
  'SystemCallFilter=~mseal' >/etc/systemd/system/filtered.service
systemctl daemon-reload
sealwax systemd --dry-run filtered | sed -n 's/^+//p'; hush sealwax systemd filtered
systemctl daemon-reload; systemctl start filtered
for i in $(seq 60); do hush sealwax systemd --verify filtered && break; sleep 1; done
hush sealwax systemd --verify filtered; echo "status $?"
echo "=== removed"; sealwax systemd --remove sealed; echo "status $?"
systemctl daemon-reload; systemctl restart sealed
hush sealwax systemd --verify sealed; echo "status $?"
echo "=== never started"; sealwax systemd --verify systemd-timesyncd 2>&1; echo "status $?"
"""
)


def service(case):
    """A service with the drop-in is sealed, and the rest is not."""
    said = case.prepare_and_run(SERVICE)
    path = "/etc/systemd/system/{}.service.d/50-sealwax.{}"
    made = ["made: /etc/ld.so.preload, empty, as a place for the unit's own"]
    next_step = "next: systemctl daemon-reload && systemctl restart {}.service"
    for name, part, first in (("sealed", "written", made), ("meddler", "policy", [])):
        listed, drop_in = (f"written: {path.format(name, end)}" for end in ("preload", "conf"))
        expect(part, said[part], [listed, *first, drop_in, next_step.format(name), "status 0"])
    expect(
        "verify sealed",
        said["verify sealed"],
        [
            "pid text rodata relro gaps data vdso stack program",
            "PID sealed sealed sealed - off sealed off /usr/bin/sleep",
            "status 0",
        ],
    )
    expect("verify plain", said["verify plain"], ["status 1"])
    sealed = [line for line in said["others"] if line.startswith("sealed ")]
    expect("sealed", sealed, ["sealed /usr/bin/sleep", "sealed /usr/local/bin/meddler"])
    for program in ("/usr/lib/systemd/systemd", "/usr/bin/sleep", "/usr/bin/dash"):
        expect_pattern("others", said["others"], f"^open {program}$")
    expect("filter", said["filter"][-2:], ["SystemCallFilter=mseal", "status 0"])
    wanted = [
        f"removed: {path.format('sealed', 'conf')}",
        f"removed: {path.format('sealed', 'preload')}",
        next_step.format("sealed"),
        "status 0",
        "status 1",
    ]
    expect("removed", said["removed"], wanted)
    expect_pattern("never started", said["never started"], "^sealwax: there is no unit")
    expect("never started", said["never started"][-1:], ["status 2"])


UNITS = r"""
service() { printf '[Service]\n' >/etc/systemd/system/$1.service
  name=$1; shift; printf '%s\n' "$@" >>/etc/systemd/system/$name.service; }
service bare 'ExecStart=/usr/bin/env -i /usr/bin/sleep infinity'
service simple 'ExecStart=/usr/bin/sleep infinity'
service exec Type=exec 'ExecStart=/usr/bin/sleep infinity'
service notify Type=notify NotifyAccess=all \
  'ExecStart=/usr/bin/sh -c "systemd-notify --ready; exec sleep infinity"'
service forking Type=forking 'ExecStart=/usr/bin/sh -c "sleep infinity &"'
service dynamic DynamicUser=yes ProtectProc=invisible 'ExecStart=/usr/bin/sleep infinity'
service again Restart=always 'ExecStart=/usr/bin/sleep infinity'
install -m 4755 /usr/bin/sleep /usr/local/bin/sleep
service helper User=tester 'ExecStart=/usr/local/bin/sleep infinity'
service cron 'ExecStart=/usr/bin/sleep infinity'
service restricted RestrictSUIDSGID=yes \
  'ExecStart=/usr/bin/sealwax run --require -- /usr/bin/sleep infinity'
all="bare simple exec notify forking dynamic again helper"
for name in $all; do hush sealwax systemd --require $name; done
systemctl daemon-reload
echo "=== started"; for name in $all restricted; do
  hush systemctl start $name; state_of $name
done
echo "=== verified"; for name in $all restricted; do
  hush sealwax systemd --verify --wait 60 $name; echo "$name $?"
done
echo "=== by the variable"; for name in bare helper; do
  hush sealwax systemd --environment-only $name; systemctl daemon-reload
  hush systemctl restart $name; hush sealwax systemd --verify --wait 5 $name; echo "$name $?"
done
echo "=== killed"; systemctl kill -s KILL again
for i in $(seq 60); do
  [ "$(systemctl show -P NRestarts again)" -gt 0 ] && systemctl -q is-active again && break; sleep 1
done
hush sealwax systemd --verify --wait 60 again; echo "$?"
echo "=== no new code"
new='cp /usr/bin/true /tmp/new; cp /usr/bin/true /run/own/new; /tmp/new && echo ran'
service shut RuntimeDirectory=own "ExecStart=/usr/bin/sh -c \"$new; /run/own/new && echo ran; exec sleep infinity\""
cp /etc/systemd/system/shut.service /etc/systemd/system/loose.service
sed -i s,/run/own,/run/loose,g\;s,=own,=loose, /etc/systemd/system/loose.service
hush sealwax systemd --no-new-code --require shut; hush sealwax systemd --no-new-code loose
sed -i s,^ExecPaths=.*,ExecPaths=/,\;s,^NoExecPaths=.*,'NoExecPaths=/ -/srv', \
  /etc/systemd/system/loose.service.d/50-sealwax.conf
systemctl daemon-reload; hush systemctl start shut loose
hush sealwax systemd --verify --wait 60 shut; echo "shut $?"
hush sealwax systemd --verify --wait 60 loose; echo "loose $?"
journalctl -q --no-pager -b -o cat -u shut | sed 's/^[^ ]*sh: [0-9]*: //'
echo "=== listed"; sealwax systemd --list |
  sed -n 's/  */ /g;s/ [0-9.]*$//;/^unit\|^bare\|^exec\|^shut/p'
sealwax systemd --no-new-code cron 2>&1
echo "=== cron"; sealwax systemd --dry-run cron | sed -n '/alone/p'
library=/usr/lib/x86_64-linux-gnu/libsealwax.so
echo "=== in place"; for name in simple exec; do hush systemctl restart $name; done
inside() { nsenter -t $(systemctl show -P MainPID simple) -m -- "$@"; }
before=$(stat -c %i /etc/ld.so.preload)
hush sealwax install; echo "$?"; cat /etc/ld.so.preload
inside sealwax install 2>&1 | sed 's/^library.*//;/^$/d'
hush sealwax uninstall; echo "$?"
[ $(stat -c %i /etc/ld.so.preload) = $before ] && echo "the same file"
inside grep -c libsealwax /etc/ld.so.preload; hush sealwax systemd --verify simple; echo "$?"
echo "=== replaced"; echo >/etc/new; mv /etc/new /etc/ld.so.preload
sealwax systemd --verify simple 2>/dev/null | sed -n 's/^process [0-9]*: //p'
hush sealwax systemd --verify simple; echo "$?"
sealwax doctor 2>&1 | grep -c 'simple.service.*its own /etc/ld.so.preload is gone'
hush systemctl restart simple; hush sealwax systemd --verify --wait 60 simple; echo "$?"
echo "=== without the library"; mv $library $library.away
for name in simple forking dynamic; do
  hush systemctl restart $name; state_of $name
done
echo "=== by the variable, without it"; hush sealwax systemd --environment-only --require \
  --library $library.away simple
sed -i s/libsealwax.so.away/libsealwax.so/ /etc/systemd/system/simple.service.d/50-sealwax.conf
sed -i s/--wait=30/--wait=3/ /etc/systemd/system/simple.service.d/50-sealwax.conf
systemctl daemon-reload; hush systemctl restart simple; state_of simple
mv $library.away $library
"""


def units(case):
    """A unit's own /etc/ld.so.preload reaches what its variable does not, and units fail closed."""
    said = case.prepare_and_run(UNITS)
    names = ("bare", "simple", "exec", "notify", "forking", "dynamic", "again", "helper", "restricted")
    expect("started", said["started"], [f"{name} active" for name in names])
    expect("verified", said["verified"], [f"{name} 0" for name in names])
    expect("by the variable", said["by the variable"], ["bare 1", "helper 1"])
    expect("killed", said["killed"][-1:], ["0"])
    expect("no new code", said["no new code"][:2], ["shut 0", "loose 1"])
    for place in ("/tmp/new", "/run/own/new"):
        expect_pattern("no new code", said["no new code"], f"^{place}: Permission denied$")
    expect("no new code", [line for line in said["no new code"] if line == "ran"], [])
    expect("listed", said["listed"], [
        "unit state by policy exec gain no new code fails closed exposure",
        "bare.service open variable - allow no no",
        "exec.service sealed variable, list - allow no yes",
        "shut.service sealed variable, list - allow yes yes",
        "sealwax: cron.service starts sessions, whose mounts the rest of the system would not see; "
        "--no-new-code is not for it",
    ])
    expect_pattern("cron", said["cron"], "^by LD_PRELOAD alone: cron.service starts sessions")
    wanted = ["0", "/usr/$LIB/libsealwax.so"]
    expect("in place", said["in place"][:2], wanted)
    expect_pattern("in place", said["in place"][2:3], "here is simple.service's own, and not")
    expect("in place", said["in place"][3:], ["0", "the same file", "1", "0"])
    expect_pattern("replaced", said["replaced"], "/etc/ld.so.preload of simple.service itself is gone")
    expect("replaced", said["replaced"][1:], ["1", "1", "0"])
    failed = [f"{name} failed" for name in ("simple", "forking", "dynamic")]
    expect("without the library", said["without the library"], failed)
    expect("without it", said["by the variable, without it"], ["simple failed"])


INSTALL = r"""
echo "=== install"; sealwax install; echo "status $?"
cat /etc/ld.so.preload
hush systemctl enable meddler
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -sf ../meddler.service /etc/systemd/system/multi-user.target.wants/
"""

LOOK = (
    STATES
    + r"""
echo "=== running"; systemctl is-system-running --wait
systemctl --failed --no-legend --plain
echo "=== status"; sealwax status --all >/run/all; echo "status $?"; tail -n 2 /run/all
hush cat /run/all
echo "=== states"; states
echo "=== first"; hush sealwax status 1; echo "status $?"
echo "=== user"; su - tester -c 'id -un; sudo id -un'
echo "=== journal"; journalctl --no-pager -b -o cat -u meddler
echo "=== report"; sealwax report --unit meddler; echo "status $?"
"""
)

UNINSTALL = r"""
echo "=== uninstall"; sealwax uninstall; echo "status $?"
ls /etc/ld.so.preload
"""


def only(said, word):
    """The programs that are not in the state `word`."""
    return [line for line in said["states"] if not line.startswith(f"{word} ")]


def whole_system(case):
    """PID 1 and all services are sealed from the next boot on, people can work, and back again."""
    said = case.prepare_and_run(INSTALL)
    expect("install", said["install"][-2:], ["status 0", "/usr/$LIB/libsealwax.so"])
    said = case.run(LOOK + UNINSTALL)
    expect("running", said["running"], ["running"])
    expect("status", said["status"][:1], ["status 0"])
    expect_pattern(
        "status",
        said["status"],
        r"^\d+ sealed as their policy wants, 0 not, 0 observed, 0 off, 0 unknown$",
    )
    expect_pattern("status", said["status"], r"^of what can be executed: 100\.00 % sealed, 0\.00 % open$")
    expect("first", said["first"], ["status 0"])
    expect("not sealed", only(said, "sealed"), [])
    for name in ("/usr/lib/systemd/systemd", "/usr/bin/login", "/usr/local/bin/meddler"):
        expect_pattern("sealed", said["states"], f"^sealed {name}$")
    expect("user", said["user"], ["tester", "root"])
    expect_pattern("journal", said["journal"], "^libc's code writable: Operation not permitted$")
    expect_pattern(
        "journal",
        said["journal"],
        "sealwax-report 1 .*exe=/usr/local/bin/meddler event=refused call=mprotect .*region=text",
    )
    expect("report", said["report"][-1:], ["status 1"])
    expect_pattern(
        "report", said["report"], " refused +mprotect of text +.* /usr/local/bin/meddler$"
    )
    expect("uninstall", [said["uninstall"][-2]], ["status 0"])
    said = case.run(LOOK)
    expect("running", said["running"], ["running"])
    expect("sealed", only(said, "open"), [])
    expect_pattern("journal", said["journal"], "^libc's code writable: done$")


BREAK = r"""
library=/usr/lib/x86_64-linux-gnu/libsealwax.so
head -c 9000 $library >$library.new; mv $library.new $library
echo "=== refused"; sealwax install 2>&1; echo "status $?"
ls /etc/ld.so.preload 2>&1
printf '%s\n' "$library" >/etc/ld.so.preload
"""

RECOVERED = r"""
echo "=== recovered"; ls /etc/ld.so.preload 2>&1; systemctl is-system-running --wait
"""


def broken_library(case):
    """install refuses half a library; put in by hand, it is taken out by the kernel's init=."""
    said = case.prepare_and_run(BREAK, end=guest.SWITCH_OFF_BY_KERNEL)
    expect("refused", said["refused"][-2:-1], ["status 1"])
    expect_pattern("refused", said["refused"], "No such file")
    case.guest.boot_in_vain("Kernel panic - not syncing: Attempted to kill init!")
    said = case.run(RECOVERED, parameters="init=/usr/lib/sealwax/sealwax-rescue")
    expect_pattern("recovered", said["recovered"], "ld.so.preload.*No such file")
    expect("recovered", said["recovered"][-1:], ["running"])


CONFINED = r"""
mkdir -p /run/profiles /etc/sealwax /etc/apparmor.d/abstractions/base.d
# NAME RULE...: a profile of what the meddler needs by itself, and the rules; and its service.
confine() {
  name=$1; shift
  { printf 'abi <abi/4.0>,\ninclude <tunables/global>\nprofile %s {\n' $name
    printf '%s,\n' '/usr/local/bin/meddler mr' '/etc/ld.so.cache r' 'network unix stream' \
      'signal receive peer=unconfined' \
      '/usr/lib/x86_64-linux-gnu/{ld-linux-x86-64.so.2,libc.so.6,libm.so.6} mr'
    printf '%s\n' "$@" '}'; } >/run/profiles/$name
  printf '[Service]\nExecStart=%s/usr/local/bin/meddler\nAppArmorProfile=%s\n' "$by" $name \
    >/etc/systemd/system/$name.service
}
sealed='include <abstractions/sealwax>'
confine bare; confine with "$sealed"; confine killed "$sealed"
confine based 'include <abstractions/base>'
echo "$sealed" >/etc/apparmor.d/abstractions/base.d/sealwax
by='/usr/bin/env '
confine scrubbed "$sealed" '/usr/bin/env mr,' '/usr/local/bin/meddler Px -> with,'
confine kept "$sealed" '/usr/bin/env mr,' '/usr/local/bin/meddler px -> with,'
cp /usr/share/sealwax/default.conf /etc/sealwax/policy.conf
printf 'sealwax-policy 1\n[defaults]\non-refused = kill\n' >/usr/share/sealwax/kill.conf
echo "=== parsed"; apparmor_parser --replace --skip-cache /run/profiles/* 2>&1; echo "status $?"
echo "=== written"; sealwax systemd --environment-only with 2>/run/warning; echo "status $?"; cat /run/warning
for name in bare based scrubbed kept; do hush sealwax systemd --environment-only $name; done
hush sealwax systemd --environment-only --policy kill killed
systemctl daemon-reload
names="bare with based scrubbed kept killed"
hush systemctl start $names; hush systemctl --no-pager status $names
for i in $(seq 60); do
  [ $(journalctl -q -b -o cat | grep -c -e "code writable" -e "with result 'signal'") = 6 ] && break
  sleep 1
done
for name in $names; do
  echo "=== $name"; journalctl -q --no-pager -b -o cat -u $name
  systemctl show -P Result $name
  hush sealwax systemd --verify $name; echo "status $?"
  cat /proc/$(systemctl show -P MainPID $name)/attr/current 2>/dev/null
done
echo "=== denied"; journalctl -q --no-pager -b -k -o cat -g 'DENIED.*comm="meddler"'
"""

UNREADABLE = (
    "ERROR: ld.so: object '/usr/lib/x86_64-linux-gnu/libsealwax.so' from LD_PRELOAD cannot be "
    "preloaded (cannot open shared object file): ignored."
)
REFUSED = "sealwax-report 1 .*exe=/usr/local/bin/meddler event=refused call=mprotect .*region=text"
DONE, NOT_PERMITTED = (
    f"libc's code writable: {answer}" for answer in ("done", "Operation not permitted")
)


def confined(case):
    """Under AppArmor a service is sealed and reports if its profile has the abstraction."""
    said = case.prepare_and_run(CONFINED)
    expect("parsed", said["parsed"], ["status 0"])
    expect("written", said["written"][2:3], ["status 1"])
    expect_pattern("written", said["written"], "^sealwax: warning: AppArmorProfile=with has to let")
    # What the loader and the library were refused: the library alone, in the profile without.
    expect(
        "refused files",
        [re.sub(".* name=(.*) pid=.*", r"\1", line) for line in said["denied"]],
        ['"/usr/lib/x86_64-linux-gnu/libsealwax.so"'],
    )
    for name, profile in (("with", "with"), ("based", "based"), ("kept", "with")):
        expect(name, said[name][-3:], ["success", "status 0", f"{profile} (enforce)"])
        expect_pattern(name, said[name], REFUSED)
        expect_pattern(name, said[name], f"^{NOT_PERMITTED}$")
    expect("bare", said["bare"][-5:], [UNREADABLE, DONE, "success", "status 1", "bare (enforce)"])
    # AT_SECURE: the loader says nothing.
    expect("scrubbed", said["scrubbed"][-4:], [DONE, "success", "status 1", "with (enforce)"])
    expect("killed", said["killed"][-2:], ["signal", "status 2"])
    expect_pattern("killed", said["killed"], REFUSED)
    expect_pattern("killed", said["killed"], "code=killed, status=9/KILL")


CASES = {
    "service": service,
    "units": units,
    "confined": confined,
    "whole-system": whole_system,
    "broken-library": broken_library,
}


sys.exit(cases.main(__doc__, CASES, Case, FILES))
