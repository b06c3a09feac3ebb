// SPDX-License-Identifier: Apache-2.0
// What `sealwax systemd` makes of texts that systemd and the kernel write.
#include "catch.hpp"
#include "cli/commands/systemd/list/unit_list.hpp"
#include "cli/commands/systemd/unit/closure.hpp"
#include "cli/commands/systemd/unit/file/shown_unit.hpp"
#include "cli/commands/systemd/unit/file/time_span.hpp"
#include "cli/commands/systemd/unit/wrapped_program.hpp"
#include "cli/system/unit_drop_in.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace sealwax::cli {

TEST_CASE("A span of time is what systemd takes it for") {
  struct Span {
    const char* text;
    double seconds;
  };
  for (const Span& span : {Span{"90", 90},
                           {"1min 30s", 90},
                           {" 2h", 7200},
                           {"500ms", 0.5},
                           {"1.5 min", 90},
                           {"1min30s", 90},
                           {"2us", 2e-6}}) {
    CAPTURE(span.text);
    CHECK(seconds_of(span.text) == span.seconds);
  }
  for (const char* endless : {"0", "infinity", "0s"}) {
    CAPTURE(endless);
    CHECK(seconds_of(endless).value_or(0) > 1e9);
  }
  for (const char* none : {"", "soon", "5 parsecs", "-1", "1s x"}) {
    CAPTURE(none);
    CHECK_FALSE(seconds_of(none));
  }
}

TEST_CASE(
    "New code can come where a mount and its file system are writable, and files can be executed") {
  CHECK(places_for_new_code(
            "1 2 8:1 / / rw,relatime shared:1 - ext4 /dev/a rw,errors=x\n"
            "2 1 8:1 / /noexec rw,noexec - tmpfs none rw\n"
            "3 1 8:1 / /usr ro,relatime - ext4 /dev/a rw\n"
            "4 1 8:1 / /cd rw - iso9660 /dev/b ro\n"
            "6 1 0:5 / /proc/sys/fs/binfmt_misc rw - binfmt_misc none rw\n"
            "5 1 8:1 / /run/my\\040place rw,nosuid shared:2 master:3 - tmpfs x rw\n") ==
        std::vector<std::string>{"/", "/run/my\\040place"});
  CHECK(places_for_new_code("").empty());
  CHECK(places_for_new_code("1 2 8:1 /").empty());
}

TEST_CASE("A unit's places are those that systemd has, and nothing else is taken from it") {
  const Unit unit{"a@b.service",
                  parse_unit("f", "[Service]\nStateDirectory=%i\nReadWriteDirectories=/old\n"
                                  "DeviceAllow=/dev/null\nNoExecPaths=/srv\n"
                                  "MemoryDenyWriteExecute=no\nCacheDirectory=kept\n"),
                  ""};
  const auto found = with_places_shown(
      unit, "LoadState=loaded\nNeedDaemonReload=no\nProtectClock=yes\nDeviceAllow=char-rtc r\n"
            "StateDirectory=b c%d\nReadWritePaths=-/x \"/y z\"\nDynamicUser=yes\nRootImage=\n"
            "NoExecPaths=/\nMemoryDenyWriteExecute=yes\n");
  REQUIRE(found);
  CHECK(found->last("StateDirectory") == "b c%%d");
  CHECK(found->last("ReadWritePaths") == "-/x \"/y z\"");
  CHECK(found->values("ReadWriteDirectories").empty());
  CHECK(found->values("DeviceAllow").empty());
  CHECK(found->is_set("DynamicUser"));
  CHECK(found->last("RootImage").empty());
  CHECK(found->last("CacheDirectory") == "kept");
  CHECK(found->last("NoExecPaths") == "/srv");
  CHECK(found->last("MemoryDenyWriteExecute") == "no");
}

TEST_CASE("Each device is allowed by a line of its own") {
  const auto found = with_places_shown(Unit{"a.service", {}, ""},
                                       "LoadState=loaded\nNeedDaemonReload=no\n"
                                       "DeviceAllow=/dev/null rw\nDeviceAllow=char-rtc r\n");
  REQUIRE(found);
  CHECK(found->values("DeviceAllow").size() == 2);
}

