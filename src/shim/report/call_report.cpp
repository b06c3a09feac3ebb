// SPDX-License-Identifier: Apache-2.0
#include "shim/report/call_report.hpp"

#include "shim/kernel/message.hpp"
#include "shim/kernel/on_demand.hpp"
#include "shim/policy/policy_in_force.hpp"
#include "shim/report/send_report.hpp"
#include "shim/state/state.hpp"

#include <sys/mman.h>

#include <new>

namespace sealwax::shim {
namespace {

constinit OnDemand<CallSites> call_sites;

/// What a report is put together from: pages of its own, since it can be told from a signal handler
/// on a stack of 8 KiB (SIGSTKSZ).
struct ReportTexts {
  explicit ReportTexts(Kernel& kernel) : maps(kernel, Slice<char>{path}) {}
  char path[Maps::kLongestName];
  Maps maps;
  char arguments[160];
  Message caller;
};

template <typename T>
Range range_of(const T& object) {
  const auto begin = reinterpret_cast<Address>(&object);
  return {begin, begin + sizeof object};
}

std::string_view last_component(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string_view::npos)
    path.remove_prefix(slash + 1);
  return path;
}

/// `libplugin.so+0x1234`; an address alone where no object of the table is there.
void name_place(Address at, std::string_view program, Message& message) {
  const NamedRange* const object =
      state.ranges.find({at, at + 1}, [](const NamedRange&) { return true; });
  if (object != nullptr)
    message << last_component(object->name.empty() ? program : object->name) << "+";
  message.hexadecimal(object == nullptr ? at : at - object->bias);
}

void send_call_report(const CallSite::Event& event, const MemoryCall* call, std::uint64_t count) {
  const Reply mapped = Kernel::map_pages(sizeof(ReportTexts), false);
  if (!mapped.ok()) {
    ++held_counts.dropped_reports;
    return;
  }
  auto* const texts = new (reinterpret_cast<void*>(mapped.value())) ReportTexts{state.kernel};
  Report report;
  report.exe = program_path(texts->maps, frozen.startup);
  report.event = event.name;
  report.call = event.call;
  if (call != nullptr)
    report.args = {texts->arguments, format_arguments(*call, Slice<char>{texts->arguments})};
  if (event.range != nullptr) {
    report.object = event.range->name.empty() ? report.exe : event.range->name;
    if (event.name != "reopened") // that is about the whole library
      report.region = region_name(event.range->region);
  }
  name_place(event.caller, report.exe, texts->caller);
  report.caller = texts->caller.text();
  report.mode = event.mode;
  report.count = count;
  send_report(state.kernel, frozen.process, report);
  texts->~ReportTexts();
  Kernel::unmap(mapped.address(), sizeof(ReportTexts));
}

} // namespace

void report_call(const CallSite::Event& event, const MemoryCall* call) {
  CallSites* const all = call_sites.get();
  if (all == nullptr) {
    ++held_counts.dropped_reports;
    return;
  }
  CallSite& site = all->at(event);
  const std::uint64_t count = site.count.fetch_add(1, std::memory_order_relaxed) + 1;
  const bool is_reported = count == 1 || (count == 1000 && all->takes_thousandth());
  if (!is_reported || frozen.process.report_to == ReportTo::none)
    return;
  site.reported.store(count, std::memory_order_relaxed);
  if (!has_inherited_filters_only()) {
    ++held_counts.dropped_reports;
    return;
  }
  // A forked child counts anew: what its parent counted is told by its parent. Where the kernel
  // does not do it, both tell.
  if (count == 1)
    (void)state.kernel.advise(frozen.page.covering(range_of(*all)), MADV_WIPEONFORK);
  // Another thread, the first to come by, may still be writing down what the site is about.
  const bool described = site.described.load(std::memory_order_acquire);
  send_call_report(described ? site.event : event, call, count);
}

void report_counts_at_exit() {
  const CallSites* const all = call_sites.existing();
  if (frozen.process.report_to == ReportTo::none || all == nullptr)
    return;
  all->for_each([](const CallSite& site) {
    const std::uint64_t count = site.count.load(std::memory_order_relaxed);
    if (count != site.reported.load(std::memory_order_relaxed) && has_inherited_filters_only())
      send_call_report(site.event, nullptr, count);
  });
}

} // namespace sealwax::shim
