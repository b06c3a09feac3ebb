// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/object/incomplete.hpp"

#include "shim/policy/policy_in_force.hpp"
#include "shim/report/send_report.hpp"
#include "shim/state/state.hpp"

namespace sealwax::shim {

Message describe(const SealFailures& failures) {
  Message message;
  const auto add = [&message](std::string_view what, std::uint32_t count) {
    if (count == 0)
      return;
    if (!message.text().empty())
      message << "; ";
    message << what << count;
  };
  add("ranges that are not sealed: ", failures.ranges);
  add("ranges sealed in their file, not in private memory: ", failures.in_place);
  add("objects whose program headers make no sense: ", failures.layouts);
  add("times that libraries were left for the next load: ", failures.postponed);
  add("what comes later is left alone, for what was decided could not be kept: ",
      failures.forgotten);
  add("first errno: ", static_cast<std::uint32_t>(failures.error));
  return message;
}

void tell_incomplete(Maps& maps, const SealFailures& failures) {
  const std::uint32_t more = failures.all();
  if (more == 0 || state.undone.fetch_add(more, std::memory_order_relaxed) != 0)
    return;
  const Message message = describe(failures);
  Report report;
  report.event = "incomplete";
  report.message = message.text();
  report.exe = program_path(maps, frozen.startup);
  send_report(state.kernel, frozen.process, report);
}

} // namespace sealwax::shim
