#include "cli/inspection/status_look.hpp"

#include "cli/frame/exit_code.hpp"
#include "cli/inspection/inspection.hpp"
#include "cli/output/output.hpp"
#include "cli/process/process_facts.hpp"
#include "cli/process/procfs.hpp"

#include <fmt/format.h>

#include <algorithm>
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
    ProcessStatus status;
    status.pid = pid;
    try {
      const Process process{pid};
      identify(process, status);
      examine(process, status);
    } catch (const ProcessError& error) {
      fail(pid, error.what());
      if (error.kind() != ProcessError::Kind::denied)
        return;
    }
    note(std::move(status));
  }

  /// Kernel threads, and what ends meanwhile, are not what was asked for.
  void look_at_all() {
    std::size_t denied = 0;
    std::size_t selected = 0;
    for (const pid_t pid : all_pids()) {
      ProcessStatus status;
      status.pid = pid;
      try {
        const Process process{pid};
        if (!identify(process, status))
          continue;
        examine(process, status);
      } catch (const ProcessError& error) {
        if (error.kind() == ProcessError::Kind::failed)
          fail(pid, error.what());
        if (error.kind() != ProcessError::Kind::denied)
          continue;
      }
      denied += status.readable ? 0 : 1;
      selected += 1;
      note(std::move(status));
    }
    if (denied != 0)
      fail(std::nullopt,
           fmt::format("{} {} not be read; it takes the right to trace them, as root has", denied,
                       denied == 1 ? "process could" : "processes could"));
    if (selected == 0)
      fail(std::nullopt, "no process runs that was asked for; see --unit and --user");
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

  void examine(const Process& process, ProcessStatus& status) {
    status.name = process.name();
    status.executable = process.executable();
    Inspection found = inspect(process);
    status.executable = found.executable;
    status.policy = found.policy.source();
    status.policy_known = !found.policy.is_unknown();
    status.notes = found.policy.notes();
    status.counts = found.counts;
    if (found.counts)
      for (std::string& note : notes_on(*found.counts))
        status.notes.push_back(std::move(note));
    status.regions = found.survey.regions();
    status.mapped = true;
    status.readable = found.survey.objects_known;
    status.certain = found.certain();
    report_doubts(status, found);
    status.verdict = std::move(found.verdict);
    if (question_.maps) {
      // A report that sorts keeps them all, and descriptors are few.
      found.survey.memory.reset();
      status.survey = std::move(found.survey);
    }
  }

  /// What keeps the verdict from being certain.
  void report_doubts(const ProcessStatus& status, const Inspection& found) {
    const auto doubt = [&](const std::string& what) {
      fail(status.pid, fmt::format("process {}: {}", status.pid, what));
    };
    if (!found.policy.problem().empty())
      doubt(printable(found.policy.problem()) +
            (found.policy.is_unknown() ? "" : "; compared with the built-in default instead"));
    for (const std::string& path : found.survey.unclear)
      doubt(fmt::format("cannot make out the segments of {}; see its mappings with --maps",
                        printable(path)));
    // Of all processes, those that may not be read are counted.
    if (!question_.pids.empty() && !status.readable)
      doubt("cannot read its memory to find its objects; it takes the right to trace it, as root "
            "has");
  }

  void note(ProcessStatus status) {
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
    complain_text(message);
    report_.add_error(pid, message);
  }

  /// Findings are certain and stay, whatever else could not be told.
  void raise(int code) {
    if (code_ != kFindings && code != kAsItShouldBe)
      code_ = code;
  }

  const StatusQuestion& question_;
  StatusReport& report_;
  int code_ = kAsItShouldBe;
  std::size_t wanted_bytes_ = 0;
  std::size_t sealed_bytes_ = 0;
};

} // namespace

int look_at_processes(const StatusQuestion& question, StatusReport& report) {
  return Look{question, report}.run();
}

} // namespace sealwax::cli
