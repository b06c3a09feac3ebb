// SPDX-License-Identifier: Apache-2.0
#include "cli/inspection/status_look.hpp"

#include "cli/frame/exit_code.hpp"
#include "cli/inspection/worker/looked.hpp"
#include "cli/inspection/worker/looker.hpp"
#include "cli/output/nearest_word.hpp"
#include "cli/output/output.hpp"
#include "cli/process/own_preload.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/processes_where.hpp"
#include "cli/process/procfs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace sealwax::cli {
namespace {

/// As systemctl takes a name: without a suffix it is a service's.
bool is_in_unit(const std::vector<std::string>& path, const std::string& unit) {
  return std::any_of(path.begin(), path.end(), [&](const std::string& component) {
    return component == unit || component == unit + ".service";
  });
}

class Look {
public:
  Look(const StatusQuestion& question, StatusReport& report)
      : question_(question), report_(report) {}

  int run() {
    if (question_.pids.empty())
      try {
        look_at_all();
      } catch (const ProcessError& error) {
        fail(std::nullopt, error.what());
      }
    for (const pid_t pid : question_.pids)
      look_at(pid);
    StatusSummary summary;
    if (question_.threshold) {
      summary.threshold = Threshold{*question_.threshold, wanted_bytes_, sealed_bytes_};
      judge_threshold(*summary.threshold);
    }
    summary.exit_code = code_;
    report_.finish(summary);
    return code_;
  }

private:
  void look_at(pid_t pid) {
    try {
      Looked looked;
      if (!identify(Process{pid}, looked.status))
        return;
      look_into(pid, looked);
      tell(std::move(looked));
    } catch (const ProcessError& error) {
      fail(pid, error.what());
    }
  }

  /// Where somebody asked for this very process.
  void tell(Looked looked) {
    const pid_t pid = looked.status.pid;
    if (looked.error) {
      fail(pid, looked.message);
      if (!is_there(*looked.error))
        return;
    } else if (!looked.status.readable) {
      looked.doubts.emplace_back(
          "cannot read its memory to find its objects; it takes the right to trace it, as root "
          "has");
    }
    note(std::move(looked));
  }

  /// Kernel threads, and what ends meanwhile, are not what was asked for.
  void look_at_all() {
    std::size_t denied = 0;
    std::size_t selected = 0;
    for (const pid_t pid : all_pids()) {
      if (pid == question_.without)
        continue;
      Looked looked;
      try {
        if (!identify(Process{pid}, looked.status))
          continue;
      } catch (const ProcessError&) {
        continue;
      }
      look_into(pid, looked);
      using Kind = ProcessError::Kind;
      if (looked.error == Kind::failed || looked.error == Kind::stuck)
        fail(pid, looked.message);
      if (looked.error && !is_there(*looked.error))
        continue;
      const bool skipped = looked.error == Kind::skipped;
      if (skipped && ++skipped_ == 1)
        why_skipped_ = looked.message;
      const bool unread = !looked.error && !looked.status.readable;
      denied += unread || looked.error == Kind::denied ? 1U : 0U;
      selected += 1;
      note(std::move(looked));
    }
    sum_up(denied, selected);
  }

  void sum_up(std::size_t denied, std::size_t selected) {
    if (denied != 0)
      fail(std::nullopt,
           fmt::format("{} not be read; it takes the right to trace them, as root has",
                       counted(denied, "process could", "processes could")));
    if (skipped_ != 0)
      fail(std::nullopt,
           fmt::format("{} not looked into: {}", counted(skipped_, "process was", "processes were"),
                       why_skipped_));
    if (selected == 0)
      fail(std::nullopt, nobody_runs());
  }

  std::string nobody_runs() const {
    if (!question_.unit)
      return "no process runs that was asked for; see --user";
    return fmt::format("no process runs in unit {}; {}'systemctl status {}' tells more",
                       printable(*question_.unit), did_you_mean(*question_.unit, running_units()),
                       printable(*question_.unit));
  }

