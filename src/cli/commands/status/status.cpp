// SPDX-License-Identifier: Apache-2.0
// sealwax status: which memory of running processes is sealed.
#include "cli/commands/commands.hpp"
#include "cli/commands/status/repeat.hpp"
#include "cli/commands/status/status_prometheus.hpp"
#include "cli/commands/status/status_sort.hpp"
#include "cli/frame/option_values.hpp"
#include "cli/inspection/status_look.hpp"
#include "cli/inspection/status_report.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"
#include "cli/process/processes_where.hpp"
#include "cli/sealing/policy_parts.hpp"
#include "cli/system/package_files.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <pwd.h>
#include <set>

namespace sealwax::cli {
namespace {

constexpr std::string_view kHelp =
    R"(Usage: sealwax status [OPTION...] PID...
       sealwax status [OPTION...] NAME|PATH...
       sealwax status [OPTION...] --all

Say for each process, and for each region of it that a policy can name, how
much is sealed. Works for any process, whether Sealwax sealed it or not. NAME is
what processes run, PATH the file or a folder that it is in: each process has a
line then.

Options:
      --all                every process but kernel threads, a line each, and
                           the sum
      --package NAME       those that run a program of this package of dpkg's;
                           several with commas
      --unit UNIT          of all, those in this unit or slice of systemd
      --user USER          of all, those of this user, by name or number
      --sort KEY           by pid, name, unit, user, sealed (the smallest share
                           of what the policy wants first) or open (the most
                           bytes first)
      --maps               each mapping, with its region and its object
      --require-enforce    be content only where the policy has it sealed: with
                           mode = audit or off, end with 1
      --threshold PERCENT  be content with this share of the bytes that the
                           policies want sealed, over all processes
      --watch [SECONDS]    look again every 2 seconds, or as often as said
      --quiet              answer by the exit status alone
      --count              only how many processes are sealed, of how many
      --format FORMAT      table, json, or prometheus (for the node exporter's
                           textfile collector, summed up by unit and program)
      --json               the same as --format json
      --color WHEN         auto (a terminal, and NO_COLOR is not set), always or
                           never
  -h, --help               this text

A region is sealed; contents-open (sealed, but what lies in it can be changed:
RELRO that stayed in its file, say); open; partly (some of each); observed or
off (its policy's mode is audit, or it wants nothing of it); or unknown.
Regions are told by the program headers in the process's own memory. The policy
compared with is the one that the process holds, as the library in it shows it
on a sealed page; where its file says something else by now, a note says so, and
where that page cannot be believed all is unknown. Without the library it is the
one that would hold: /etc/sealwax/policy.conf, its SEALWAX_POLICY where that is
allowed, or the built-in default. More notes, and "counts" in JSON, say what the
library has counted: libraries that wait until they are old, loads left open
because closed ones have left as much as they may (dlopen in sealwax-policy(5)),
and reports that were dropped. They are the process's own word.

A process is looked into by a worker. Where one does not come back, since what it
reads lies on a file system that does not answer, it is given up, the process is
unknown and not asked again, and the rest is looked at; no more than 4 such stay.
Memory of FUSE and network file systems is not read.

The last line of several is the share of what can be executed that is sealed, that
policies leave open, each by its line, that no policy can name (what programs make
while they run), and that is open.

Exit status:
  0   all that the policies want sealed is sealed, or enough for --threshold;
      or they want nothing sealed
  1   it is not, whatever else could not be told
  2   could not tell: no such process, or it may not be read
  64  wrong usage; one of PID, --all, --unit and --user is needed
With --watch it is that of the last look before SIGINT or SIGTERM.
)";

enum class Format : std::uint8_t { table, json, prometheus };

struct Options {
  std::vector<std::string> pid_texts;
  bool all = false;
  std::vector<std::string> packages;
  std::optional<std::string> unit;
  std::optional<std::string> user;
  std::optional<SortKey> sort;
  bool quiet = false;
  bool count = false;
  bool maps = false;
  bool require_enforce = false;
  std::optional<double> threshold;
  std::optional<std::string> watch; ///< the seconds, as far as they are said
  bool json = false;
  Format format = Format::table;
  ColorChoice color = ColorChoice::automatic;
};

bool selects(const Options& options) {
  return options.all || options.unit || options.user;
}

bool names_programs(const Options& options) {
  return !options.packages.empty() ||
         std::any_of(options.pid_texts.begin(), options.pid_texts.end(), is_program_name);
}

/// By number or by name.
std::optional<uid_t> find_user(const std::string& text) {
  uid_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && stop == end)
    return number;
  const passwd* entry = getpwnam(text.c_str());
  return entry != nullptr ? std::optional{entry->pw_uid} : std::nullopt;
}

std::vector<std::string> user_names() {
  std::vector<std::string> names;
  setpwent();
  while (const passwd* entry = getpwent())
    names.emplace_back(entry->pw_name);
  endpwent();
  return names;
}

/// How often --watch looks, or nullopt where `text` is no such number.
std::optional<double> watch_seconds(const std::string& text) {
  constexpr double kUsual = 2;
  double seconds = kUsual;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  const bool good = text.empty() || (error == std::errc{} && stop == end);
  return good && seconds >= 0.1 && seconds <= 86400 ? std::optional{seconds} : std::nullopt;
}

/// What is wrong with the processes asked for. Empty: nothing.
std::string selection_problem(const Options& options) {
  if (selects(options) && !options.pid_texts.empty())
    return fmt::format("{} and a PID exclude each other", options.all    ? "--all"
                                                          : options.unit ? "--unit"
                                                                         : "--user");
  if (selects(options) && !options.packages.empty())
    return "--package and --all, --unit or --user exclude each other";
  if (!selects(options) && options.pid_texts.empty() && options.packages.empty())
    return options.watch.value_or("").empty()
               ? "no PID given, nor --all"
               : fmt::format("no PID given, nor --all (--watch took {} for its seconds)",
                             printable(*options.watch));
  for (const std::string& text : options.pid_texts)
    if (!is_program_name(text) && !parse_pid(text))
      return fmt::format("'{}' is no PID", printable(text));
  if (options.user && !find_user(*options.user))
    return fmt::format("there is no user '{}'{}", printable(*options.user),
                       suggestion(*options.user, user_names()));
  return {};
}

/// What is wrong with the options taken together. Empty: nothing.
std::string usage_problem(const Options& options) {
  if (options.json && options.format == Format::prometheus)
    return "--json and --format prometheus exclude each other";
  if (options.quiet && options.count)
    return "--quiet and --count exclude each other";
  if ((options.quiet || options.count) && (options.json || options.format != Format::table))
    return fmt::format("{} is no document", options.quiet ? "--quiet" : "--count");
  if (options.watch && !watch_seconds(*options.watch))
    return fmt::format("--watch takes 0.1 to 86400 seconds, not '{}'", printable(*options.watch));
  if (options.watch && (options.json || options.format != Format::table))
    return "--watch is for tables: a document is one answer";
  return selection_problem(options);
}

void add_options(CommandLine& line, Options& options) {
  CLI::App& app = line.app();
  app.add_flag("--all", options.all);
  app.add_option("--package", options.packages)->delimiter(',')->allow_extra_args(false);
  app.add_flag("--quiet", options.quiet);
  app.add_flag("--count", options.count);
  app.add_option("--unit", options.unit);
  app.add_option("--user", options.user);
  add_choice<std::optional<SortKey>, SortKey>(app, "--sort", options.sort,
                                              {{"pid", SortKey::pid},
                                               {"name", SortKey::name},
                                               {"unit", SortKey::unit},
                                               {"user", SortKey::user},
                                               {"sealed", SortKey::sealed},
                                               {"open", SortKey::open}});
  app.add_flag("--maps", options.maps);
  app.add_flag("--require-enforce", options.require_enforce);
  add_number(app, "--threshold", options.threshold, 0.0, 100.0);
  app.add_option("--watch", options.watch)->expected(0, 1);
  add_choice<Format, Format>(
      app, "--format", options.format,
      {{"table", Format::table}, {"json", Format::json}, {"prometheus", Format::prometheus}});
  app.add_option("PID", options.pid_texts);
  line.add_json(options.json, answer_status_failure, "--format=json");
  line.add_color(options.color);
}

std::vector<pid_t> processes_of_package(const std::string& package) {
  const std::vector<std::string> list = package_files(SystemRoot{}, package);
  const std::set<std::string_view> files{list.begin(), list.end()};
  // Merged systems run from /usr what packages have elsewhere.
  const auto belongs = [&files](std::string_view path, std::string_view) {
    return files.contains(path) ||
           (path.starts_with("/usr/") && files.contains(path.substr(sizeof "/usr" - 1)));
  };
  std::vector<pid_t> pids = processes_where(belongs);
  if (pids.empty())
    throw CommandError(fmt::format("no process runs a program of the package {}; 'sealwax plan "
                                   "--package' tells of its files",
                                   printable(package)));
  return pids;
}

StatusQuestion question_of(const Options& options) {
  StatusQuestion question;
  std::vector<pid_t>& pids = question.pids;
  const auto add = [&pids](const std::vector<pid_t>& more) {
    for (const pid_t pid : more)
      if (std::find(pids.begin(), pids.end(), pid) == pids.end())
        pids.push_back(pid);
  };
  for (const std::string& text : options.pid_texts)
    if (is_program_name(text))
      add(processes_meant_by(text));
    else
      pids.push_back(parse_pid(text).value_or(0));
  for (const std::string& package : options.packages)
    add(processes_of_package(package));
  question.unit = options.unit;
  if (options.user)
    question.user = find_user(*options.user);
  question.threshold = options.threshold;
  question.require_enforce = options.require_enforce;
  question.maps = options.maps && options.format != Format::prometheus;
  return question;
}

std::unique_ptr<StatusReport> plain_report(const Options& options) {
  const ReportOptions report{options.maps, wants_color(options.color)};
  if (options.quiet || options.count)
    return counting_report(options.count);
  if (options.json || options.format == Format::json)
    return json_report(report);
  if (options.format == Format::prometheus)
    return prometheus_report();
  return (selects(options) || names_programs(options)) && !options.maps ? line_report(report)
                                                                        : table_report(report);
}

std::unique_ptr<StatusReport> make_report(const Options& options) {
  std::unique_ptr<StatusReport> report = plain_report(options);
  return options.sort ? sorting_report(std::move(report), *options.sort) : std::move(report);
}

/// Beside the processes: whether the policy's parts are in force.
void tell_of_stale_policy(const Options& options) {
  if (!options.all || options.quiet)
    return;
  if (const std::string stale = stale_policy(SystemRoot{}); !stale.empty())
    complain("warning: {}; run 'sealwax policy apply'", printable(stale));
}

int status(const Options& options) {
  tell_of_stale_policy(options);
  const StatusQuestion question = question_of(options);
  const auto look = [&] { return look_at_processes(question, *make_report(options)); };
  return options.watch ? repeat_until_stopped(*watch_seconds(*options.watch), look) : look();
}

} // namespace

int status_command(Arguments arguments) {
  Options options;
  CommandLine line{"status", kHelp};
  add_options(line, options);
  line.add_check([&] { return usage_problem(options); });
  return line.run(arguments, [&] { return status(options); });
}

} // namespace sealwax::cli
