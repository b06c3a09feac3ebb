// SPDX-License-Identifier: Apache-2.0
// What doctor and status take from small texts: control groups, systemctl's answer, preload lists.
#include "catch.hpp"
#include "cli/commands/doctor/facts/systemd_units.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/remote_files.hpp"
#include "cli/system/preload_list.hpp"

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace sealwax::cli {
namespace {

using Names = std::vector<std::string>;

std::string unit(std::string_view cgroup_text) {
  return unit_of(cgroup_path(cgroup_text));
}

/// What systemd 252 said of its services in a container, one of which preloads the library.
std::vector<SystemdUnit> real_units() {
  std::ifstream file{SEALWAX_CLI_TESTS "/systemctl_show_252.txt"};
  std::ostringstream text;
  text << file.rdbuf();
  return parse_units(text.str());
}

} // namespace

TEST_CASE("A unit is what is behind the slices") {
  CHECK(unit("0::/system.slice/nginx.service\n") == "nginx.service");
  CHECK(unit("0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope\n") ==
        "user@1000.service");
  CHECK(unit("0::/system.slice/docker-12.scope/init.scope\n") == "docker-12.scope");
  CHECK(unit("0::/system.slice/_cgroup.service\n") == "cgroup.service");
  CHECK(unit("0::/init.scope\n") == "init.scope");
}

TEST_CASE("systemd's own hierarchy is looked for first") {
  CHECK(unit("5:cpu,cpuacct:/a.service\n1:name=systemd:/b.service\n0::/c.service\n") ==
        "b.service");
  CHECK(unit("0::/c.service\n1:name=systemd:/b.service\n") == "b.service");
  CHECK(unit("5:cpu:/a.service\n0::/c.service") == "c.service");
  CHECK(unit("0::/c.service\n1:name=systemd:/\n") == "c.service");
}

TEST_CASE("No unit is found where there is none") {
  for (const std::string_view text :
       {"", "\n", ":", "::", "0::", "0::/\n", "0::/system.slice\n", "0::/docker/0123\n", "0:x"})
    CHECK(unit(text).empty());
}

TEST_CASE("A cgroup's path is known with its slices") {
  CHECK(cgroup_path("0::/a.slice/b.service\n") == Names{"a.slice", "b.service"});
}

TEST_CASE("Numbers of /proc/PID/status are found by their whole name") {
  constexpr std::string_view kText =
      "Name:\tSeccomp:\t7\nUmask:\t0022\nUid:\t33\t34\t35\t36\nSeccomp:\t2\nSeccomp_filters:\t1\n";
  CHECK(is_filtered(kText));
  CHECK(user_of(kText) == uid_t{33});
  CHECK(status_number(kText, "Seccomp_filters") == 1U);
  CHECK_FALSE(status_number(kText, "Second").has_value());
  CHECK_FALSE(is_filtered("Name:\tx\nSeccomp:\t0\n"));
  CHECK_FALSE(is_filtered("Name:\tx\nSeccomp:"));
  CHECK_FALSE(user_of("Name:\tx\nUid:\tnobody\n").has_value());
}

TEST_CASE("A process that was killed and stays has the signal pending") {
  CHECK_FALSE(is_being_killed("Name:\tx\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000004000\n"));
  CHECK(is_being_killed("Name:\tx\nSigPnd:\t0000000000000100\nShdPnd:\t0000000000000000\n"));
  CHECK(is_being_killed("Name:\tx\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000101\n"));
  CHECK_FALSE(is_being_killed(""));
}

TEST_CASE("File systems that others answer for are told by their type") {
  const std::set<std::uint64_t> found =
      remote_devices("25 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n"
                     "26 25 0:41 / /mnt rw - fuse.sshfs host:/ rw\n"
                     "27 25 0:42 / /net rw master:3 shared:4 - nfs4 host:/ rw\n"
                     "28 25 0:43 / /a\\040b rw - tmpfs fuse rw\n"
                     "29 25 0:44 / /nodash rw fuse\n"
                     "30 25 0:45 / /last rw - fuse silent rw");
  CHECK(found == std::set<std::uint64_t>{41, 42, 45});
  CHECK(remote_devices("").empty());
  CHECK(
      memory_devices("28 25 0:43 / /run rw - tmpfs fuse rw\n29 25 0:44 / / rw - ext4 tmpfs rw\n") ==
      std::set<std::uint64_t>{43});
  CHECK(remote_devices("- fuse\n1 2 x:y - fuse z\n").empty());
}

TEST_CASE("systemctl says which services preload the library and refuse mseal") {
  Names all;
  Names preload;
  Names refuse;
  for (const SystemdUnit& unit : real_units()) {
    all.push_back(unit.name);
    if (unit.preloads)
      preload.push_back(unit.name);
    if (unit.refuses_mseal)
      refuse.push_back(unit.name);
  }
  CHECK(all == Names{"a.service", "b.service", "c.service", "console-getty.service", "d.service",
                     "dbus.service", "look.service", "systemd-journald.service",
                     "systemd-logind.service"});
  CHECK(preload == Names{"d.service"});
  CHECK(refuse ==
        Names{"b.service", "d.service", "systemd-journald.service", "systemd-logind.service"});
}

TEST_CASE("A list of system calls refuses what it names or what it does not") {
  const auto refuses = [](const std::string& list) {
    return parse_units("Id=a.service\nSystemCallFilter=" + list + "\n").front().refuses_mseal;
  };
  CHECK_FALSE(refuses(""));
  CHECK_FALSE(refuses("~"));
  CHECK_FALSE(refuses("read mseal write"));
  CHECK_FALSE(refuses("~read mseals"));
  CHECK(refuses("read write"));
  CHECK(refuses("~mseal"));
  CHECK(refuses("~read mseal:1 write"));
}

TEST_CASE("An entry of a preload list is Sealwax's by its file name") {
  CHECK(is_sealwax("/opt/libsealwax.so"));
  CHECK(is_sealwax("libsealwax.so"));
  CHECK_FALSE(is_sealwax("/opt/mylibsealwax.so"));
  CHECK_FALSE(is_sealwax("/opt/libsealwax.so.1"));
}

TEST_CASE("A preload list is split as ld.so does") {
  CHECK(preload_entries("").empty());
  CHECK(preload_entries(" \t\n::").empty());
  CHECK(preload_entries("# all of it").empty());
  CHECK(preload_entries("a b:c\td\ne") == Names{"a", "b", "c", "d", "e"});
  CHECK(preload_entries("a#b c\nd#\n#e\n") == Names{"a", "d"});
  // Carriage returns are part of a name.
  CHECK(preload_entries("a\r\nb") == Names{"a\r", "b"});
}

} // namespace sealwax::cli