  /// It runs, though little is known of it.
  static bool is_there(ProcessError::Kind kind) {
    using Kind = ProcessError::Kind;
    return kind == Kind::denied || kind == Kind::stuck || kind == Kind::skipped;
  }

  static std::string name_of(pid_t pid) {
    try {
      return Process{pid}.name();
    } catch (const ProcessError&) {
      return {};
    }
  }

  /// Keeps what identify() has found out.
  void look_into(pid_t pid, Looked& looked) {
    const ProcessStatus known = looked.status;
    try {
      looked = unpacked(looker_.ask(pid));
    } catch (const ProcessError& error) {
      looked.error = error.kind();
      looked.message = error.what();
      looked.status.name = name_of(pid);
    }
    looked.status.pid = pid;
    looked.status.unit = known.unit;
    looked.status.user = known.user;
    if (!looked.status.unit.empty())
      look_for_preload(pid, looked.status);
  }

  void look_for_preload(pid_t pid, ProcessStatus& status) {
    const auto [unit, is_new] = wants_own_preload_.try_emplace(status.unit);
    if (is_new)
      unit->second = unit_wants_own_preload(status.unit);
    if (!unit->second)
      return;
    try {
      status.lost_preload = own_preload_of(Process{pid}) == OwnPreload::gone;
    } catch (const ProcessError&) {
      return; // it has ended
    }
    if (status.lost_preload)
      status.notes.push_back(fmt::format(
          "the /etc/ld.so.preload of {} itself is gone, with the system's own that was replaced: "
          "what it executes from now on may be unsealed ('systemctl restart {}')",
          printable(status.unit), printable(status.unit)));
  }

  /// Whose a process is, and whether that was asked for.
  bool identify(const Process& process, ProcessStatus& status) const {
    const std::vector<std::string> path = cgroup_path(process.text("cgroup").value_or(""));
    if (question_.unit && !is_in_unit(path, *question_.unit))
      return false;
    status.user = user_of(process.text("status").value_or(""));
    if (question_.user && status.user != question_.user)
      return false;
    status.unit = unit_of(path);
    return true;
  }

  void note(Looked looked) {
    ProcessStatus& status = looked.status;
    for (const std::string& doubt : looked.doubts)
      fail(status.pid, fmt::format("process {}: {}", status.pid, doubt));
    wanted_bytes_ += status.verdict.wanted_bytes;
    sealed_bytes_ += status.verdict.sealed_bytes;
    status.to_be_enforced = question_.require_enforce;
    const int code = status.exit_code();
    // A threshold takes the place of the wish that everything is sealed.
    if (!question_.threshold || code != kFindings || status.lacks_enforcement())
      raise(code);
    report_.add(std::move(status));
  }

  void judge_threshold(const Threshold& threshold) {
    if (!threshold.met())
      raise(kFindings);
  }

  void fail(std::optional<pid_t> pid, const std::string& message) {
    raise(kCouldNotTell);
    if (!question_.silent)
      complain_text(message);
    report_.add_error(pid, message);
  }

  /// Findings are certain and stay, whatever else could not be told.
  void raise(int code) {
    if (code_ != kFindings && code != kAsItShouldBe)
      code_ = code;
  }

  const StatusQuestion& question_;
  Looker looker_{[this](pid_t pid) { return packed(cli::look_into(pid, question_.maps)); }};
  StatusReport& report_;
  std::map<std::string, bool> wants_own_preload_; ///< by unit
  int code_ = kAsItShouldBe;
  std::size_t wanted_bytes_ = 0;
  std::size_t sealed_bytes_ = 0;
  std::size_t skipped_ = 0;
  std::string why_skipped_;
};

} // namespace

int look_at_processes(const StatusQuestion& question, StatusReport& report) {
  return Look{question, report}.run();
}

} // namespace sealwax::cli
