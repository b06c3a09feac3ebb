// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/learn/unit_watch.hpp"

#include "cli/frame/command_error.hpp"
#include "cli/output/output.hpp"
#include "cli/output/progress.hpp"
#include "cli/process/procfs.hpp"
#include "cli/system/child_command.hpp"
#include "cli/system/preload_list.hpp"
#include "cli/system/replace_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace sealwax::cli::learn {
namespace {

namespace fs = std::filesystem;

CommandOutcome call(const std::vector<std::string>& words) {
  try {
    return outcome_of(words);
  } catch (const std::system_error& error) {
    throw CommandError(fmt::format("cannot run {}: {}; is this a system with systemd?", words[0],
                                   error.code().message()));
  }
}

void systemctl(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"systemctl"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const CommandOutcome outcome = call(words);
  if (outcome.code != 0)
    throw CommandError(
        fmt::format("systemctl {} failed: {}", fmt::join(arguments, " "), printable(outcome.said)));
}

/// What `sealwax systemd` makes of the unit, which knows units and what in them is in the way.
std::string drop_in_of(const std::string& unit, const Library& library, const std::string& policy) {
  const CommandOutcome made =
      call({fs::read_symlink("/proc/self/exe").string(), "systemd", "--print", "--library",
            library.path, "--policy", policy, unit});
  constexpr std::string_view kName = "sealwax: ";
  std::string_view said = made.said;
  said.remove_prefix(said.starts_with(kName) ? kName.size() : 0);
  if (made.code != kAsItShouldBe && made.code != kFindings)
    throw CommandError(std::string{said});
  if (!said.empty())
    complain_text(said);
  if (made.answer.find("\nExecStart=") != std::string::npos)
    throw CommandError(fmt::format("{} starts a static program, whose calls nothing watches; there "
                                   "is nothing to learn from it",
                                   printable(unit)));
  return made.answer;
}

void write_file(const std::string& path, std::string_view text) {
  std::error_code error = make_open_folder(fs::path{path}.parent_path().string());
  if (const int problem = replace_file(path, text); problem != 0)
    throw CommandError(fmt::format("cannot write {}: {}", printable(path), std::strerror(problem)));
  // Whoever the service runs as reads it.
  fs::permissions(path, fs::perms{0644}, error);
}

sigset_t ends_of_a_wait() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&set, signal);
  return set;
}

bool has_the_policy(pid_t pid, const std::string& policy) {
  try {
    const Process process{pid};
    if (process.environment("SEALWAX_POLICY").value_or("") != policy)
      return false;
    const std::vector<Mapping> mappings = process.mappings();
    return std::any_of(mappings.begin(), mappings.end(),
                       [](const Mapping& mapping) { return is_sealwax(mapping.name); });
  } catch (const ProcessError&) {
    return false; // it has ended, or is none that root may look at
  }
}

} // namespace

std::string service_name(const std::string& name) {
  constexpr std::string_view kSuffix = ".service";
  std::string full = name.find('.') == std::string::npos ? name + std::string{kSuffix} : name;
  if (name.empty() || name.starts_with('.') || name.starts_with('-') ||
      name.find_first_of("/ \t\n") != std::string::npos || !full.ends_with(kSuffix))
    throw CommandError(kWrongUsage, fmt::format("'{}' is no name of a service", printable(name)));
  return full;
}

UnitWatch::UnitWatch(std::string unit, const Library& library, const std::string& policy_text)
    : unit_(std::move(unit)), policy_path_(fmt::format("/run/sealwax/learn-{}.conf", unit_)),
      drop_in_path_(fmt::format("/run/systemd/system/{}.d/99-sealwax-learn.conf", unit_)),
      begun_(static_cast<std::uint64_t>(std::time(nullptr))) {
  if (geteuid() != 0)
    throw CommandError("only root restarts a service; run sealwax learn --unit as root");
  // Until it waits: a service must not stay as it is watched.
  const sigset_t set = ends_of_a_wait();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  bool is_loaded = false;
  try {
    write_file(policy_path_, policy_text);
    write_file(drop_in_path_, drop_in_of(unit_, library, policy_path_));
    is_loaded = true;
    systemctl({"daemon-reload"});
    systemctl({"restart", unit_});
  } catch (const CommandError&) {
    take_away();
    if (is_loaded) {
      (void)call({"systemctl", "daemon-reload"});
      (void)call({"systemctl", "restart", unit_});
    }
    throw;
  }
}

UnitWatch::~UnitWatch() {
  try {
    if (!ended_)
      end();
  } catch (const std::exception& error) {
    complain_text(error.what());
  }
}

void UnitWatch::wait(std::chrono::seconds time) {
  const sigset_t set = ends_of_a_wait();
  Progress progress{static_cast<std::size_t>(time.count())};
  constexpr timespec kSecond{1, 0};
  for (std::chrono::seconds::rep passed = 0; passed < time.count(); ++passed) {
    progress.show(static_cast<std::size_t>(passed));
    if (sigtimedwait(&set, nullptr, &kSecond) > 0)
      return;
  }
}

bool UnitWatch::watches_anything() const {
  const std::vector<pid_t> pids = all_pids();
  return std::any_of(pids.begin(), pids.end(),
                     [this](pid_t pid) { return has_the_policy(pid, policy_path_); });
}

std::string UnitWatch::result() const {
  const CommandOutcome shown = call({"systemctl", "show", "--property=Result", unit_});
  constexpr std::string_view kKey = "Result=";
  const std::size_t at = shown.answer.find(kKey);
  if (at == std::string::npos)
    return "unknown";
  const std::size_t begin = at + kKey.size();
  return shown.answer.substr(begin, shown.answer.find('\n', begin) - begin);
}

void UnitWatch::end() {
  ended_ = true;
  take_away();
  systemctl({"daemon-reload"});
  systemctl({"restart", unit_});
  // What its programs told at their end may be on its way yet.
  (void)call({"journalctl", "--sync"});
}

void UnitWatch::take_away() const {
  std::error_code error;
  fs::remove(drop_in_path_, error);
  fs::remove(fs::path{drop_in_path_}.parent_path(), error); // where nothing else is in it
  fs::remove(policy_path_, error);
  fs::remove(fs::path{policy_path_}.parent_path(), error);
}

} // namespace sealwax::cli::learn
