// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/learn/rehearsal.hpp"

#include "cli/commands/learn/following/memory_filter.hpp"
#include "cli/commands/learn/following/place_seals.hpp"
#include "cli/output/output.hpp"
#include "cli/output/text_parts.hpp"
#include "cli/system/kernel_probe.hpp"
#include "cli/system/preload_list.hpp"
#include "cli/system/system_root.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <elf.h>
#include <unistd.h>

namespace sealwax::cli::learn {
namespace {

constexpr std::uint64_t kMdweNoInherit = 2; // linux/prctl.h, PR_MDWE_NO_INHERIT

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

/// What mseal(2) would answer for this range, which is then sealed.
long answer_to_seal(const std::vector<Mapping>& mappings, Range range) {
  for (Address at = range.begin; at < range.end;) {
    const Mapping* mapping = mapping_at(mappings, at);
    if (mapping == nullptr)
      return -ENOMEM;
    at = mapping->range.end;
  }
  return 0;
}

/// Whether any of `range` is anonymous and may not be written.
bool has_constant_memory(pid_t thread, Range range) {
  const std::optional<std::vector<Mapping>> mappings = quick_mappings(thread);
  if (!mappings)
    return true; // not known
  return std::any_of(mappings->begin(), mappings->end(), [range](const Mapping& mapping) {
    return mapping.range.overlaps(range) && mapping.anonymous() && mapping.permissions[1] != 'w';
  });
}

bool all_executable(pid_t thread, const MemoryCall& call) {
  const std::optional<std::vector<Mapping>> mappings = quick_mappings(thread);
  if (!mappings || call.affected.empty())
    return false;
  const Range range = call.affected[0].range;
  return std::all_of(mappings->begin(), mappings->end(), [range](const Mapping& mapping) {
    return mapping.executable() || !mapping.range.overlaps(range);
  });
}

std::optional<std::uint64_t> loader_base(pid_t thread) {
  try {
    return Process{thread}.auxiliary(AT_BASE);
  } catch (const ProcessError&) {
    return std::nullopt; // it may not be looked into, or has ended
  }
}

/// Where the code of ld.so lies; it stays there. Empty: nobody knows.
Range loader_code(const Thread& thread) {
  const std::optional<std::uint64_t> base = loader_base(thread.id);
  const std::optional<std::vector<Mapping>> mappings =
      base ? named_mappings(thread) : std::optional<std::vector<Mapping>>{};
  const Mapping* const loader = mappings ? mapping_at(*mappings, *base) : nullptr;
  if (loader == nullptr || loader->name.empty())
    return {};
  for (const Mapping& mapping : *mappings)
    if (mapping.executable() && mapping.name == loader->name)
      return mapping.range;
  return {};
}

bool became_tracer(const SystemCall& call) {
  return call.arguments[0] == PTRACE_TRACEME || call.arguments[0] == PTRACE_ATTACH ||
         call.arguments[0] == PTRACE_SEIZE;
}

RefusedCall refused_call_of(const MemoryCall& call, const AddressSpace& space) {
  RefusedCall refused;
  refused.program = space.program;
  refused.call = name_of(call.function);
  refused.request = request(call);
  return refused;
}

/// The one of these about an object; a new one where there is none.
RefusedCall& about(std::vector<RefusedCall>& found, const RefusedCall& wanted) {
  for (RefusedCall& refused : found)
    if (refused.kind == wanted.kind && refused.object == wanted.object)
      return refused;
  return found.emplace_back(wanted);
}

/// Of a setuid or setgid program that runs without the rights that it would have alone.
bool runs_without_its_rights(const Process& process) {
  struct stat file = {};
  struct stat owner = {};
  const std::string folder = fmt::format("/proc/{}", process.pid());
  if (stat((folder + "/exe").c_str(), &file) != 0 || stat(folder.c_str(), &owner) != 0)
    return false;
  return ((file.st_mode & S_ISUID) != 0 && file.st_uid != owner.st_uid) ||
         ((file.st_mode & S_ISGID) != 0 && (file.st_mode & S_IXGRP) != 0 &&
          file.st_gid != owner.st_gid);
}

} // namespace

bool reaches_every_program() {
  const std::vector<std::string> entries =
      preload_entries(SystemRoot{}.text(deploy::kPreloadPath).value_or(""));
  return std::any_of(entries.begin(), entries.end(), is_sealwax);
}

Rehearsal::Rehearsal(const Library& library)
    : library_(library), reaches_all_(reaches_every_program()) {}

void Rehearsal::remark(std::string text) {
  if (std::find(remarks_.begin(), remarks_.end(), text) == remarks_.end())
    remarks_.push_back(std::move(text));
}

void Rehearsal::executed(Thread& thread) {
  try {
    const Process process{thread.id};
    thread.space->program = process.executable().value_or(process.name());
    const std::string name = printable(thread.space->program);
    if (const std::string reason = why_left_out(process); !reason.empty())
      remark(fmt::format("{} {}: left out, since nothing is sealed in it", name, reason));
    else if (runs_without_its_rights(process))
      remark(fmt::format("{} is setuid or setgid, and ran without these rights, as whatever is "
                         "traced does; run sealwax learn as root",
                         name));
  } catch (const ProcessError&) {
    return; // it has ended
  }
}

/// Empty: it is not.
std::string Rehearsal::why_left_out(const Process& process) const {
  const std::optional<ElfFile> elf = read_elf_file(fmt::format("/proc/{}/exe", process.pid()));
  if (elf && !elf->same_machine(library_.elf))
    return fmt::format("is a {} program and the library is for {}", describe_machine(*elf),
                       describe_machine(library_.elf));
  if (elf && elf->is_static())
    return "is static";
  if (reaches_all_)
    return {};
  if (process.auxiliary(AT_SECURE).value_or(0) != 0)
    return "gained rights when it was executed";
  if (process.environment("LD_PRELOAD").value_or("").find(library_.path) == std::string::npos)
    return "was executed without LD_PRELOAD in its environment";
  return {};
}

bool Rehearsal::is_library(std::string_view path) const {
  return is_sealwax(path) || file_name(path) == file_name(library_.path);
}

bool Rehearsal::entering(Thread& thread, const SystemCall& call) {
  pending_.erase(thread.id);
  if (call.filter_data != kFilterData) {
    // Of a filter that is the program's own: without a tracer there the answer is this one.
    Tracee{thread.id}.answer_in_place_of_kernel(-ENOSYS);
    return false;
  }
  switch (call.number) {
  case kMseal:
  case SYS_prctl:
    pretend(thread, call);
    return false;
  case SYS_mremap:
    note_move(thread, call);
    return note_memory_call(thread, call);
  case SYS_ptrace:
    if (became_tracer(call))
      pending_[thread.id].ptrace = true;
    return became_tracer(call);
  default:
    return note_memory_call(thread, call);
  }
}

/// What the library moves to private memory stays of its file. Where the kernel refuses the move
/// the file is still there, and says the same.
void Rehearsal::note_move(const Thread& thread, const SystemCall& call) const {
  const std::uint64_t size = call.arguments[2], flags = call.arguments[3], to = call.arguments[4];
  if ((flags & MREMAP_FIXED) == 0)
    return;
  const std::optional<std::vector<Mapping>> mappings = named_mappings(thread);
  const Mapping* const code = mappings ? mapping_at(*mappings, call.instruction) : nullptr;
  if (code == nullptr || !is_library(code->name))
    return;
  thread.space->former_files.add({to, to + size}, *mappings);
  ++thread.space->generation;
}

/// Answers what the library asks for. What the program asks for by itself is the kernel's matter.
void Rehearsal::pretend(const Thread& thread, const SystemCall& call) {
  const std::optional<std::vector<Mapping>> mappings = named_mappings(thread);
  const Mapping* const code = mappings ? mapping_at(*mappings, call.instruction) : nullptr;
  if (mappings && (code == nullptr || !is_library(code->name)))
    return;
  AddressSpace& space = *thread.space;
  long answer = 0;
  if (call.number == kMseal) {
    const Range range{call.arguments[0], call.arguments[0] + call.arguments[1]};
    if (mappings)
      answer = answer_to_seal(*mappings, range);
    if (answer == 0 && !range.empty())
      space.seals.add(PageSize{page_size()}.covering(range));
    seals_were_asked_for_ = true;
    ++space.generation;
  } else {
    space.denies_exec_gain = true;
    space.denial_is_inherited = (call.arguments[1] & kMdweNoInherit) == 0;
    space.denier = space.program;
  }
  Tracee{thread.id}.answer_in_place_of_kernel(answer);
}

/// The loader unmaps what is closed, and goes on where that is refused (glibc elf/dl-close.c).
[[nodiscard]] static bool is_loaders_own_unmap(const Thread& thread, const SystemCall& call) {
  if (call.number != SYS_munmap)
    return false;
  Range& loader = thread.space->loader;
  if (loader.empty())
    loader = loader_code(thread);
  return loader.contains(call.instruction);
}

void Rehearsal::note_closing(const Thread& thread, const SystemCall& call) {
  if (!is_loaders_own_unmap(thread, call))
    return;
  const Range range{call.arguments[0], call.arguments[0] + call.arguments[1]};
  for (const Mapping& mapping : named_mappings(thread).value_or(std::vector<Mapping>{}))
    if (mapping.executable() && mapping.range.overlaps(range) && mapping.name.starts_with('/')) {
      closings_.add(thread.space->program, mapping.name);
      return;
    }
}

bool Rehearsal::note_memory_call(const Thread& thread, const SystemCall& call) {
  note_closing(thread, call);
  Pending pending;
  pending.calls = requested_calls(thread.id, call);
  for (const MemoryCall& described : pending.calls) {
    find_seals(thread, described, pending.refused_calls);
    find_denial(thread, described, pending.refused_calls);
    if (described.function == MemoryFunction::mmap && (described.request() & PROT_EXEC) != 0)
      ++thread.space->generation;
  }
  if (pending.refused_calls.empty())
    return false;
  if (is_loaders_own_unmap(thread, call)) {
    thread.space->forget({call.arguments[0], call.arguments[0] + call.arguments[1]});
    return false;
  }
  const Frame caller = caller_of(thread);
  for (RefusedCall& refused : pending.refused_calls)
    refused.caller = caller;
  pending_[thread.id] = std::move(pending);
  return true;
}

void Rehearsal::find_seals(const Thread& thread, const MemoryCall& call,
                           std::vector<RefusedCall>& found) const {
  AddressSpace& space = *thread.space;
  for (const AffectedRange& affected : call.affected) {
    if (!space.seals.touches(affected.range))
      continue;
    place_seals(thread);
    for (const Seal& seal : space.seals.in(affected.range)) {
      if (!is_refused(thread, affected.effect, seal))
        continue;
      RefusedCall wanted = refused_call_of(call, space);
      wanted.object = seal.place->object;
      if (!seal.place->is_known)
        wanted.kind = RefusedCall::Kind::unknown;
      else if (is_library(seal.place->object) || seal.place->object.empty())
        wanted.kind = RefusedCall::Kind::own;
      else if (seal.place->is_mapped_code)
        wanted.kind = RefusedCall::Kind::mapped_code;
      RefusedCall& refused = about(found, wanted);
      if (seal.place->region)
        refused.regions = refused.regions.with({*seal.place->region});
    }
  }
}

bool Rehearsal::is_refused(const Thread& thread, Effect effect, const Seal& seal) {
  const bool takes_contents = effect == Effect::discard || effect == Effect::hole;
  return refuses(effect, takes_contents && has_constant_memory(thread.id, seal.range)) ||
         (seal.place->region && is_refused_hole(effect, *seal.place->region));
}

void Rehearsal::find_denial(const Thread& thread, const MemoryCall& call,
                            std::vector<RefusedCall>& found) const {
  const AddressSpace& space = *thread.space;
  if (!space.denies_exec_gain || !gains_exec(call, all_executable(thread.id, call)))
    return;
  RefusedCall refused = refused_call_of(call, space);
  refused.kind = RefusedCall::Kind::exec_gain;
  refused.program = space.denial_is_inherited ? space.denier : space.program;
  found.push_back(std::move(refused));
}

Frame Rehearsal::caller_of(const Thread& thread) const {
  AddressSpace& space = *thread.space;
  if (space.backtrace == nullptr || space.backtrace_generation != space.generation) {
    space.backtrace = std::make_unique<Backtrace>(
        thread.id, named_mappings(thread).value_or(std::vector<Mapping>{}));
    space.backtrace_generation = space.generation;
  }
  return space.backtrace->caller(thread.id, library_.path);
}

/// A call that failed would have failed without seals; but ENOMEM can come after a part was done.
void Rehearsal::leaving(Thread& thread, long answer) {
  const auto found = pending_.find(thread.id);
  if (found == pending_.end())
    return;
  const Pending pending = std::move(found->second);
  pending_.erase(found);
  if (pending.ptrace && answer == -EPERM)
    remark(fmt::format("{} traces a program itself, and got EPERM: a process has one tracer",
                       printable(thread.space->program)));
  constexpr long kLargestError = 4095;
  if (answer < 0 && answer >= -kLargestError && answer != -ENOMEM)
    return;
  for (const RefusedCall& refused : pending.refused_calls) {
    refused_calls_.add(refused);
    if (refused.kind == RefusedCall::Kind::unknown)
      remark(fmt::format("{} may not be looked into, so that what its calls hit is not known; run "
                         "sealwax learn as root",
                         printable(refused.program)));
  }
  for (const MemoryCall& call : pending.calls)
    for (const AffectedRange& affected : call.affected)
      if (facts_of(call.function).replaces)
        thread.space->forget(affected.range);
}

} // namespace sealwax::cli::learn
