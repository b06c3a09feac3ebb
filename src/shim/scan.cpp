#include "shim/scan.hpp"

#include "shim/groups.hpp"

#include <dlfcn.h>
#include <elf.h>

extern "C" {
[[gnu::visibility("hidden")]] extern const Elf64_Ehdr __ehdr_start; // from the linker
}

namespace sealwax::shim {
namespace {

LoadedObject own_object() {
  LoadedObject self;
  self.bias = reinterpret_cast<Address>(&__ehdr_start); // linked at 0
  self.headers = {reinterpret_cast<const Elf64_Phdr*>(self.bias + __ehdr_start.e_phoff),
                  __ehdr_start.e_phnum};
  return self;
}

Settings settings_of(const LoadedObject& object, const Frozen& rules, Maps& maps) {
  if (!rules.policy.names_objects())
    return rules.process;
  Vma vma;
  const bool found = maps.find(object.key(), Maps::Match::covering, vma);
  return rules.policy.object(object.name, found ? maps.name() : std::string_view{});
}

/// Whether the loader is done with an object: it makes RELRO read-only, and text that it had to
/// write to, as the last thing.
bool is_ready(const LoadedObject& object, const Frozen& rules, Maps& maps) {
  ObjectLayout layout;
  if (lay_out(object.bias, object.headers, rules.page, layout) != LayoutError::none)
    return true; // the sealer will say so
  Vma vma;
  if (!layout.relro.empty())
    return maps.find(layout.relro.begin(), Maps::Match::covering, vma) && !vma.writable;
  if (!object.dynamic().has_text_relocations())
    return true;
  for (const Piece& piece : layout.pieces)
    if (piece.region == Region::text &&
        (!maps.find(piece.range.begin(), Maps::Match::covering, vma) || vma.writable))
      return false;
  return true;
}

/// Collects requests and seals them a batch at a time.
class Batch {
public:
  Batch(const Frozen& rules, Maps& maps) : rules_(rules), sealer_(state.kernel, maps, rules.page) {}

  void add(const LoadedObject& object, const Settings& settings) {
    if (requests_.full())
      flush();
    (void)requests_.push(
        SealRequest{object, settings.seal, settings.relro == RelroPlace::private_memory});
  }
  void flush() {
    sealer_.seal({requests_.begin(), requests_.size()}, last_write_);
    for (const SealRequest& request : requests_)
      remember(request.object);
    requests_.clear();
    last_write_.size = 0;
  }
  void write_last(const LastWrite& write) { last_write_ = write; }
  Sealer& sealer() { return sealer_; }

private:
  static void remember(const LoadedObject& object) { state.known.add(object.key()); }

  const Frozen& rules_;
  Sealer sealer_;
  LastWrite last_write_;
  FixedVector<SealRequest, 32> requests_;
};

} // namespace

SealFailures seal_startup_objects(const Frozen& draft, const Startup& startup, Maps& maps) {
  Batch batch{draft, maps};
  // This library is protected whatever the policy says of others.
  const LoadedObject self = own_object();
  Settings own = draft.process;
  own.seal = own.seal.with({Region::text, Region::rodata, Region::relro});
  batch.add(self, own);
  batch.write_last({reinterpret_cast<Address>(&frozen), &draft, sizeof draft});
  state.known.add(self.key());

  draft.loader.for_each_object(maps, [&](const LoadedObject& object) {
    if (state.known.has(object.key()))
      return;
    Settings settings = settings_of(object, draft, maps);
    if (settings.mode != Mode::enforce)
      return;
    // Everything is relocated by now. What glibc lists it has protected as well; RELRO that a
    // loader leaves writable, as musl its own, and glibc its own in a program without libc, it may
    // still write to.
    const bool surely_ready = draft.loader.is_glibc() && object.name_space == LM_ID_BASE;
    if (!surely_ready && !is_ready(object, draft, maps))
      settings.seal = settings.seal.without({Region::relro});
    batch.add(object, settings);
  });
  batch.flush();
  if (draft.process.mode == Mode::enforce && draft.process.seal.has(Region::vdso))
    batch.sealer().seal_vdso(startup.vdso, startup.stack_end());
  if (draft.process.mode == Mode::enforce && draft.process.seal.has(Region::stack))
    batch.sealer().seal_stack(startup.stack);
  return batch.sealer().failures();
}

namespace {

/// The load groups that are new. `objects` of one group follow each other in the loader's list.
struct Group {
  const char* name = "";
  long name_space = 0;
  bool ready = true;
  bool wants_pin = false;
  bool pinned = false;
};

class LateScan {
public:
  LateScan(const Frozen& rules, Maps& maps) : rules_(rules), maps_(maps) {}

