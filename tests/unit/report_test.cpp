// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "model/report/journal_entry.hpp"
#include "model/report/report.hpp"

#include <string>
#include <vector>

using namespace sealwax;

namespace {

std::string format(const Report& report, std::size_t room = 4096) {
  std::vector<char> buffer(room); // On the heap, so that a sanitizer sees a write past it.
  const std::size_t size = format_report(report, {buffer.data(), buffer.size()});
  REQUIRE(size <= room);
  return {buffer.data(), size};
}

/// The line that the report parsed from `line` makes, or what is wrong with `line`.
std::string parse(const std::string& line) {
  std::vector<char> buffer(line.size());
  const std::string copy{line.data(), line.size()};
  const auto report = parse_report(copy, {buffer.data(), buffer.size()});
  return report.ok() ? format(*report) : describe(report.error());
}

Report full_report() {
  Report report;
  report.time = 1718000000;
  report.pid = 4711;
  report.exe = "/usr/bin/prog";
  report.event = "refused";
  report.call = "mprotect";
  report.args = "0x7f0000001000,4096,7";
  report.object = "/usr/lib/libc.so.6";
  report.region = "text";
  report.caller = "/usr/bin/prog+0x1234";
  report.mode = "enforce";
  report.count = 3;
  report.dropped = 20;
  report.message = "in plain words";
  return report;
}

const std::string kFull =
    "sealwax-report 1 time=1718000000 pid=4711 exe=/usr/bin/prog event=refused call=mprotect "
    "args=0x7f0000001000,4096,7 object=/usr/lib/libc.so.6 region=text "
    "caller=/usr/bin/prog+0x1234 mode=enforce count=3 dropped=20 message=in%20plain%20words";

const std::string kShort = "sealwax-report 1 time=1 pid=2 event=x";

} // namespace

TEST_CASE("a report with every field") {
  CHECK(format(full_report()) == kFull);
}

TEST_CASE("a line of each event") {
  Report refused;
  refused.time = 1;
  refused.pid = 2;
  refused.exe = "/usr/bin/prog";
  refused.event = "refused";
  refused.call = "munmap";
  refused.args = "0x1000,0x2000";
  refused.object = "/usr/lib/libx.so";
  refused.region = "gaps";
  refused.caller = "libplugin.so+0x1234";
  refused.mode = "enforce";
  refused.count = 1000;
  CHECK(parse(format(refused)) ==
        "sealwax-report 1 time=1 pid=2 exe=/usr/bin/prog event=refused call=munmap "
        "args=0x1000,0x2000 object=/usr/lib/libx.so region=gaps caller=libplugin.so+0x1234 "
        "mode=enforce count=1000");

  Report would_refuse = refused;
  would_refuse.event = "would-refuse";
  would_refuse.object = "[vdso]";
  would_refuse.region = "vdso";
  would_refuse.caller = "0x7f0000001000";
  would_refuse.mode = "audit";
  would_refuse.args = {}; // as at the program's end
  CHECK(parse(format(would_refuse)) ==
        "sealwax-report 1 time=1 pid=2 exe=/usr/bin/prog event=would-refuse call=munmap "
        "object=[vdso] region=vdso caller=0x7f0000001000 mode=audit count=1000");

  Report exec_gain = would_refuse;
  exec_gain.event = "exec-gain";
  exec_gain.object = {};
  exec_gain.region = {};
  CHECK(parse(format(exec_gain)) ==
        "sealwax-report 1 time=1 pid=2 exe=/usr/bin/prog event=exec-gain call=munmap "
        "caller=0x7f0000001000 mode=audit count=1000");

  Report reopened = refused;
  reopened.event = "reopened";
  reopened.call = {};
  reopened.args = {};
  reopened.object = "/opt/my plug=in.so";
  reopened.region = {};
  CHECK(parse(format(reopened)) ==
        "sealwax-report 1 time=1 pid=2 exe=/usr/bin/prog event=reopened "
        "object=/opt/my%20plug%3Din.so caller=libplugin.so+0x1234 mode=enforce "
        "count=1000");

  Report fault;
  fault.time = 1;
  fault.pid = 2;
  fault.exe = "/usr/bin/prog";
  fault.event = "policy-error";
  fault.message = "/etc/sealwax/policy.conf:3:8: unknown key; the built-in default holds instead";
  CHECK(parse(format(fault)) ==
        "sealwax-report 1 time=1 pid=2 exe=/usr/bin/prog event=policy-error "
        "message=/etc/sealwax/"
        "policy.conf:3:8:%20unknown%20key;%20the%20built-in%20default%20holds%20instead");
}

