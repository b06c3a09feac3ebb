// sealwax status: which memory of running processes is sealed.
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/procfs.hpp"
#include "cli/status_report.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>

namespace sealwax::cli {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax status [OPTION...] PID...
       sealwax status [OPTION...] --all

Say for each process, and for each region of it that a policy can name, how
much is sealed. Works for any process, whether Sealwax sealed it or not.

Options:
      --all         every process but kernel threads, a line each, and the sum
      --maps        each mapping, with its region and the object that it is of
      --json        one JSON document
      --color WHEN  auto (a terminal, and NO_COLOR is not set), always or never
  -h, --help        this text

Regions are told by the program headers in the process's own memory. The policy
compared with is the process's: /etc/sealwax/policy.conf, its SEALWAX_POLICY
where that is allowed, or the built-in default.

Exit status:
  0   all that the policies want sealed is sealed
  1   some of it is not, whatever else could not be told
  2   could not tell: no such process, or it may not be read
  64  wrong usage; one of PID and --all is needed
)";

struct Options {
  std::vector<std::string> pid_texts;
  bool all = false;
  bool maps = false;
  bool json = false;
  ColorChoice color = ColorChoice::automatic;
};

/// A PID as people write it, or nullopt.
std::optional<pid_t> parse_pid(const std::string& text) {
  pid_t pid = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, pid);
  if (error != std::errc{} || stop != end || pid <= 0)
    return std::nullopt;
  return pid;
}

/// What is wrong with the options taken together. Empty: nothing.
std::string usage_problem(const Options& options) {
  if (options.all && !options.pid_texts.empty())
    return "--all and a PID exclude each other";
  if (!options.all && options.pid_texts.empty())
    return "no PID given, nor --all";
  for (const std::string& text : options.pid_texts)
    if (!parse_pid(text))
      return fmt::format("'{}' is no PID", printable(text));
  return {};
}

class Status {
public:
  Status(const Options& options, StatusReport& report) : options_(options), report_(report) {}

  int run() {
    if (options_.all)
      look_at_all();
    else
      for (const std::string& text : options_.pid_texts)
        look_at(*parse_pid(text));
    report_.finish(code_);
    return code_;
  }

private:
  void look_at(pid_t pid) {
    ProcessStatus status;
    status.pid = pid;
    try {
      examine(Process{pid}, status);
    } catch (const ProcessError& error) {
      fail(pid, error.what());
      if (error.kind() != ProcessError::Kind::denied)
        return;
    }
    note(status);
  }

  /// Kernel threads, and what ends meanwhile, are not what was asked for.
  void look_at_all() {
    std::size_t denied = 0;
    for (const pid_t pid : all_pids()) {
      ProcessStatus status;
      status.pid = pid;
      try {
        examine(Process{pid}, status);
      } catch (const ProcessError& error) {
        if (error.kind() == ProcessError::Kind::failed)
          fail(pid, error.what());
        if (error.kind() != ProcessError::Kind::denied)
          continue;
      }
      if (!status.survey || !status.survey->objects_known)
        ++denied;
      note(status);
    }
    if (denied != 0)
      fail(std::nullopt,
           fmt::format("{} {} not be read; it takes the right to trace them, as root has", denied,
                       denied == 1 ? "process could" : "processes could"));
  }

  void examine(const Process& process, ProcessStatus& status) {
    status.name = process.name();
    status.executable = process.executable();
    Survey found = survey(process);
    status.executable = process.executable();
    const EffectivePolicy policy =
        policy_of(process, program_path(found, status.executable.value_or("")));
    status.policy = policy.source();
    status.verdict = judge(found, policy);
    status.regions = found.regions();
    status.certain = found.objects_known && found.unclear.empty() && policy.problem().empty();
    status.survey = std::move(found);
    report_doubts(status, policy);
  }

  /// What keeps the verdict from being certain.
  void report_doubts(const ProcessStatus& status, const EffectivePolicy& policy) {
    const auto doubt = [&](const std::string& what) {
      fail(status.pid, fmt::format("process {}: {}", status.pid, what));
    };
    if (!policy.problem().empty())
      doubt(printable(policy.problem()) + "; compared with the built-in default instead");
    for (const std::string& path : status.survey->unclear)
      doubt(fmt::format("cannot make out the segments of {}; see its mappings with --maps",
                        printable(path)));
    // Of all processes, those that may not be read are counted.
    if (!options_.all && !status.survey->objects_known)
      doubt("cannot read its memory to find its objects; it takes the right to trace it, as root "
            "has");
  }

  void note(const ProcessStatus& status) {
    raise(status.exit_code());
    report_.add(status);
  }

  void fail(std::optional<pid_t> pid, const std::string& message) {
    raise(kCouldNotTell);
    complain_text(message);
    report_.add_error(pid, message);
  }

  /// Findings are certain and stay, whatever else could not be told.
  void raise(int code) {
    if (code_ != kFindings && code != kAsItShouldBe)
      code_ = code;
  }

  const Options& options_;
  StatusReport& report_;
  int code_ = kAsItShouldBe;
};

std::unique_ptr<StatusReport> make_report(const Options& options) {
  const ReportOptions report{options.maps, wants_color(options.color)};
  if (options.json)
    return json_report(report);
  return options.all && !options.maps ? line_report(report) : table_report(report);
}

/// A document for those who asked for one, though the rest of the arguments was wrong.
void report_usage_as_json(const std::string& problem) {
  const std::unique_ptr<StatusReport> report = json_report({});
  report->add_error(std::nullopt, problem);
  report->finish(kWrongUsage);
}

} // namespace

int status_command(Arguments arguments) {
  Options options;
  CLI::App app{"", "status"};
  app.add_flag("--all", options.all);
  app.add_flag("--maps", options.maps);
  app.add_flag("--json", options.json);
  add_color_option(app, options.color);
  app.add_option("PID", options.pid_texts);

  Parsed parsed = parse(app, arguments, kHelp, kWrongUsage);
  if (!parsed.exit_code) {
    parsed.error = usage_problem(options);
    if (parsed.error.empty())
      return Status{options, *make_report(options)}.run();
    parsed.exit_code = kWrongUsage;
    report_usage(app.get_name(), parsed.error);
  }
  const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  if (json && !parsed.error.empty())
    report_usage_as_json(parsed.error);
  return *parsed.exit_code;
}

} // namespace sealwax::cli
