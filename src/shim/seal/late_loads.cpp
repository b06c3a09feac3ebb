#include "shim/seal/late_loads.hpp"

#include "shim/loader/load_groups.hpp"
#include "shim/seal/sealing_pass.hpp"

#include <elf.h>
#include <new>

namespace sealwax::shim {
namespace {

/// A load group that is new. The objects of one follow each other in the loader's list.
struct Group {
  const char* name = "";
  long name_space = 0;
  bool ready = true;
  bool wants_pin = false;
  bool pinned = false;
};

class LateScan {
public:
  explicit LateScan(const Frozen& rules)
      : rules_(rules), maps_(state.kernel, Slice<char>{path_}), scan_(rules, maps_, true) {}

  /// Finds the groups and copies the names of their roots.
  void find_groups(const ListLocked&) {
    counters_ = rules_.loader.counters();
    groups_.clear();
    names_size_ = 0;
    incomplete_ = false;
    for_each_new([this](const LoadedObject& object, bool starts_group) {
      if (starts_group && !open_group(object))
        incomplete_ = true;
      if (groups_.empty() || incomplete_)
        return;
      Group& group = groups_.back();
      const ScannedObject scanned = scan_.look_at(object);
      if (!wants_sealing(scanned))
        return;
      group.wants_pin |= scanned.settings.late_loads == LateLoads::pin;
      group.ready = group.ready && scan_.is_ready(scanned);
    });
  }

  /// Without the list lock, which dlopen would take behind the loader's own: the wrong way round.
  void pin_groups() {
    for (Group& group : groups_)
      if (group.ready && group.wants_pin)
        group.pinned = rules_.loader.pin(group.name_space, group.name);
  }

  /// False: the list changed since find_groups, nothing was done.
  bool seal_groups(const ListLocked& locked) {
    if (rules_.loader.counters() != counters_)
      return false;
    // What is only watched or left alone is never pinned and never known: it is entered each time.
    state.ranges.forget_unloadable(locked);
    Group* group = groups_.begin();
    bool first = true;
    for_each_new([&](const LoadedObject& object, bool starts_group) {
      if (starts_group && !first && group != groups_.end())
        ++group;
      first = false;
      if (group == groups_.end())
        return;
      const ScannedObject scanned = scan_.look_at(object);
      const bool stays = scanned.settings.late_loads == LateLoads::pin ? group->pinned : true;
      if (!scan_.is_ready(scanned))
        incomplete_ = true;
      else if (scanned.settings.mode == Mode::audit)
        scan_.watch(locked, scanned);
      else if (wants_sealing(scanned) && group->ready && stays)
        scan_.add(locked, scanned);
      else
        scan_.name(locked, scanned);
      incomplete_ |= !group->ready;
    });
    scan_.flush(locked);
    state.last_scan.set(locked, counters_);
    state.pending = incomplete_;
    state.load_asked_for.store(incomplete_, std::memory_order_relaxed);
    return true;
  }

private:
  template <typename Visit>
  void for_each_new(Visit visit) {
    finder_.reset();
    rules_.loader.for_each_object(maps_, [&](const LoadedObject& object) {
      if (!state.known.has(object.key()))
        visit(object, finder_.starts_group(object));
    });
  }

  static bool wants_sealing(const ScannedObject& scanned) {
    const Settings& settings = scanned.settings;
    if (settings.mode != Mode::enforce || settings.late_loads == LateLoads::skip)
      return false;
    return settings.late_loads == LateLoads::pin ||
           (scanned.object.dynamic().flags_1() & DF_1_NODELETE) != 0;
  }

  bool open_group(const LoadedObject& root) {
    const std::string_view name = root.name;
    if (name.size() + 1 > sizeof names_ - names_size_)
      return false;
    char* const copy = names_ + names_size_;
    __builtin_memcpy(copy, name.data(), name.size());
    copy[name.size()] = '\0';
    names_size_ += name.size() + 1;
    return groups_.push(Group{copy, root.name_space});
  }

  const Frozen& rules_;
  char path_[Maps::kLongestName];
  Maps maps_;
  SealingPass scan_;
  LoadGroupFinder finder_;
  LoadCounters counters_;
  FixedVector<Group, 32> groups_;
  bool incomplete_ = false;
  std::size_t names_size_ = 0;
  char names_[8192];
};

/// A filter that appeared after start-up may kill for any call; only openat, read and close are
/// known to pass, since the loader has just made them. No /proc: nobody knows.
bool filter_is_the_inherited_one() {
  const FilterState now = FilterState::read(false);
  return now.known && now == frozen.filter;
}

} // namespace

void seal_late_objects() {
  const Loader& loader = frozen.loader;
  const LoadCounters counters = loader.counters();
  if ((counters == state.last_scan.counters() && !state.pending) ||
      !(state.kernel.may(Call::mseal) || state.audits)) {
    state.load_asked_for.store(false, std::memory_order_relaxed);
    return;
  }
  if (!filter_is_the_inherited_one()) {
    ++state.left_out;
    return;
  }
  // In pages of its own: a thread's stack can be as small as 16 KiB (PTHREAD_STACK_MIN).
  const Reply mapped = Kernel::map_pages(sizeof(LateScan), false);
  if (!mapped.ok())
    return;
  auto* const scan = new (reinterpret_cast<void*>(mapped.address())) LateScan{frozen};
  // Another thread's load or unload in between sends it round again; each such turn is the other's
  // progress, and what is left over is found at the next load.
  constexpr int kMostTurns = 8;
  bool done = false;
  for (int turn = 0; turn < kMostTurns && !done; ++turn) {
    bool found = false;
    found = state.list_lock.with(state.kernel, loader,
                                 [&](const ListLocked& locked) { scan->find_groups(locked); });
    if (!found)
      break;
    scan->pin_groups();
    found = state.list_lock.with(
        state.kernel, loader, [&](const ListLocked& locked) { done = scan->seal_groups(locked); });
    if (!found)
      break;
  }
  if (!done)
    state.pending = true;
  scan->~LateScan();
  Kernel::unmap(mapped.address(), sizeof(LateScan));
}

} // namespace sealwax::shim
