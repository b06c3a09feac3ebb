// SPDX-License-Identifier: Apache-2.0
#include "shim/entry/initialise.hpp"

#include "model/policy/policy_choice.hpp"
#include "shim/kernel/message.hpp"
#include "shim/kernel/under_valgrind.hpp"
#include "shim/policy/filter_gate.hpp"
#include "shim/policy/policy_in_force.hpp"
#include "shim/report/destinations/standard_error.hpp"
#include "shim/report/send_report.hpp"
#include "shim/seal/object/incomplete.hpp"
#include "shim/seal/start/closing_filter.hpp"
#include "shim/seal/start/exec_gain.hpp"
#include "shim/seal/start/startup_objects.hpp"
#include "shim/state/state.hpp"

#include <cerrno>

namespace sealwax::shim {
namespace {

class Reporter {
public:
  Reporter(Maps& maps, const StartupVector& startup) : maps_(maps), startup_(startup) {}

  void policy_fault(const PolicyFault& fault) const {
    Message message;
    message << fault.path;
    if (fault.line != 0)
      message << ":" << fault.line << ":" << fault.column;
    message << ": " << fault.message;
    if (fault.error != 0)
      message << " (errno " << static_cast<unsigned>(fault.error) << ")";
    message << "; " << describe_in_place(fault.mode);
    Settings settings;
    // A file is named by the policy that was not taken.
    settings.report_to = fault.report_to == ReportTo::file ? ReportTo::journal : fault.report_to;
    send("policy-error", settings, message);
  }

  void forbidden(const Settings& settings) const {
    Message message;
    message << "nothing is sealed: the inherited seccomp filter forbids mseal";
    send("incomplete", settings, message);
  }

  void refused(int error, const Settings& settings) const {
    Message message;
    message << "nothing is sealed: mseal is refused (errno " << static_cast<unsigned>(error)
            << "), as by a seccomp filter";
    send("incomplete", settings, message);
  }

  void no_child(int error, const Settings& settings) const {
    Message message;
    message << "nothing is sealed: no process could be made (errno " << static_cast<unsigned>(error)
            << ") to find out what a seccomp filter lets pass; 'seccomp = trust' does without";
    send("incomplete", settings, message);
  }

  void program_unknown(const Settings& settings) const {
    Message message;
    message << "nobody can tell which program this is (/proc is missing): what the policy says of "
               "programs by their path does not apply";
    send("incomplete", settings, message);
  }

  void exec_gain(int error, const Settings& settings) const {
    Message message;
    message << "exec-gain is not denied (errno " << static_cast<unsigned>(error)
            << "): that takes Linux 6.6, and a filter that allows prctl";
    send("incomplete", settings, message);
  }

  void not_closed(int error, bool gained_rights, const Settings& settings) const {
    Message message;
    message << "exec-gain is denied, and not closed";
    if (gained_rights)
      message << ": a program that gained rights is not given a filter for what it starts";
    else
      message << " (errno " << static_cast<unsigned>(error)
              << "): that takes a kernel with seccomp filters, and a filter that allows prctl";
    send("incomplete", settings, message);
  }

  void failures(const SealFailures& failures, const Settings& settings) const {
    const Message message = describe(failures);
    send("incomplete", settings, message);
  }

private:
  void send(std::string_view event, const Settings& settings, const Message& message) const {
    Report report;
    report.event = event;
    report.message = message.text();
    report.exe = program_path(maps_, startup_);
    send_report(state.kernel, settings, report);
  }

