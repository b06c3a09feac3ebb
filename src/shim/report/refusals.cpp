#include "shim/report/refusals.hpp"

#include "shim/kernel/line_reader.hpp"
#include "shim/kernel/on_demand.hpp"
#include "shim/policy/policy_in_force.hpp"
#include "shim/report/call_sites.hpp"
#include "shim/report/journal.hpp"
#include "shim/state/state.hpp"

#include <sys/mman.h>

#include <new>

namespace sealwax::shim {
namespace {

constinit OnDemand<CallSites> places;

/// Code that the program mapped by itself and that was sealed. Beside the table of objects, which
/// is written under the loader's lock: here any thread may add, and what does not fit is sealed all
/// the same, without a name.
class MappedCodeRanges {
public:
  void add(PageRange range, std::string_view path) {
    const Reply copied = Kernel::map_pages(Maps::kLongestName, false);
    const unsigned index = claimed_.fetch_add(1, std::memory_order_relaxed);
    if (!copied.ok() || index >= kMost)
      return;
    __builtin_memcpy(reinterpret_cast<void*>(copied.value()), path.data(), path.size());
    NamedRange& entry = slots_[index].entry;
    entry.range = range;
    entry.bias = range.begin();
    entry.name = {reinterpret_cast<const char*>(copied.value()), path.size()};
    entry.region = Region::text;
    entry.kind = NamedRange::sealed;
    slots_[index].ready.store(true, std::memory_order_release);
  }
  [[nodiscard]] const NamedRange* find(Range range) const {
    for (const Slot& slot : slots_)
      if (slot.ready.load(std::memory_order_acquire) && slot.entry.range.overlaps(range))
        return &slot.entry;
    return nullptr;
  }

private:
  struct Slot {
    NamedRange entry;
    std::atomic<bool> ready = false;
  };
  static constexpr unsigned kMost = 32;
  std::atomic<unsigned> claimed_ = 0;
  Slot slots_[kMost] = {};
};
constinit OnDemand<MappedCodeRanges> mapped_code;

/// What a report is put together from: pages of its own, since it can be told from a signal handler
/// on a stack of 8 KiB (SIGSTKSZ).
struct Desk {
  explicit Desk(Kernel& kernel) : maps(kernel, Slice<char>{path}) {}
  char path[Maps::kLongestName];
  Maps maps;
  char arguments[160];
  Message caller;
  Message object;
};

/// A filter that came after start-up may kill for any call that a report makes.
bool may_report() {
  return FilterState::read(false) == frozen.filter;
}

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

void write_report(const CallSite::Name& place, const MemoryCall* call, std::uint64_t count) {
  const Reply mapped = Kernel::map_pages(sizeof(Desk), false);
  if (!mapped.ok())
    return;
  auto* const desk = new (reinterpret_cast<void*>(mapped.value())) Desk{state.kernel};
  Report report;
  report.exe = program_path(desk->maps, frozen.startup);
  report.event = place.event;
  report.call = place.call;
  if (call != nullptr)
    report.args = {desk->arguments, format_arguments(*call, Slice<char>{desk->arguments})};
  if (place.hit != nullptr) {
    report.object = place.hit->name.empty() ? report.exe : place.hit->name;
    if (place.event != "reopened") // that is about the whole library
      report.region = region_name(place.hit->region);
  }
  name_place(place.caller, report.exe, desk->caller);
  report.caller = desk->caller.text();
  report.mode = place.mode;
  report.count = count;
  send_report(state.kernel, frozen.process, report);
  desk->~Desk();
  Kernel::unmap(mapped.address(), sizeof(Desk));
}

void tell(const NamedRange* hit, std::string_view event, const MemoryCall* call, Address caller,
          std::string_view mode) {
  CallSites* const all = places.get();
  if (all == nullptr) {
    ++state.left_out;
    return;
  }
  const CallSite::Name name{caller, hit, event,
                            call == nullptr ? std::string_view{} : name_of(call->function), mode};
  CallSite& place = all->at(name);
  const std::uint64_t count = place.count.fetch_add(1, std::memory_order_relaxed) + 1;
  const bool told = count == 1 || (count == 1000 && all->takes_thousandth());
  if (!told || frozen.process.report_to == ReportTo::none)
    return;
  place.told.store(count, std::memory_order_relaxed);
  if (!may_report()) {
    ++state.left_out;
    return;
  }
  // A forked child counts anew: what its parent counted is told by its parent. Where the kernel
  // does not do it, both tell.
  if (count == 1)
    (void)state.kernel.advise(frozen.page.covering(range_of(*all)), MADV_WIPEONFORK);
  // Another thread, the first to come by, may still be writing the place's name.
  write_report(place.described.load(std::memory_order_acquire) ? place.name : name, call, count);
}

const NamedRange* find_hit(const MemoryCall& call, NamedRange::Kind kind) {
  for (const AffectedRange& affected : call.affected)
    if (const NamedRange* hit = state.ranges.find(affected.range, [&](const NamedRange& entry) {
          return entry.kind == kind && refuses(affected.effect, entry.anonymous_and_constant);
        }))
      return hit;
  const MappedCodeRanges* const sealed_code = mapped_code.existing();
  if (sealed_code == nullptr || kind != NamedRange::sealed)
    return nullptr;
  for (const AffectedRange& affected : call.affected)
    if (affected.effect == Effect::change)
      if (const NamedRange* hit = sealed_code->find(affected.range))
        return hit;
  return nullptr;
}

/// What can be unloaded may have been, and somebody else's memory be there now.
bool still_there(const NamedRange& entry) {
  if (!entry.can_be_unloaded)
    return true;
  Vma vma;
  Maps maps{state.kernel};
  return maps.find(entry.range.begin, Maps::Match::covering, vma) && vma.inode == entry.inode;
}

/// Whether a denial of new code would refuse it, as far as memory tells that is there now.
bool would_gain_exec(const MemoryCall& call) {
  if (!gains_exec(call, false) || facts_of(call.function).replaces)
    return gains_exec(call, false);
  Vma vma;
  Maps maps{state.kernel};
  return maps.find(call.affected[0].range.begin, Maps::Match::covering, vma) &&
         gains_exec(call, vma.executable);
}

} // namespace

bool has_sealed(Address at) {
  const Range place{at, at + 1};
  const auto is_sealed = [](const NamedRange& entry) { return entry.kind == NamedRange::sealed; };
  const MappedCodeRanges* const sealed_code = mapped_code.existing();
  return state.ranges.find(place, is_sealed) != nullptr ||
         (sealed_code != nullptr && sealed_code->find(place) != nullptr);
}

AuditFinding look_before(const MemoryCall& call) {
  AuditFinding finding;
  finding.hit = find_hit(call, NamedRange::audited);
  if (finding.hit != nullptr && !still_there(*finding.hit))
    finding.hit = nullptr;
  finding.exec_gain = frozen.process.mode == Mode::audit &&
                      frozen.process.exec_gain != ExecGain::allow && would_gain_exec(call);
  return finding;
}

bool tell_finding(const AuditFinding& finding, const MemoryCall& call, Address caller) {
  if (finding.hit != nullptr)
    tell(finding.hit, "would-refuse", &call, caller, "audit");
  if (finding.exec_gain)
    tell(nullptr, "exec-gain", &call, caller, "audit");
  return finding.any();
}

bool after_refusal(const MemoryCall& call, Address caller) {
  if (frozen.process.on_refused == OnRefused::ignore)
    return false;
  const NamedRange* const hit = find_hit(call, NamedRange::sealed);
  if (hit == nullptr)
    return false;
  tell(hit, "refused", &call, caller, "enforce");
  if (frozen.process.on_refused == OnRefused::kill)
    state.kernel.end_process();
  return true;
}

void after_exec_denial(const MemoryCall& call, Address caller) {
  const Settings& settings = frozen.process;
  if (settings.mode == Mode::enforce && settings.exec_gain != ExecGain::allow &&
      gains_exec(call, false) && settings.on_refused != OnRefused::ignore)
    tell(nullptr, "exec-gain", &call, caller, "enforce");
}

bool is_this_process(int descriptor) {
  constexpr int kSelfThread = -10000, kSelf = -10001; // linux/pidfd.h, Linux 6.15
  if (descriptor == kSelfThread || descriptor == kSelf)
    return true;
  Message path;
  path << "/proc/self/fdinfo/" << static_cast<unsigned>(descriptor);
  char buffer[512];
  LineReader lines{path.c_string(), Slice<char>{buffer}};
  std::string_view line;
  std::uint32_t pid = 0;
  while (lines.next(line)) // pidfd_open(2): "Pid:", 0 for a process of another namespace
    if (number_after(line, "Pid:", pid))
      return pid != 0 && static_cast<long>(pid) == state.kernel.process_id().value();
  return false;
}

bool may_seal_mapped_code() {
  return frozen.active &&
         (frozen.process.mapped_code == MappedCode::seal || frozen.policy.names_objects());
}

void seal_mapped_code(PageRange range) {
  if (!may_report())
    return;
  Vma vma;
  Maps maps{state.kernel};
  for (Address at = range.begin();
       at < range.end() && maps.find(at, Maps::Match::covering_or_next, vma); at = vma.range.end) {
    // A memfd is no file: it is how a JIT gets a writable and an executable view of one memory.
    if (!vma.executable || vma.inode == 0 || maps.name().starts_with("/memfd:"))
      continue;
    const Settings settings = frozen.policy.object(maps.name(), maps.name());
    const PageRange part = frozen.page.covering(vma.range).intersect(range);
    const bool wanted = settings.mode == Mode::enforce && settings.mapped_code == MappedCode::seal;
    if (!part.empty() && wanted && state.kernel.seal(part).ok())
      if (MappedCodeRanges* const sealed_code = mapped_code.get(); sealed_code != nullptr)
        sealed_code->add(part, maps.name());
  }
}

void tell_reopened(const char* path, Address caller) {
  const std::string_view name{path};
  if (name.find('/') == std::string_view::npos)
    return;
  const NamedRange* const loaded = state.ranges.last_loaded(name);
  if (loaded == nullptr || !may_report())
    return;
  const Result<Kernel::File, int> file = state.kernel.file_at(path);
  if (file && file->inode != loaded->inode)
    tell(loaded, "reopened", nullptr, caller,
         loaded->kind == NamedRange::audited ? "audit" : "enforce");
}

void tell_counts() {
  const CallSites* const all = places.existing();
  if (frozen.process.report_to == ReportTo::none || all == nullptr)
    return;
  all->for_each([](const CallSite& place) {
    const std::uint64_t count = place.count.load(std::memory_order_relaxed);
    if (count != place.told.load(std::memory_order_relaxed) && may_report())
      write_report(place.name, nullptr, count);
  });
}

} // namespace sealwax::shim
