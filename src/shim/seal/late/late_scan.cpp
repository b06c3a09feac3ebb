// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/late/late_scan.hpp"

#include <cerrno>
#include <elf.h>

namespace sealwax::shim {
namespace {

using Standing = LateObject::Standing;

/// FNV-1a over what tells files, or objects, apart.
class Hash {
public:
  Hash& operator<<(std::uint64_t number) {
    for (int i = 0; i < 8; ++i, number >>= 8)
      take(static_cast<unsigned char>(number));
    return *this;
  }
  Hash& operator<<(std::string_view text) {
    for (const char c : text)
      take(static_cast<unsigned char>(c));
    return *this;
  }
  [[nodiscard]] std::uint64_t value() const { return value_ == 0 ? 1 : value_; }

private:
  void take(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3U; }
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

/// Tells an object from another that was loaded at its place since. A reload of the same file is
/// told by the load hook.
std::uint64_t identity_of(const LoadedObject& object) {
  Hash hash;
  hash << object.name << object.bias << object.headers.size();
  for (const Elf64_Phdr& header : object.headers)
    if (header.p_type == PT_LOAD || header.p_type == PT_DYNAMIC)
      hash << header.p_vaddr << header.p_memsz;
  return hash.value();
}

/// A file that is reached through a descriptor can be another one under the same name next time,
/// and the loader goes by names. proc_pid_fd(5), memfd_create(2).
bool is_nameless(std::string_view loader_name, std::string_view kernel_name) {
  return kernel_name.starts_with("/memfd:") || loader_name.starts_with("/dev/fd/") ||
         (loader_name.starts_with("/proc/") && loader_name.find("/fd/") != std::string_view::npos);
}

} // namespace

LateScan::LateScan(const ListLocked& locked, const ScanOrder& order)
    : locked_(locked), order_(order), counters_(frozen.loader.counters()),
      number_(state.scans.fetch_add(1, std::memory_order_relaxed) + 1),
      now_(frozen.clock.seconds().value_or(0)), maps_(state.kernel, Slice<char>{path_}),
      pass_(locked, frozen, maps_, true), groups_(order.first_group) {
  if (now_ == 0)
    now_ = state.kernel.uptime().ok() ? state.kernel.uptime().value() : 0;
}

ScanOutcome LateScan::run() {
  if (order_.init != 0)
    forget_reloaded();
  meet_all();
  if (counters_.unloads != state.last_scan.counters().unloads)
    bury_missed();
  if (!groups_.empty())
    decide_all();
  pass_.flush();
  outcome_.failures = pass_.sealer().failures();
  if (no_memory_)
    outcome_.failures.not_looked_at(ENOMEM);
  if (!outcome_.more)
    publish();
  return outcome_;
}

void LateScan::publish() const {
  state.last_scan.set(locked_, counters_);
  state.pending.store(outcome_.unready || outcome_.unpinned);
  state.load_asked_for.store(outcome_.unready, std::memory_order_relaxed);
  state.next_old.store(next_old_, std::memory_order_relaxed);
}

/// What was not sealed and is initialised now is a new load, though it lies where the one before it
/// lay, and so are all that came with it.
void LateScan::forget_reloaded() {
  const LateObject* const here = state.late.covering(order_.init);
  if (here == nullptr || here->standing == Standing::sealed)
    return;
  const std::uint64_t group = here->group;
  state.late.for_each([&](LateObject& late) {
    if (late.group == group && late.standing != Standing::sealed)
      bury(late);
  });
}

template <typename Visit>
void LateScan::for_each_new(Visit visit) {
  finder_.reset();
  std::size_t groups = 0;
  frozen.loader.for_each_object(maps_, [&](const LoadedObject& object) {
    if (state.known.has(object.key()))
      return;
    LateObject* late = state.late.find(object.key());
    // Nobody else can be where something is sealed.
    if (late != nullptr && late->standing != Standing::sealed &&
        late->identity != identity_of(object)) {
      bury(*late);
      late = nullptr;
    }
    if (late == nullptr)
      groups += finder_.starts_group(object) || groups == 0 ? 1U : 0U;
    visit(object, late, groups - 1);
  });
}

void LateScan::meet_all() {
  for_each_new([this](const LoadedObject& object, LateObject* late, std::size_t group) {
    if (late != nullptr) {
      meet(object, *late);
      return;
    }
    if (!groups_.take(group))
      return;
    const ScannedObject scanned = pass_.look_at(object);
    const Wish wish = wish_for(scanned);
    groups_.note(group, wish, wish == Wish::leave || pass_.is_ready(scanned));
  });
}

void LateScan::await_old_age(const LateObject& late) {
  const long then = late.since + Habits::kOldAge;
  if (!late.old && (next_old_ == 0 || then < next_old_))
    next_old_ = then;
}

void LateScan::meet(const LoadedObject& object, LateObject& late) {
  late.scan = number_;
  if (late.old)
    return;
  late.old = now_ - late.since >= Habits::kOldAge;
  await_old_age(late);
  if (!late.old || late.standing != Standing::waiting)
    return;
  held_counts.waiting.fetch_sub(1, std::memory_order_relaxed);
  late.standing = Standing::open;
  ScannedObject scanned = pass_.look_at(object);
  seal(scanned, late);
}

void LateScan::bury_missed() {
  state.late.for_each([this](LateObject& late) {
    if (late.scan != number_)
      bury(late);
  });
}

/// dlclose does all that it does but for its munmap, which is refused as a whole where some of the
/// object is sealed. What is not sealed would stay for nothing. Where nothing is sealed the munmap
/// took all of it, and somebody else may be there. The record goes first: a fork must not leave a
/// child that does it again.
void LateScan::bury(LateObject& gone) {
  const LateObject was = gone;
  const bool sealed = was.standing == Standing::sealed;
  state.ranges.close(locked_, was.span, sealed);
  state.late.remove(locked_, gone);
  Counts& counts = held_counts;
  if (was.standing == Standing::waiting)
    counts.waiting.fetch_sub(1, std::memory_order_relaxed);
  if (!sealed)
    return;
  state.habits.note_closing(locked_, was.file, was.old);
  counts.buried.fetch_add(1, std::memory_order_relaxed);
  counts.mappings.fetch_add(was.mappings, std::memory_order_relaxed);
  counts.private_bytes.fetch_add(was.private_bytes, std::memory_order_relaxed);
  counts.kept_bytes.fetch_add(was.kept_bytes, std::memory_order_relaxed);
  if (counts.most_mappings == 0)
    read_bound(locked_, counts);
  for (std::size_t i = 0; i < was.rests; ++i) // Where it stays, it stays.
    Kernel::unmap(was.rest[i].begin(), was.rest[i].size());
}

Wish LateScan::wish_for(const ScannedObject& scanned) {
  const LoadedObject& object = scanned.object;
  const bool stays = !frozen.loader.unloads() || (object.dynamic().flags_1() & DF_1_NODELETE) != 0;
  return wish_of(scanned.settings, stays, [&] {
    // glibc has room for sixteen namespaces, and a dlmopen into one that is empty by then returns
    // with the loader's lock held (elf/dl-open.c, "invalid target namespace").
    if (object.name_space != LM_ID_BASE)
      return true;
    Vma vma;
    const bool found = maps_.find(object.key(), Maps::Match::covering, vma);
    return is_nameless(object.name, found ? maps_.name() : std::string_view{});
  });
}

void LateScan::ask_for_pin(const LoadedObject& root, std::size_t group) {
  groups_.answer(group, order_.pins == nullptr ? PinList::Answer::full : order_.pins->ask(root));
  outcome_.unpinned |= order_.pins == nullptr;
}

void LateScan::decide_all() {
  std::size_t last = ~std::size_t{0};
  for_each_new([&](const LoadedObject& object, LateObject* late, std::size_t group) {
    if (late != nullptr)
      return;
    const bool is_root = group != last;
    last = group;
    if (is_root && groups_.asks_for_pin(group))
      ask_for_pin(object, group);
    decide(object, group);
  });
  outcome_.more = groups_.more();
  outcome_.unready |= groups_.unready();
  outcome_.undecided = groups_.undecided();
}

void LateScan::decide(const LoadedObject& object, std::size_t group) {
  if (!groups_.decides(group))
    return;
  ScannedObject scanned = pass_.look_at(object);
  switch (groups_.fate_of(group, wish_for(scanned))) {
  case LateGroups::Fate::later:
    return;
  case LateGroups::Fate::kept:
    keep(scanned);
    return;
  case LateGroups::Fate::closable:
    record(scanned, group, true);
    return;
  case LateGroups::Fate::open:
    record(scanned, group, false);
    return;
  }
}

void LateScan::postpone() {
  outcome_.unready = true;
  no_memory_ = true;
}

void LateScan::keep(ScannedObject& scanned) {
  constexpr std::size_t kBatch = 64; // more than a pass collects
  if (state.known.make_room(locked_, kBatch))
    pass_.add(scanned);
  else
    postpone();
}

void LateScan::record(ScannedObject& scanned, std::size_t group, bool closable) {
  const LoadedObject& object = scanned.object;
  LateObject fresh;
  fresh.key = object.key();
  fresh.identity = identity_of(object);
  fresh.span = scanned.layout.span;
  fresh.scan = number_;
  fresh.group = number_ * 64 + group % 64;
  fresh.since = now_;
  fresh.old = !closable; // nobody asks
  if (Vma vma; closable && maps_.find(object.key(), Maps::Match::covering, vma))
    fresh.file =
        (Hash{} << vma.file.device_major << vma.file.device_minor << vma.file.inode << object.name)
            .value();
  LateObject* const late = state.late.add(locked_, fresh);
  if (late == nullptr) {
    postpone();
    return;
  }
  scanned.late = late;
  if (closable && !state.habits.waits(late->file)) {
    await_old_age(*late);
    seal(scanned, *late);
  } else if (scanned.settings.mode == Mode::audit) {
    pass_.audit(scanned);
  } else {
    if (closable) {
      late->standing = Standing::waiting;
      held_counts.waiting.fetch_add(1, std::memory_order_relaxed);
      await_old_age(*late);
    }
    pass_.name(scanned);
  }
}

/// Only what is closed counts.
bool LateScan::beyond_bound(const LateObject& late) {
  const Counts& counts = held_counts;
  return counts.most_mappings != 0 &&
         (counts.mappings + late.mappings > counts.most_mappings ||
          counts.private_bytes + late.private_bytes > counts.most_private_bytes ||
          counts.kept_bytes + late.kept_bytes > counts.most_kept_bytes);
}

void LateScan::seal(ScannedObject& scanned, LateObject& late) {
  foresee_remains(late, scanned);
  scanned.late = &late;
  if (!beyond_bound(late)) {
    pass_.add(scanned);
    return;
  }
  held_counts.beyond.fetch_add(1, std::memory_order_relaxed);
  outcome_.beyond = true;
  pass_.name(scanned);
}

} // namespace sealwax::shim
