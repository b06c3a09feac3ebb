# SPDX-License-Identifier: Apache-2.0
# What the scripts share: which Debian packages serve which purpose, how they are installed, and how
# the build directory is set up. Sourced by bash scripts that have set -euo pipefail.

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$project/scripts/progress.sh"

# Debian 12 and 13 both have all of these under the same names.
packages_build="g++ meson ninja-build pkg-config libdw-dev libelf-dev libfmt-dev libseccomp-dev libcli11-dev nlohmann-json3-dev zlib1g-dev scdoc"
packages_tests="catch2 fish musl-tools python3 python3-jsonschema python3-yaml reuse spin zsh"
# systemd for systemd-analyze and journalctl (none has to run), busybox-static for a static program.
packages_cli="bubblewrap busybox-static systemd systemd-journal-remote"
packages_interface="clang lld make"
packages_checks="clang clang-format clang-tidy diffoscope-minimal faketime"
packages_compat="apache2-bin clang default-jdk-headless eatmydata fakechroot fakeroot faketime gdb git golang-go libjemalloc2 libmimalloc-dev libtcmalloc-minimal4 mariadb-client-core mariadb-server-core nginx-light nodejs openssh-client openssh-server perl php-fpm postgresql python3 redis-tools sqlite3 strace valgrind wrk"
# Those of compat are a part of these.
packages_beside="$packages_compat alsa-utils bpftrace chromium cron dovecot-imapd dovecot-lmtpd emacs-nox erlang-base firefox-esr gcc gcc-aarch64-linux-gnu ghc gir1.2-gtk-3.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-tools heaptrack libasound2-plugins libpam-modules libreoffice-writer-nogui linux-perf ltrace mesa-vulkan-drivers mono-mcs mono-runtime ocl-icd-libopencl1 octave opensc openssl pocl-opencl-icd postfix python3-gi python3-pyqt5 qemu-user r-base-core samba sbcl smbclient softhsm2 uftrace unbound vulkan-tools xauth xvfb"
packages_fuzz="clang"
packages_matrix="bubblewrap clang cpio gcc-aarch64-linux-gnu g++-aarch64-linux-gnu lld mold qemu-system-arm qemu-system-x86"
packages_night_matrix="gcc-powerpc64le-linux-gnu g++-powerpc64le-linux-gnu gcc-riscv64-linux-gnu g++-riscv64-linux-gnu gcc-s390x-linux-gnu g++-s390x-linux-gnu opensbi qemu-system-misc qemu-system-ppc"
# What builds a kernel, and more compilers than one of each, which both releases have.
packages_everywhere="bc bison bubblewrap clang cpio flex gcc-12 g++-12 libelf-dev libssl-dev lld make mold musl-tools qemu-system-x86"
packages_system="mmdebstrap debian-archive-keyring e2fsprogs qemu-system-x86 qemu-utils"
packages_deploy="ansible-core bubblewrap prometheus python3-apt strace systemd"
packages_browser="chromium mandoc python3-markdown scdoc"
# For systemd-journald and journalctl.
packages_soak="systemd"
# The 32-bit C library that the tests run is for x86-64 machines only.
if [ "$(uname -m)" = x86_64 ]; then packages_deploy+=" libc6-i386"; fi
packages_package="auditd checkpolicy debian-archive-keyring mmdebstrap python3-yaml rpm rpmlint semodule-utils"
packages_fresh="debian-archive-keyring git mmdebstrap"
packages_bench="busybox-static clang eatmydata faketime git heaptrack libjemalloc2 libmimalloc-dev nginx-light postgresql python3 redis-tools strace wrk"

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

# Runs a command whose output is of interest only where it fails.
quietly() {
  local output status=0
  output=$("$@" 2>&1 </dev/null) || status=$?
  [ $status = 0 ] || printf '%s\n' "$output" >&2
  return $status
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing_packages() {
  local package
  for package in "$@"; do
    is_installed "$package" || printf '%s ' "$package"
  done
}

# The two variables keep packages that bring a service (nginx) from starting it: systemctl heeds the
# first, invoke-rc.d the second.
apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1 RUNLEVEL=1 \
    apt-get -q -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 "$@"
}

# Installs what of the named packages is missing, and touches nothing else.
install_packages() {
  local missing
  missing=$(missing_packages $(printf "%s\n" "$@" | sort -u))
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || die "needs these Debian packages, and there is no apt-get: $missing"
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null ||
    die "needs these packages; run it as root, with sudo that asks nothing, or install them: $missing"
  say "installing: $missing"
  quietly apt_get update
  # shellcheck disable=SC2086 # one word a package
  tell_quarters_of_apt apt_get install -y --no-install-recommends -o APT::Status-Fd=3 $missing
}

# libFuzzer and the sanitizers of Clang are in a package that has the version in its name.
clang_runtime_package() {
  printf 'libclang-rt-%s-dev\n' "$(clang -dumpversion | cut -d. -f1)"
}

# The one build that the scripts share. The tool is unoptimised, in half the time; the library
# optimises itself in any case, and the suite `package` runs what users get.
build=build
build_options=(-Doptimization=0 -Ddebug=false)
if [ "${CI-}" = true ]; then build_options+=(-Dwerror=true); else build_options+=(-Dwerror=false); fi

# Sets up build directory $1 with the options that follow, or brings an older one in line with them.
set_up_build() {
  local directory=$1
  shift
  if [ -f "$directory/build.ninja" ]; then
    quietly meson setup --reconfigure "$directory" "$project" "$@"
  else
    quietly meson setup "$directory" "$project" "$@"
  fi
}
