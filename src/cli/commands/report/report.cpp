// SPDX-License-Identifier: Apache-2.0
// sealwax report: what the reports of a host, or of many, say together.
#include "cli/commands/commands.hpp"
#include "cli/commands/report/page.hpp"
#include "cli/commands/report/report_text.hpp"
#include "cli/exceptions/policy_output.hpp"
#include "cli/output/shell_words.hpp"
#include "cli/reports/report_sources.hpp"
#include "cli/sealing/effective_policy.hpp"
#include "cli/system/child_command.hpp"
#include "cli/system/descriptor.hpp"
#include "cli/system/replace_file.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <unistd.h>

namespace sealwax::cli::report {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax report [OPTION...] [-]

Sum up the report lines of programs: each call that a seal refused, or that it
would refuse where a policy only watches, by program, object, region and caller;
and each message. Read are the journal, the files that --file names, or, with
-, standard input: lines of text, or what journalctl -o json writes.

Options:
      --since TIME     nothing older: "2026-11-30", "2026-11-30 11:14", "today",
                       "yesterday", "@SECONDS", or that long ago: -90min, -2h, -7d
      --unit UNIT      of the journal, what this unit's processes wrote
      --directory DIR  the journal whose files are in DIR, as of a mounted disk
      --file FILE      this log in place of the journal; each is a host of its
                       own. Can be given more than once
      --html FILE      a page for people: what is sealed and what is open of this
                       host's processes, by program, what was refused and when,
                       and the exceptions in force. It needs no network
      --document FILE  for --html and -o, in place of this host: what 'sealwax
                       status --all --json' or 'sealwax report --json' answered on
                       one, or its policy. FILE is named as the host, as in
                       web1-status.json. Can be given more than once
  -o, --output FILE    write the policy with the fewest exceptions that let these
                       calls through to FILE, replaced as a whole. Never the
                       policy that holds on this system
      --policy FILE    for -o: add to this policy; else to the system's
      --unverified     for -o: also what nobody knows who sent it
      --json           one JSON document
      --color WHEN     auto (a terminal, and NO_COLOR is not set), always, never
  -h, --help           this text

Everybody may write to the journal. A line that another program has sent than
the one it speaks of is shown as such, and -o makes no exception of it; nor,
without --unverified, of one whose sender had ended before the journal looked.
Lines of files and of standard input are taken for what they say.

Exit status:
  0    nothing was reported
  1    something was
  2    could not tell: no journal, a file that cannot be read
  64   wrong usage
)";

struct Options {
  std::string since;
  JournalQuery journal;
  std::vector<std::string> files;
  std::vector<std::string> names; ///< "-", or wrong usage
  std::string html;
  std::vector<std::string> documents;
  std::string output;
  std::string policy;
  bool unverified = false;
  bool json = false;
  ColorChoice color = ColorChoice::automatic;

  [[nodiscard]] bool has_files() const { return !files.empty() || !names.empty(); }
  /// Nothing is said of where else to look.
  [[nodiscard]] bool is_about_here() const { return !has_files() && documents.empty(); }
};

/// What is wrong with the options taken together. Empty: nothing.
std::string usage_problem(const Options& options) {
  for (const std::string& name : options.names)
    if (name != "-")
      return fmt::format("'{}' is no option, nor -; --file FILE names a log", printable(name));
  if (!options.documents.empty() && options.html.empty() && options.output.empty())
    return "--document is for --html FILE and -o FILE";
  if (!options.is_about_here() &&
      !(options.journal.unit.empty() && options.journal.directory.empty()))
    return "--unit and --directory are for the journal";
  if (options.output.empty() && (!options.policy.empty() || options.unverified))
    return "--policy and --unverified are for -o FILE";
  return {};
}

std::uint64_t now() {
  return static_cast<std::uint64_t>(std::time(nullptr));
}

/// Empty where the system has none. Throws CommandError.
std::string base_policy(const std::string& path) {
  const std::optional<std::string> text = text_here(path.empty() ? kSystemPolicy : path);
  if (!text && path.empty() && errno == ENOENT)
    return {};
  if (!text)
    throw CommandError(fmt::format("cannot read the policy {}: {}",
                                   printable(path.empty() ? kSystemPolicy : path),
                                   reading_problem(errno)));
  return *text;
}

class Reader {
public:
  Reader(Options& options, Answer& answer) : options_(options), answer_(answer) {}

  /// Throws CommandError.
  void read() {
    if (!options_.since.empty()) {
      options_.journal.since = parse_time(options_.since, now());
      if (!options_.journal.since)
        throw CommandError(kWrongUsage,
                           fmt::format("'{}' is no time; 'sealwax report --help' lists the ways "
                                       "to give one",
                                       printable(options_.since)));
    }
    for (const std::string& file : options_.files)
      for_each_line_of(file, [&](std::string_view line) { add(line, file); });
    for (std::size_t i = 0; i < options_.names.size(); ++i)
      for_each_line_of("-", [&](std::string_view line) { add(line, "stdin"); });
    if (options_.is_about_here())
      for_each_journal_entry(options_.journal, [&](std::string_view line) { add(line, "here"); });
    finish();
  }

private:
  void add(std::string_view line, const std::string& host) {
    const ReadLine read = read_line(line, host);
    if (!read.problem.empty() && answer_.unreadable++ == 0)
      complain("warning: {}: a line begins as a report and is none: {}", printable(host),
               read.problem);
    if (read.report && read.report->time >= options_.journal.since.value_or(0))
      summary_.add(*read.report);
  }