  /// Under the list lock: finds the groups and copies the names of their roots.
  void find_groups() {
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
      const Settings settings = settings_of(object, rules_, maps_);
      if (!wants_sealing(object, settings))
        return;
      group.wants_pin |= settings.late_loads == LateLoads::pin;
      group.ready = group.ready && is_ready(object, rules_, maps_);
    });
  }

  /// Without the list lock, which dlopen would take behind the loader's own: the wrong way round.
  void pin_groups() {
    for (Group& group : groups_)
      if (group.ready && group.wants_pin)
        group.pinned = rules_.loader.pin(group.name_space, group.name);
  }

  /// Under the list lock. False: the list changed since find_groups, nothing was done.
  bool seal_groups() {
    if (rules_.loader.counters() != counters_)
      return false;
    Batch batch{rules_, maps_};
    Group* group = groups_.begin();
    bool first = true;
    for_each_new([&](const LoadedObject& object, bool starts_group) {
      if (starts_group && !first)
        ++group;
      first = false;
      if (group >= groups_.end())
        return;
      const Settings settings = settings_of(object, rules_, maps_);
      const bool stays = settings.late_loads == LateLoads::pin ? group->pinned : true;
      if (wants_sealing(object, settings) && group->ready && stays)
        batch.add(object, settings);
      else
        incomplete_ |= !group->ready;
    });
    batch.flush();
    state.seen = counters_;
    state.pending = incomplete_;
    return true;
  }

private:
  template <typename Visit>
  void for_each_new(Visit visit) {
    GroupFinder finder;
    rules_.loader.for_each_object(maps_, [&](const LoadedObject& object) {
      if (!state.known.has(object.key()))
        visit(object, finder.starts_group(object));
    });
  }

  static bool wants_sealing(const LoadedObject& object, const Settings& settings) {
    if (settings.mode != Mode::enforce || settings.late_loads == LateLoads::skip)
      return false;
    return settings.late_loads == LateLoads::pin ||
           (object.dynamic().flags_1() & DF_1_NODELETE) != 0;
  }

  bool open_group(const LoadedObject& root) {
    const std::string_view name{root.name};
    if (name.size() + 1 > sizeof names_ - names_size_)
      return false;
    char* const copy = names_ + names_size_;
    __builtin_memcpy(copy, name.data(), name.size() + 1);
    names_size_ += name.size() + 1;
    return groups_.push(Group{copy, root.name_space});
  }

  const Frozen& rules_;
  Maps& maps_;
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
  if ((counters == state.seen && !state.pending) || !state.kernel.may(Call::mseal))
    return;
  if (!filter_is_the_inherited_one()) {
    ++state.left_out;
    state.seen = counters;
    return;
  }
  Maps maps{state.kernel};
  LateScan scan{frozen, maps};
  // Another thread's load or unload in between sends it round again; each such turn is the other's
  // progress, and what is left over is found at the next load.
  constexpr int kMostTurns = 8;
  bool done = false;
  for (int turn = 0; turn < kMostTurns && !done; ++turn) {
    loader.with_list_locked([&] { scan.find_groups(); });
    scan.pin_groups();
    loader.with_list_locked([&] { done = scan.seal_groups(); });
  }
  if (!done)
    state.pending = true;
}

} // namespace sealwax::shim
