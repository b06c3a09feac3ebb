#include "shim/begin.hpp"

#include "shim/journal.hpp"
#include "shim/policy_source.hpp"
#include "shim/startup_scan.hpp"
#include "shim/state.hpp"

namespace sealwax::shim {
namespace {

/// Which calls may be made under the filter that this process inherited.
FilterVerdict judge(const FilterState& filter, InheritedFilter rule) {
  const bool free = filter.known && filter.count == 0;
  if (free || rule == InheritedFilter::trust)
    return {CallSet::all(), false};
  // Without /proc nobody knows whether there is a filter at all.
  return rule == InheritedFilter::skip ? FilterVerdict{} : probe_filter();
}

class Reporter {
public:
  Reporter(Maps& maps, const Startup& startup) : maps_(maps), startup_(startup) {}

  void policy_fault(const PolicyFault& fault) {
    Message message;
    message << fault.path;
    if (fault.line != 0)
      message << ":" << fault.line << ":" << fault.column;
    message << ": " << fault.message;
    if (fault.error != 0)
      message << " (errno " << static_cast<unsigned>(fault.error) << ")";
    message << "; the built-in policy holds";
    send("policy-error", fault.report_to, message);
  }

  void forbidden(ReportTo destination) {
    Message message;
    message << "nothing is sealed: the inherited seccomp filter forbids mseal";
    send("incomplete", destination, message);
  }

  void failures(const SealFailures& failures, ReportTo destination) {
    Message message;
    message << failures.ranges << " ranges are not sealed";
    if (failures.error != 0)
      message << ", first errno " << static_cast<unsigned>(failures.error);
    if (failures.layouts != 0)
      message << "; " << failures.layouts << " objects have program headers that make no sense";
    send("incomplete", destination, message);
  }

private:
  void send(std::string_view event, ReportTo destination, const Message& message) {
    Report report;
    report.event = event;
    report.message = message.text();
    report.exe = program_path(maps_, startup_);
    send_report(state.kernel, destination, report);
  }

  Maps& maps_;
  const Startup& startup_;
};

/// Whether the policy wants anything done in this program.
bool concerned(const Frozen& draft) {
  return draft.process.mode != Mode::off || draft.policy.names_objects();
}

} // namespace

void begin() {
  const Startup startup = Startup::read();
  Frozen draft;
  draft.loader = Loader::find(startup);
  if (draft.loader.is_second_copy())
    return;
  draft.page = startup.page;
  draft.filter = FilterState::read(true);
  FilterVerdict verdict;
  // Under AT_SECURE the policy's owner is looked at, by a call that a filter may forbid, so the
  // filter has to be known before the policy says how to treat it.
  const bool judge_first = startup.secure || (draft.filter.known && draft.filter.count == 0);
  if (judge_first)
    verdict = judge(draft.filter, InheritedFilter::probe);
  state.kernel.allow(verdict.passed);

  Maps maps{state.kernel};
  const LoadedPolicy loaded = load_policy(state.kernel, maps, startup);
  draft.policy = loaded.policy;
  draft.process = loaded.policy.process();
  if (!judge_first)
    verdict = judge(draft.filter, draft.process.seccomp);
  state.kernel.allow(verdict.passed);

  Reporter reporter{maps, startup};
  if (loaded.fault.message != nullptr)
    reporter.policy_fault(loaded.fault);
  if (!concerned(draft))
    return;
  if (verdict.forbids_mseal)
    reporter.forbidden(draft.process.report_to);
  // The policy comes first. Without one this seals nothing, and tells whether mseal exists.
  state.kernel.seal(loaded.storage);
  if (!state.kernel.may(Call::mseal))
    return;

  ForkMark::set(state.kernel, draft.page);
  draft.active = true;
  state.seen = draft.loader.counters();
  const SealFailures failures = seal_startup_objects(draft, startup, maps);
  if (failures.any())
    reporter.failures(failures, draft.process.report_to);
}

} // namespace sealwax::shim
