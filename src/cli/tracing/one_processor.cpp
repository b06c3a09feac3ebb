#include "cli/tracing/one_processor.hpp"

#include "cli/system/kernel_probe.hpp"

#include <cstring>

namespace sealwax::cli {
namespace {

std::optional<cpu_set_t> processors_of(pid_t pid) {
  cpu_set_t processors;
  if (sched_getaffinity(pid, sizeof processors, &processors) != 0)
    return std::nullopt;
  return processors;
}

bool put(pid_t pid, const cpu_set_t& processors) {
  return sched_setaffinity(pid, sizeof processors, &processors) == 0;
}

/// What has to be said again for a process to be as free as it is. The kernel remembers what was
/// said as a bound on whatever a control group allows later (since 6.2), so that a process of which
/// nothing was said must not be bound to what is allowed now. nullopt: it cannot be told.
std::optional<cpu_set_t> as_it_is(pid_t pid) {
  const std::optional<cpu_set_t> now = processors_of(pid);
  cpu_set_t all;
  std::memset(&all, 0xff, sizeof all);
  if (!now || !put(pid, all))
    return std::nullopt;
  const std::optional<cpu_set_t> at_most = processors_of(pid);
  return at_most && CPU_EQUAL(&*at_most, &*now) ? all : *now;
}

} // namespace

OneProcessor::OneProcessor(pid_t other) : other_(other) {
  const int number = sched_getcpu();
  if (number < 0 || number >= CPU_SETSIZE || may_be_filtered())
    return;
  const std::optional<cpu_set_t> others = processors_of(other);
  if (!others || !CPU_ISSET(static_cast<std::size_t>(number), &*others))
    return;
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(static_cast<std::size_t>(number), &here);
  formerly_ = as_it_is(0);
  other_formerly_ = as_it_is(other);
  if (formerly_ && other_formerly_)
    (void)(put(0, here) && put(other, here)); // else it takes longer, and that is all
}

OneProcessor::~OneProcessor() {
  if (other_formerly_)
    (void)put(other_, *other_formerly_); // it may have ended
  if (formerly_)
    (void)put(0, *formerly_);
}

} // namespace sealwax::cli
