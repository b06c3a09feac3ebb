// SPDX-License-Identifier: Apache-2.0
// The load hook where crti.o has no _init. Nearly every object refers weakly to
// _ITM_registerTMCloneTable (GCC's crtbeginS.o), which nobody but libitm defines. Here it is of
// type IFUNC, so the loader calls its resolver for each object while it relocates that object:
// relative relocations are done by then, and RELRO can still be written. The resolver puts a thunk
// in the place of the first initialiser. The first thunk of a load group runs when all of the group
// is relocated and protected, before any constructor. All of this happens under the loader's lock
// for loading.
#include "shim/entry/first_initialisers.h"
#include "shim/entry/load_hook.hpp"
#include "shim/kernel/errno_guard.hpp"
#include "shim/kernel/on_demand.hpp"
#include "shim/state/refusing_range.hpp"
#include "shim/state/state.hpp"

#include <sys/mman.h>

extern "C" {
[[gnu::visibility("hidden")]] extern const char sealwax_thunks[]; // interpose_*.S
[[gnu::visibility("hidden")]] void sealwax_start();               // load_hook.cpp
[[gnu::visibility("hidden")]] void sealwax_end();

[[gnu::visibility("hidden")]] extern const Elf64_Ehdr __ehdr_start; // from the linker
[[gnu::visibility("hidden")]] extern const Elf64_Dyn own_dynamic[] asm("_DYNAMIC");

// What elsewhere are DT_INIT and DT_FINI, which glibc calls for no object here.
[[gnu::section(".init_array"), gnu::used]] void (*const sealwax_starts[])() = {sealwax_start};
[[gnu::section(".fini_array"), gnu::used]] void (*const sealwax_ends[])() = {sealwax_end};
}