  Maps& maps_;
  const StartupVector& startup_;
};

/// Whether the policy wants anything done in this program.
bool concerned(const Frozen& draft) {
  return draft.process.mode != Mode::off || draft.policy.names_objects();
}

/// A filter that answers `clone`, or passes it on to a limit, is taken to let pass what a report
/// takes as well; nothing else is tried on it.
void tell_of_no_child(const Reporter& reporter, int error, const Settings& settings) {
  state.kernel.allow(CallSet::of_reports());
  if (settings.report_to == ReportTo::standard_error)
    remember_standard_error();
  reporter.no_child(error, settings);
  state.kernel.allow(CallSet::none());
}

/// Seals what is loaded, and makes `frozen` what `draft` is.
SealFailures activate(Frozen& draft, Maps& maps) {
  draft.clock = CoarseClock::find(draft.startup.vdso);
  draft.active = true;
  SealFailures failures;
  const bool sealed =
      state.list_lock.with(state.kernel, draft.loader, [&](const ListLocked& locked) {
        state.last_scan.set(locked, draft.loader.counters());
        failures = seal_startup_objects(locked, draft, maps);
      });
  if (ListLock::Holder* const holder = state.fork_mark.list_holder(); holder != nullptr)
    state.list_lock.move_to(*holder);
  if (!sealed)
    failures.not_sealed(0);
  return failures;
}

/// What the tool is to see of the policy that was taken.
HeldPolicy held_policy(const LoadedPolicy& loaded, const StartupVector& startup) {
  using Origin = HeldPolicy::Origin;
  bool is_set = false;
  HeldPolicy held;
  held.set(loaded.fault.message != nullptr ? Origin::fault : loaded.origin, startup.secure,
           loaded.origin == Origin::variable ? startup.variable(kPolicyVariable, is_set)
                                             : std::string_view{});
  return held;
}

/// Seals what is loaded, and then closes the ways to new code; says in `draft.active` whether it
/// did.
void seal_and_close(Frozen& draft, Maps& maps, PageRange policy, const Reporter& reporter) {
  // The policy comes first. Without one this seals nothing, and tells whether mseal exists.
  const Reply policy_sealed = state.kernel.seal(policy);
  if (policy_sealed.error() == EPERM)
    reporter.refused(EPERM, draft.process);
  const bool secure = draft.startup.secure;
  const ClosingFilter closing = ClosingFilter::prepare(state.kernel, draft.process, secure);
  draft.filter.count += closing.filters();
  if (state.kernel.may(Call::mseal) || draft.process.mode == Mode::audit) {
    SealFailures failures = activate(draft, maps);
    if (!policy_sealed.ok() && state.kernel.may(Call::mseal))
      failures.not_sealed(policy_sealed.error());
    if (failures.any())
      reporter.failures(failures, draft.process);
  }
  // Behind the sealing, which moves text to memory that becomes executable.
  if (const int error = deny_exec_gain(draft.process, draft.filter); error != 0)
    reporter.exec_gain(error, draft.process);
  if (const int error = closing.install(state.kernel); error != 0)
    reporter.not_closed(error, secure, draft.process);
}

/// Reads the policy, and does what it says of this program.
void decide_and_seal(Frozen& draft) {
  const StartupVector& startup = draft.startup;
  if (startup.secure)
    state.kernel.distrust_limits();
  FilterGate gate{state.kernel};
  // Under AT_SECURE the policy's owner is looked at, by a call that a filter may forbid, so the
  // filter has to be known before the policy says how to treat it.
  if (startup.secure)
    gate.decide(InheritedFilter::probe);

  Maps maps{state.kernel};
  const LoadedPolicy loaded =
      load_policy(state.kernel, gate, maps, startup, Slice<char>{draft.policy_room});
  draft.policy = loaded.policy;
  draft.process = loaded.policy.process();
  draft.held = held_policy(loaded, startup);
  if (!startup.secure || gate.verdict().no_child != 0)
    gate.decide(draft.process.seccomp);
  draft.filter = gate.filter();
  const FilterVerdict verdict = gate.verdict();

  if (draft.process.report_to == ReportTo::standard_error ||
      loaded.fault.report_to == ReportTo::standard_error)
    remember_standard_error();
  const Reporter reporter{maps, draft.startup};
  if (loaded.fault.message != nullptr)
    reporter.policy_fault(loaded.fault);
  if (loaded.program_unknown)
    reporter.program_unknown(draft.process);
  if (!concerned(draft))
    return;
  if (verdict.forbids_mseal)
    reporter.forbidden(draft.process);
  if (verdict.untried)
    ++held_counts.dropped_reports;
  if (verdict.no_child != 0)
    tell_of_no_child(reporter, verdict.no_child, draft.process);
  seal_and_close(draft, maps, loaded.storage, reporter);
}

/// Where nothing is active, what the program calls still has to go to whom it is meant for.
void keep_the_way_on(const Frozen& draft) {
  Frozen kept;
  kept.loader = draft.loader;
  kept.next_definitions = draft.next_definitions;
  // What cannot be written is looked for at each call.
  (void)write_to_read_only(draft.page, {reinterpret_cast<Address>(&frozen), &kept, sizeof kept});
}

} // namespace

void initialise() {
  Frozen draft;
  draft.startup = StartupVector::read();
  draft.page = draft.startup.page;
  draft.loader = Loader::find(draft.startup);
  draft.loader.find_next(draft.startup, Slice<const SymbolName>{kInterposedNames.of},
                         Slice<Address>{draft.next_definitions.next});
  if (!draft.loader.is_second_copy() && !under_valgrind())
    decide_and_seal(draft);
  if (!draft.active)
    keep_the_way_on(draft);
}

} // namespace sealwax::shim
