// SPDX-License-Identifier: Apache-2.0
// What many reports say together.
#include "catch.hpp"
#include "cli/reports/report_sources.hpp"
#include "cli/reports/report_summary.hpp"

#include <ctime>
#include <string>

namespace sealwax::cli::report {
namespace {

LoggedReport refused(std::uint64_t pid, std::uint64_t count) {
  LoggedReport report;
  report.time = 1000 + count;
  report.pid = pid;
  report.count = count;
  report.program = "/usr/bin/php";
  report.event = "would-refuse";
  report.call = "mprotect";
  report.object = "/lib/x.so";
  report.region = "text";
  report.caller = "x.so+0x12";
  report.host = "web1";
  return report;
}

Finding only_finding(const Summary& summary) {
  REQUIRE(summary.findings().size() == 1);
  return summary.findings().front();
}

} // namespace

TEST_CASE("a process says how often until now, so that its last word counts") {
  Summary summary;
  for (const std::uint64_t count : {1U, 1000U, 1234U})
    summary.add(refused(7, count));
  CHECK(only_finding(summary).count == 1234);
  CHECK(summary.lines() == 3);
}

TEST_CASE("a smaller count is of another process with the same PID") {
  Summary summary;
  for (const std::uint64_t count : {1U, 20U, 1U, 5U, 5U})
    summary.add(refused(7, count));
  CHECK(only_finding(summary).count == 20 + 5 + 5);
}

TEST_CASE("processes and hosts are counted apart") {
  Summary summary;
  summary.add(refused(7, 10));
  summary.add(refused(8, 4));
  LoggedReport elsewhere = refused(7, 3);
  elsewhere.host = "web2";
  summary.add(elsewhere);
  const Finding finding = only_finding(summary);
  CHECK(finding.count == 17);
  CHECK(finding.hosts == std::set<std::string>{"web1", "web2"});
  CHECK(finding.first == 1003);
  CHECK(finding.last == 1010);
}

TEST_CASE("whatever tells two calls apart makes two findings, and lost reports are summed") {
  Summary summary;
  summary.add(refused(7, 1));
  LoggedReport other = refused(7, 2);
  other.region = "rodata";
  other.dropped = 3;
  summary.add(other);
  LoggedReport message = refused(7, 0);
  message.event = "incomplete";
  message.message = "m";
  message.dropped = 2;
  summary.add(message);
  const auto findings = summary.findings();
  REQUIRE(findings.size() == 3);
  CHECK(findings[0].region == "rodata");
  CHECK(findings[2].verdict == Verdict::told);
  CHECK(summary.dropped() == 5);
}

TEST_CASE("without end there is no room, and that is counted") {
  Summary summary;
  for (std::uint64_t i = 0; i < Summary::kMostFindings + 5; ++i) {
    LoggedReport report = refused(1, 1);
    report.object = std::to_string(i);
    summary.add(report);
  }
  CHECK(summary.findings().size() == Summary::kMostFindings);
  CHECK(summary.beyond() == 5);
}

TEST_CASE("no exception is made of what another program has sent") {
  Summary summary;
  LoggedReport report = refused(1, 1);
  report.sender = Sender::another;
  summary.add(report);
  CHECK(refused_calls_of(summary.findings(), true).all().empty());
  report.sender = Sender::unknown;
  summary.add(report);
  CHECK(refused_calls_of(summary.findings(), false).all().empty());
  CHECK(refused_calls_of(summary.findings(), true).all().size() == 1);
  report.sender = Sender::itself;
  summary.add(report);
  CHECK(refused_calls_of(summary.findings(), false).all().size() == 1);
}

TEST_CASE("the exceptions are the least, with what they are for") {
  Summary summary;
  LoggedReport gain = refused(1, 2);
  gain.event = "exec-gain";
  gain.object = "";
  gain.region = "";
  gain.caller = "0x7f00";
  LoggedReport own = refused(1, 1);
  own.object = "/usr/lib/libsealwax.so";
  for (const LoggedReport& report : {refused(1, 1), gain, own})
    summary.add(report);
  const RefusedCalls calls = refused_calls_of(summary.findings(), true);
  const std::string text = policy_with("", exceptions_from(calls.all()));
  CHECK(text == "sealwax-policy 1\n"
                "\n# mprotect, by code of no file, 2 times, on 1 host, last at " +
                    time_text(1002) +
                    ".\n[program /usr/bin/php]\nexec-gain = allow\n"
                    "\n# mprotect of text, by x.so+0x12, once, on 1 host, last at " +
                    time_text(1001) +
                    ".\n[object /lib/x.so]\nonly-in = /usr/bin/php\nseal = -text\n");
}

TEST_CASE("times as people type them") {
  const std::uint64_t now = 1717232400;
  CHECK(parse_time("@17", now) == 17U);
  CHECK(parse_time("-90min", now) == now - 5400);
  CHECK(parse_time("-2h", now) == now - 7200);
  CHECK(parse_time("-7d", now) == now - 604800);
  CHECK(parse_time("-5s", now) == now - 5);
  for (const char* const text : {"2024-06-01", "2024-06-01 09:00", "2024-06-01 09:00:01"})
    CHECK(time_text(parse_time(text, now).value()).starts_with(text));
  CHECK(time_text(parse_time("today", now).value()).ends_with("00:00:00"));
  CHECK(parse_time("yesterday", now).value() < parse_time("today", now).value());
  for (const char* const text : {"", "@", "@x", "@1x", "-", "-2", "-2w", "-99999999999d", "2h",
                                 "2024-06-01x", "2024-13-01", "tomorrow"}) {
    INFO(text);
    CHECK_FALSE(parse_time(text, now));
  }
}

} // namespace sealwax::cli::report
