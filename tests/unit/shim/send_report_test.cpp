// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/report/destinations/journal.hpp"
#include "shim/report/destinations/report_file.hpp"
#include "shim/report/destinations/standard_error.hpp"
#include "shim/report/send_report.hpp"
#include "shim/state/state.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <string>
#include <unistd.h>
#include <vector>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

struct Line {
  std::string place;
  std::string text;
};
std::vector<Line> lines;
std::string entry; // for the journal's own socket
// What each place answers: an errno value, negated, or how many bytes it takes.
long file_answers, error_answers, journal_answers;
constexpr long kAll = 1'000'000;

Reply take(const std::string& place, std::string_view text, long answer) {
  lines.push_back({place, std::string{text}});
  return Reply{answer == kAll ? static_cast<long>(text.size()) : answer};
}

} // namespace

// The destinations, which this program has instead of the shim's own.
namespace sealwax::shim {
Reply append_to_report_file(Kernel&, const char* path, std::string_view line) {
  return take(path, line, file_answers);
}
Reply write_to_standard_error(std::string_view line) {
  return take("stderr", line, error_answers);
}
Reply send_to_journal(Kernel&, const JournalReport& report, bool first_process) {
  entry = report.entry;
  return take(first_process ? "kernel" : "journal", report.line, journal_answers);
}
} // namespace sealwax::shim

namespace {

class Sender {
public:
  explicit Sender(ReportTo to) {
    settings.report_to = to;
    settings.report_file = "/var/log/reports";
    kernel.allow(CallSet::all());
    lines.clear();
    file_answers = error_answers = journal_answers = kAll;
    held_counts.dropped_reports = state.reports.dropped_told = 0;
    state.reports.torn = false;
    state.reports.process = 0;
  }
  void send(std::string_view object = {}) {
    Report report;
    report.object = object;
    report.event = "refused";
    report.message = "of a test";
    send_report(kernel, settings, report);
  }
  [[nodiscard]] std::string places() const {
    std::string text;
    for (const Line& line : lines)
      text += line.place + " ";
    return text;
  }

  Settings settings;
  Kernel kernel;
};

const std::string kBegin = "sealwax-report 1 ";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool begins(const std::string& text, const std::string& with) {
  return text.rfind(with, 0) == 0;
}

} // namespace

TEST_CASE("none: nothing is sent, and nothing is missed") {
  Sender sender{ReportTo::none};
  sender.send();
  CHECK(lines.empty());
  CHECK(held_counts.dropped_reports == 0);
}

TEST_CASE("each place gets one whole line, the journal's with its priority") {
  for (const ReportTo to : {ReportTo::file, ReportTo::standard_error, ReportTo::journal}) {
    Sender sender{to};
    sender.send();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].place == (to == ReportTo::file      ? "/var/log/reports"
                             : to == ReportTo::journal ? "journal"
                                                       : "stderr"));
    const std::string begin = to == ReportTo::journal ? "<36>sealwax: " + kBegin : kBegin;
    CHECK(begins(lines[0].text, begin));
    CHECK(lines[0].text.find('\n') == lines[0].text.size() - 1);
    CHECK(has(lines[0].text, "message=of%20a%20test"));
    CHECK(held_counts.dropped_reports == 0);
  }
}

TEST_CASE("a file that takes nothing drops the report, and the next one tells") {
  Sender sender{ReportTo::file};
  file_answers = -ENOENT;
  sender.send();
  sender.send();
  CHECK(sender.places() == "/var/log/reports /var/log/reports ");
  CHECK(held_counts.dropped_reports == 2);
  file_answers = kAll;
  sender.send();
  CHECK(has(lines.back().text, "dropped=2"));
  sender.send();
  CHECK_FALSE(has(lines.back().text, "dropped="));
}

TEST_CASE("where standard error is another file by now, or forbidden, it is the journal's") {
  for (const int error : {ESTALE, ENOSYS}) {
    Sender sender{ReportTo::standard_error};
    error_answers = -error;
    sender.send();
    CHECK(sender.places() == "stderr journal ");
    CHECK(begins(lines[1].text, "<36>sealwax: " + kBegin));
    CHECK(held_counts.dropped_reports == 0);
    journal_answers = -ENOENT;
    sender.send();
    CHECK(held_counts.dropped_reports == 1);
  }
}

TEST_CASE("where standard error is full the report is dropped, and goes nowhere else") {
  Sender sender{ReportTo::standard_error};
  error_answers = -EAGAIN;
  sender.send();
  CHECK(sender.places() == "stderr ");
  CHECK(held_counts.dropped_reports == 1);
}

TEST_CASE("a file that forbids a call is not replaced by the journal") {
  Sender sender{ReportTo::file};
  file_answers = -ENOSYS;
  sender.send();
  CHECK(sender.places() == "/var/log/reports ");
  CHECK(held_counts.dropped_reports == 1);
}

TEST_CASE("after a line that was torn the next one begins on a line of its own") {
  Sender sender{ReportTo::standard_error};
  error_answers = 5;
  sender.send();
  CHECK(held_counts.dropped_reports == 1);
  error_answers = -EAGAIN;
  sender.send();
  CHECK(begins(lines.back().text, "\n" + kBegin));
  error_answers = kAll;
  sender.send();
  CHECK(begins(lines.back().text, "\n" + kBegin));
  sender.send();
  CHECK(begins(lines.back().text, kBegin));
}

TEST_CASE("a path that does not fit drops the report") {
  Sender sender{ReportTo::file};
  const std::string path(100000, '/');
  sender.settings.report_file = path;
  sender.send();
  CHECK(lines.empty());
  CHECK(held_counts.dropped_reports == 1);
}

TEST_CASE("where no memory of its own or no clock is to be had, the report is dropped") {
  Sender sender{ReportTo::journal};
  sender.kernel.allow(CallSet::none());
  sender.send();
  CHECK(lines.empty());
  CHECK(held_counts.dropped_reports == 1);
}

TEST_CASE("a forked child does not tell what its parent dropped") {
  Sender sender{ReportTo::journal};
  journal_answers = -ENOENT;
  sender.send();
  const pid_t child = fork();
  if (child == 0) {
    journal_answers = kAll;
    sender.send();
    _exit(has(lines.back().text, "dropped=") ? 1 : 0);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("the journal's entry has the line's words, and is left out where the line is long") {
  Sender sender{ReportTo::journal};
  sender.send();
  const std::string line = lines[0].text.substr(std::string{"<36>sealwax: "}.size());
  CHECK(has(entry, "\nMESSAGE=" + line + "SEALWAX_TIME="));
  CHECK(has(entry, "\nSEALWAX_MESSAGE=of%20a%20test\n"));
  const std::string object(2000, 'o');
  sender.send(object);
  CHECK(has(lines[1].text, object));
  CHECK(entry.empty());
}