TEST_CASE("What systemd has not read, or not as it is, says nothing of a unit") {
  const Unit unit{"a.service", {}, ""};
  for (const char* shown : {"", "LoadState=not-found\nNeedDaemonReload=no\n",
                            "LoadState=loaded\nNeedDaemonReload=yes\n", "LoadState=loaded\n"}) {
    CAPTURE(shown);
    CHECK_FALSE(with_places_shown(unit, shown));
  }
}

TEST_CASE("A program behind a shell is found where it stands once") {
  const auto behind = [](const char* command) {
    return wrapped_program_behind("/s run -- ", command).value_or("nothing");
  };
  CHECK(behind("-/bin/sh -c 'exec /a/b c'") == "-/bin/sh -c 'exec /s run -- /a/b c'");
  CHECK(behind("/bin/sh -c \"b c >d\"") == "/bin/sh -c \"/s run -- b c >d\"");
  CHECK(behind("/bin/sh -c 'test -x b && exec b'") == "/bin/sh -c 'test -x b && exec /s run -- b'");
  CHECK(behind("/usr/bin/env -u A B=c d") == "/usr/bin/env -u A B=c /s run -- d");
  for (const char* command :
       {"/bin/sh -c 'exec b; exec b'", "/bin/sh -c 'b; c'", "/bin/sh -c 'A=b c'",
        "/bin/sh -c 'exec $B'", "/bin/sh b", "/bin/sh", "/usr/bin/env", "-", ""}) {
    CAPTURE(command);
    CHECK(behind(command) == "nothing");
  }
  CHECK_FALSE(wrapped_program_behind("/a b$/s run -- ", "/bin/sh -c 'exec b'"));
}

TEST_CASE("What systemd says of exposure is read, and nothing else") {
  const auto found = exposures(R"([{"unit":"a.service","exposure":"9.6","predicate":"UNSAFE"},
                                   {"unit":"b.service"},{"exposure":"1"},7,
                                   {"unit":"c.service","exposure":"1.2"}])");
  CHECK(found.size() == 2);
  CHECK(found.at("a.service") == "9.6");
  CHECK(found.at("c.service") == "1.2");
  for (const char* none : {"", "no JSON", "{}", "null", "[", "[1]"})
    CHECK(exposures(none).empty());
}

TEST_CASE("A unit's layers are those of its drop-in and of the system") {
  const std::string variable = "[Service]\nEnvironment=LD_PRELOAD=/x/libsealwax.so\n";
  CHECK(layers_of("", false) == "-");
  CHECK(layers_of("", true) == "system");
  CHECK(layers_of(variable, false) == "variable");
  CHECK(layers_of(variable + "BindReadOnlyPaths=/y:/etc/ld.so.preload\n", true) ==
        "system, variable, list");
}

TEST_CASE("An instance has its template's drop-in, unless it has one of its own") {
  std::string root = "/tmp/unit_parts.XXXXXX";
  REQUIRE(mkdtemp(root.data()) != nullptr);
  const auto write = [&](const std::string& unit, const std::string& text) {
    const std::filesystem::path path = root + drop_in_path(unit);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path} << text;
  };
  write("a@.service", "general");
  write("b.service", "plain");
  CHECK(drop_in_of(SystemRoot{root}, "a@one.service") == "general");
  CHECK(drop_in_of(SystemRoot{root}, "b.service") == "plain");
  CHECK(drop_in_of(SystemRoot{root}, "c@one.service").empty());
  CHECK(drop_in_of(SystemRoot{root}, "c.service").empty());
  write("a@one.service", "own");
  CHECK(drop_in_of(SystemRoot{root}, "a@one.service") == "own");
  CHECK(drop_in_of(SystemRoot{root}, "a@two.service") == "general");
  std::filesystem::remove_all(root);
}

} // namespace sealwax::cli