  void finish() {
    answer_.findings = summary_.findings();
    answer_.lines = summary_.lines();
    answer_.dropped = summary_.dropped();
    answer_.beyond = summary_.beyond();
    if (answer_.beyond != 0)
      complain("warning: {} lines are left out: more than {} things are reported", answer_.beyond,
               Summary::kMostFindings);
  }

  Options& options_;
  Answer& answer_;
  Summary summary_;
};

/// The policy that lets pass what was reported, to `answer`, and to the file where one is asked
/// for.
void make_policy(const Options& options, Answer& answer) {
  const bool from_journal = !options.has_files();
  answer.refused_calls = refused_calls_of(answer.findings, !from_journal || options.unverified);
  const std::vector<Exception> exceptions = exceptions_from(answer.refused_calls.all());
  answer.exceptions = exceptions.size();
  if (options.output.empty())
    return;
  answer.policy_text = policy_with(base_policy(options.policy), exceptions);
  if (const std::string problem = write_policy(options.output, answer.policy_text);
      !problem.empty())
    throw CommandError(problem);
  answer.output = options.output;
}

std::string text_of_file(const std::string& path, std::string_view next) {
  std::optional<std::string> text = text_here(path);
  if (!text)
    throw CommandError(
        fmt::format("cannot read {}: {}; {}", printable(path), reading_problem(errno), next));
  return std::move(*text);
}

/// What this tool says of all processes here, and the policy that holds.
void add_this_host(Overview& overview) {
  char name[HOST_NAME_MAX + 1] = "here";
  (void)gethostname(name, sizeof name - 1);
  const CommandOutcome status = outcome_of({"/proc/self/exe", "status", "--all", "--json"});
  overview.add_document(status.answer, name, "the status of this host");
  if (access(kSystemPolicy, R_OK) == 0)
    overview.add_document(text_of_file(kSystemPolicy, "'ls -l' shows what it is"), name,
                          kSystemPolicy);
}

/// What documents tell counts as what was read here does. Throws CommandError.
Overview overview_of(const Options& options, Answer& answer) {
  Overview overview;
  if (options.is_about_here() && !options.html.empty())
    add_this_host(overview);
  for (const std::string& path : options.documents)
    overview.add_document(
        text_of_file(path, "name what 'status --all --json' or 'report --json' wrote"),
        host_of_file(path), path);
  overview.add_findings(std::move(answer.findings));
  answer.findings = overview.findings;
  put_in_order(answer.findings);
  answer.lines += overview.lines;
  answer.dropped += overview.dropped;
  return overview;
}

/// Throws CommandError.
void write_page(const Options& options, const Overview& overview, Answer& answer) {
  if (const int error = replace_file(options.html, page_of(overview, time_text(now()))); error != 0)
    throw CommandError(fmt::format("cannot write {}: {}; name another file with --html",
                                   printable(options.html), std::strerror(error)));
  answer.page = options.html;
}

std::string next_command(const Options& options, const Answer& answer, Arguments arguments) {
  if (!answer.output.empty())
    return shell_words({"sealwax", "policy", "check", answer.output});
  if (answer.exceptions == 0 || !options.output.empty())
    return {};
  std::vector<std::string> words = {"sealwax", "report", "-o", "FILE"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return shell_words(words);
}

int answer_reports(Options& options, Answer& result, Arguments arguments) {
  if (!options.output.empty())
    if (const std::string problem = policy_path_problem(options.output); !problem.empty())
      throw CommandError(problem);
  Reader{options, result}.read();
  const Overview overview = overview_of(options, result);
  make_policy(options, result);
  if (!options.html.empty())
    write_page(options, overview, result);
  result.next = next_command(options, result, arguments);
  const int code = result.lines == 0 ? kAsItShouldBe : kFindings;
  answer(options.json ? answer_json(result, code)
                      : answer_text(result, wants_color(options.color)));
  return code;
}

} // namespace
} // namespace sealwax::cli::report

int sealwax::cli::report_command(Arguments arguments) {
  using namespace report;
  Options options;
  Answer result;
  CommandLine line{"report", kHelp};
  line.app().add_option("--since", options.since);
  line.app().add_option("--unit", options.journal.unit);
  line.app().add_option("--directory", options.journal.directory);
  line.app().add_option("--file", options.files)->allow_extra_args(false);
  line.app().add_option("--html", options.html);
  line.app().add_option("--document", options.documents)->allow_extra_args(false);
  line.app().add_option("-o,--output", options.output);
  line.app().add_option("--policy", options.policy);
  line.app().add_flag("--unverified", options.unverified);
  line.app().add_option("NAME", options.names);
  line.add_json(options.json, [&](const std::string& message, ExitCode code) {
    result.errors.push_back(message);
    answer(answer_json(result, code));
  });
  line.add_color(options.color);
  line.add_check([&] { return usage_problem(options); });
  return line.run(arguments, [&] { return answer_reports(options, result, arguments); });
}