TEST_CASE("absent fields are left out") {
  Report report;
  report.time = 1;
  report.pid = 2;
  report.event = "x";
  CHECK(format(report) == kShort);
  report.count = 7;
  CHECK(format(report) == kShort + " count=7");
}

TEST_CASE("numbers of any size") {
  Report report;
  report.event = "x";
  report.time = UINT64_MAX;
  CHECK(format(report) == "sealwax-report 1 time=18446744073709551615 pid=0 event=x");
}

TEST_CASE("bytes outside printable ASCII, the space, % and = are escaped") {
  Report report;
  report.event = "x";
  report.exe = "/a b%c=d\n\t\x01\x7f\x80\xff~!\"";
  CHECK(format(report) ==
        "sealwax-report 1 time=0 pid=0 exe=/a%20b%25c%3Dd%0A%09%01%7F%80%FF~!\" event=x");
}

TEST_CASE("every byte goes into a line and comes back") {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte)
    bytes += static_cast<char>(byte);
  Report report = full_report();
  report.object = bytes;
  const std::string line = format(report);
  for (const char c : line)
    CHECK((c >= ' ' && c < 0x7f));
  std::vector<char> buffer(line.size());
  const auto back = parse_report(line, {buffer.data(), buffer.size()});
  REQUIRE(back.ok());
  CHECK(*back == report);
}

TEST_CASE("a full report comes back as it was") {
  std::vector<char> buffer(kFull.size());
  const auto back = parse_report(kFull, {buffer.data(), buffer.size()});
  REQUIRE(back.ok());
  CHECK(*back == full_report());
}

TEST_CASE("a buffer of any size holds whole fields only, or nothing") {
  const Report report = full_report();
  const std::size_t least = std::string{"sealwax-report 1 time=1718000000 pid=4711"}.size();
  for (std::size_t room = 0; room <= kFull.size(); ++room) {
    const std::string line = format(report, room);
    INFO(room << ": " << line);
    if (line.empty())
      CHECK(room < least + std::string{" exe=/usr/bin/prog event=refused"}.size());
    else
      CHECK(parse(line) == line);
  }
  CHECK(format(report, kFull.size()) == kFull);
}

TEST_CASE("a field that does not fit leaves room for those behind it") {
  Report report;
  report.time = 1;
  report.pid = 2;
  report.event = "x";
  report.exe = std::string_view{"/a/very/long/path/to/some/program"};
  report.count = 7;
  CHECK(format(report, kShort.size() + 8) == kShort + " count=7");
  CHECK(format(report, kShort.size() + 7) == kShort);
  CHECK(format(report, kShort.size() - 1).empty());
}

TEST_CASE("fields may come in any order") {
  CHECK(parse("sealwax-report 1 event=x count=7 pid=2 exe=/x time=1") ==
        "sealwax-report 1 time=1 pid=2 exe=/x event=x count=7");
}

TEST_CASE("an empty value is an absent field") {
  CHECK(parse(kShort + " exe= object=") == kShort);
}

