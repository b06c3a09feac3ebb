// SPDX-License-Identifier: Apache-2.0
// What one line of a log says, and who has said it.
#include "catch.hpp"
#include "cli/reports/report_line.hpp"

#include <string>

namespace sealwax::cli::report {
namespace {

const std::string kReport =
    "sealwax-report 1 time=17 pid=4 exe=/usr/bin/php event=refused "
    "call=mprotect object=/lib/a%20b.so region=text caller=x.so+0x12 count=3";

std::string entry(const std::string& fields) {
  return R"({"MESSAGE":")" + kReport + R"(")" + fields + "}";
}

} // namespace

TEST_CASE("a line of text is a report from wherever it begins") {
  for (const std::string& before : {std::string{}, std::string{"Nov 30 11:14:28 web php[4]: "}}) {
    const ReadLine read = read_line(before + kReport, "web.log");
    REQUIRE(read.report);
    CHECK(read.report->time == 17);
    CHECK(read.report->pid == 4);
    CHECK(read.report->count == 3);
    CHECK(read.report->program == "/usr/bin/php");
    CHECK(read.report->event == "refused");
    CHECK(read.report->call == "mprotect");
    CHECK(read.report->object == "/lib/a b.so");
    CHECK(read.report->region == "text");
    CHECK(read.report->caller == "x.so+0x12");
    CHECK(read.report->host == "web.log");
    CHECK(read.report->sender == Sender::unknown);
    CHECK_FALSE(read.report->user);
  }
}

TEST_CASE("a line about something else is neither report nor problem") {
  for (const char* line : {"", "noise", "{", "{}", "[]", R"({"MESSAGE":"noise"})",
                           R"({"MESSAGE":["sealwax-report"]})", R"({"MESSAGE":null})"}) {
    INFO(line);
    const ReadLine read = read_line(line, "h");
    CHECK_FALSE(read.report);
    CHECK(read.problem.empty());
  }
}

TEST_CASE("a line that begins as a report and is none has a problem") {
  for (const char* line : {"sealwax-report 1 time=17", "sealwax-report 2 time=17 pid=1 event=e",
                           R"({"MESSAGE":"sealwax-report 1 time=x pid=1 event=e"})"}) {
    INFO(line);
    const ReadLine read = read_line(line, "h");
    CHECK_FALSE(read.report);
    CHECK_FALSE(read.problem.empty());
  }
}

TEST_CASE("the journal names the host, the user, and who has sent it") {
  const ReadLine read =
      read_line(entry(R"(,"_HOSTNAME":"web1","_UID":"33","_EXE":"/usr/bin/php")"), "here");
  REQUIRE(read.report);
  CHECK(read.report->host == "web1");
  CHECK(read.report->user == 33U);
  CHECK(read.report->sender == Sender::itself);
}

TEST_CASE("a sender is the program, another, or not known") {
  const auto sender = [](const std::string& fields) {
    return read_line(entry(fields), "h").report.value().sender;
  };
  CHECK(sender(R"j(,"_EXE":"/usr/bin/php (deleted)")j") == Sender::itself);
  CHECK(sender(R"(,"_EXE":"/usr/bin/logger")") == Sender::another);
  CHECK(sender(R"(,"_EXE":7)") == Sender::unknown);
  CHECK(sender("") == Sender::unknown);
  CHECK(sender(R"(,"_TRANSPORT":"kernel")") == Sender::itself);
}

TEST_CASE("a user that is no number is none") {
  for (const char* user : {"", "-1", "33x", "99999999999"})
    CHECK_FALSE(read_line(entry(R"(,"_UID":")" + std::string{user} + "\""), "h").report->user);
}

} // namespace sealwax::cli::report