namespace sealwax::shim {
namespace {

constexpr SymbolName kCarrier{"_ITM_registerTMCloneTable"};

/// An initialiser that a thunk stands for; `original` is 0 where the thunk is free.
struct HeldBack {
  Address object = 0; ///< its key
  Address slot = 0;
  Address original = 0;
};

struct AllHeldBack {
  HeldBack of[SEALWAX_THUNKS];
};
constinit OnDemand<AllHeldBack> held_back;

Address& word_at(Address at) {
  return *reinterpret_cast<Address*>(at);
}

Address thunk(std::size_t index) {
  return reinterpret_cast<Address>(sealwax_thunks) + index * SEALWAX_THUNK_SIZE;
}

bool is_code_of(const LoadedObject& object, Address at) {
  for (const Elf64_Phdr& header : object.headers)
    if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0 &&
        at - object.bias - header.p_vaddr < header.p_memsz)
      return true;
  return false;
}

/// Whether the kernel writes to `at`, by calls that the loader has just made to load the object, so
/// that no filter forbids them. Leaves bytes of the object's file there.
bool can_be_written(const LoadedObject& object, Address at) {
  const Reply opened = Kernel::open_to_read(object.name.data());
  if (!opened.ok())
    return false;
  const int descriptor = static_cast<int>(opened.value());
  const Reply got = Kernel::read(descriptor, {reinterpret_cast<char*>(at), sizeof(Address)});
  Kernel::close(descriptor);
  return got.ok();
}

/// What is not relocated yet has no address of its own code there, and what has been is protected.
void hold_back(const LoadedObject& object, HeldBack* all) {
  const Address slot = object.dynamic().first_initialiser();
  if (slot == 0 || has_sealed(slot) || !is_code_of(object, word_at(slot)))
    return;
  const Address original = word_at(slot);
  HeldBack* free = nullptr;
  for (std::size_t i = 0; i < SEALWAX_THUNKS && free == nullptr; ++i)
    if (all[i].original == 0)
      free = all + i;
  if (free == nullptr || !can_be_written(object, slot))
    return;
  *free = {object.key(), slot, original};
  word_at(slot) = thunk(static_cast<std::size_t>(free - all));
}

void hold_back_what_is_being_relocated() {
  auto* const all = held_back.get();
  if (all == nullptr)
    return;
  Maps maps{state.kernel};
  frozen.loader.for_each_object(maps, [&](const LoadedObject& object) {
    if (object.name_space == LM_ID_BASE && !state.known.has(object.key()))
      hold_back(object, all->of);
  });
}

/// The loader has protected it since, where it lies in RELRO.
bool put_back(const LoadedObject& object, const HeldBack& held) {
  PageRange protected_page;
  for (const Elf64_Phdr& header : object.headers)
    if (header.p_type == PT_GNU_RELRO) {
      const Address begin = object.bias + header.p_vaddr;
      protected_page = frozen.page.relro({begin, begin + header.p_memsz})
                           .intersect(frozen.page.covering({held.slot, held.slot + 1}));
    }
  if (!protected_page.empty() && !Kernel::protect(protected_page, PROT_READ | PROT_WRITE).ok())
    return false;
  word_at(held.slot) = held.original;
  return protected_page.empty() || Kernel::protect(protected_page, PROT_READ).ok();
}

/// All that a thunk stands for, which is then free. What did not load to its end is gone, and
/// somebody else may be in its place.
void put_all_back(HeldBack* all) {
  bool stays[SEALWAX_THUNKS] = {};
  Maps maps{state.kernel};
  frozen.loader.for_each_object(maps, [&](const LoadedObject& object) {
    if (object.name_space != LM_ID_BASE || state.known.has(object.key()))
      return;
    for (std::size_t i = 0; i < SEALWAX_THUNKS; ++i)
      if (all[i].object == object.key() && object.dynamic().first_initialiser() == all[i].slot &&
          word_at(all[i].slot) == thunk(i))
        stays[i] = !put_back(object, all[i]);
  });
  for (std::size_t i = 0; i < SEALWAX_THUNKS; ++i)
    if (!stays[i])
      all[i] = {};
}

/// Whether the loader has done that with this library, which is constant from then on.
bool is_relocated() {
  void (*const volatile* const start)() = sealwax_starts; // the compiler thinks that it knows
  return *start == &sealwax_start;
}

/// What the loader does a little later, and to no other end. Until then this library's own calls of
/// what the compiler instantiated lead nowhere; those of this function go by no table.
[[gnu::noinline]] void relocate_this_library() {
  constexpr std::uint64_t kRelative = 3; // R_RISCV_RELATIVE, R_LARCH_RELATIVE
  const auto base = reinterpret_cast<Address>(&__ehdr_start);
  Address table = 0;
  std::size_t size = 0;
  for (const Elf64_Dyn* entry = own_dynamic; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_RELA)
      table = entry->d_un.d_ptr < base ? base + entry->d_un.d_ptr : entry->d_un.d_ptr;
    else if (entry->d_tag == DT_RELASZ)
      size = entry->d_un.d_val;
  }
  const auto* const relocations = reinterpret_cast<const Elf64_Rela*>(table);
  for (std::size_t i = 0; i < size / sizeof *relocations; ++i)
    if ((relocations[i].r_info & 0xffffffffU) == kRelative)
      word_at(base + relocations[i].r_offset) =
          base + static_cast<Address>(relocations[i].r_addend);
}

/// libitm's own function, where that is loaded. While the program's own objects are relocated this
/// library is not yet, and finding that out takes system calls: it is asked once.
Address libitms_function() {
  static constinit bool is_known = false;
  static constinit Address known = 0;
  if (state.started)
    return frozen.loader.definition(kCarrier);
  if (!is_known) {
    if (!is_relocated())
      relocate_this_library();
    known = Loader::find(StartupVector::read()).definition(kCarrier);
    is_known = true;
  }
  return known;
}

} // namespace
} // namespace sealwax::shim

using namespace sealwax::shim;

extern "C" {

/// The resolver. The program's own objects are sealed by the constructor, which comes first.
[[gnu::visibility("hidden"), gnu::used]] sealwax::Address sealwax_resolve_carrier() {
  if (frozen.active) {
    const ErrnoGuard guard;
    hold_back_what_is_being_relocated();
  }
  return libitms_function();
}

/// What a thunk does, and where it goes on.
[[gnu::visibility("hidden"), gnu::used]] sealwax::Address
sealwax_begin_group(sealwax::Address at_thunk) {
  const ErrnoGuard guard;
  HeldBack* const all = held_back.existing()->of;
  const std::size_t index = (at_thunk - thunk(0)) / SEALWAX_THUNK_SIZE;
  const sealwax::Address original = all[index].original;
  put_all_back(all);
  at_new_load(original);
  return original;
}

} // extern "C"

// By the assembler: not every compiler for these architectures knows the attribute.
asm(".globl _ITM_registerTMCloneTable\n"
    ".type _ITM_registerTMCloneTable, %gnu_indirect_function\n"
    ".set _ITM_registerTMCloneTable, sealwax_resolve_carrier\n");