TEST_CASE("lines that are no reports") {
  const std::string prefix = "the line does not begin with 'sealwax-report 1'";
  CHECK(parse("") == prefix);
  CHECK(parse("sealwax-report") == prefix);
  CHECK(parse("sealwax-report 2 time=1 pid=2 event=x") == prefix);
  CHECK(parse("sealwax-report 10 time=1 pid=2 event=x") == prefix);
  CHECK(parse(" sealwax-report 1 time=1 pid=2 event=x") == prefix);
  CHECK(parse(kShort + " ") == "expected NAME=VALUE");
  CHECK(parse(kShort + " exe") == "expected NAME=VALUE");
  CHECK(parse(kShort + "  exe=x") == "expected NAME=VALUE");
  CHECK(parse(kShort + " exe mode=x") == "expected NAME=VALUE");
  CHECK(parse(kShort + " =x") == "expected NAME=VALUE");
  CHECK(parse(kShort + " colour=red") == "unknown field");
  CHECK(parse(kShort + " Exe=x") == "unknown field");
  CHECK(parse(kShort + " a-name-longer-than-any=x") == "unknown field");
  CHECK(parse(kShort + " pid=2") == "a field twice");
  CHECK(parse(kShort + " mode=a mode=b") == "a field twice");
}

TEST_CASE("escapes that are none") {
  const std::string escape = "'%' without two hexadecimal digits, or a byte that must be escaped";
  for (const char* value : {"%", "%4", "%zz", "%2g", "%g2", "%2f", "a=b", "%%", "\t", "\x80"})
    CHECK(parse(kShort + " exe=" + value) == escape);
  CHECK(parse(kShort + " exe=%4 mode=x") == escape);
  CHECK(parse(kShort + " exe=%41") == kShort.substr(0, 29) + " exe=A event=x");
}

TEST_CASE("numbers that are none") {
  for (const char* value : {"", "-1", "+1", "1x", "0x10", "%31", "18446744073709551616"})
    CHECK(parse("sealwax-report 1 pid=2 event=x time=" + std::string{value}) == "not a number");
}

TEST_CASE("what every report has") {
  const std::string missing = "time, pid or event is missing";
  CHECK(parse("sealwax-report 1") == missing);
  CHECK(parse("sealwax-report 1 pid=2 event=x") == missing);
  CHECK(parse("sealwax-report 1 time=1 event=x") == missing);
  CHECK(parse("sealwax-report 1 time=1 pid=2") == missing);
}

TEST_CASE("a buffer smaller than the line is refused") {
  char buffer[8];
  const auto report = parse_report(kShort, {buffer, sizeof buffer});
  REQUIRE_FALSE(report.ok());
  CHECK(std::string{describe(report.error())} == "no room for the texts");
}

namespace {

std::string entry_of(const std::string& line, std::size_t room) {
  std::vector<char> buffer(room);
  const std::size_t size = format_journal_entry(line, {buffer.data(), buffer.size()});
  REQUIRE(size <= room);
  return {buffer.data(), size};
}

} // namespace

TEST_CASE("an entry for the journal has the line and each of its fields") {
  const std::string line = "sealwax-report 1 time=7 pid=2 exe=/a%20b%0A event=x message=c%3Dd";
  const std::string entry = "MESSAGE_ID=52a2540f324e489a824f4b6f6f50c45b\n"
                            "PRIORITY=4\nSYSLOG_FACILITY=4\nSYSLOG_IDENTIFIER=sealwax\n"
                            "MESSAGE=" +
                            line +
                            "\n"
                            "SEALWAX_TIME=7\nSEALWAX_PID=2\nSEALWAX_EXE=/a%20b%0A\n"
                            "SEALWAX_EVENT=x\nSEALWAX_MESSAGE=c%3Dd\n";
  CHECK(entry_of(line, 4096) == entry);
  CHECK(entry_of(line, entry.size()) == entry);
  for (std::size_t room = 0; room < entry.size(); ++room)
    CHECK(entry_of(line, room).empty());
}
