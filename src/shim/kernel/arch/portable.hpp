// SPDX-License-Identifier: Apache-2.0
// What can be said without an instruction of the architecture's own. A header takes of this what is
// true there.
#pragma once

#include "model/slice.hpp"

#include <cstdint>
#include <elf.h>

namespace sealwax::shim::arch::portable {

inline constexpr bool kMapTakesBlock = false;
inline constexpr bool kCloneTakesStackFirst = false;
using HashWord = Elf64_Word;

inline unsigned long thread_pointer() {
  return reinterpret_cast<unsigned long>(__builtin_thread_pointer());
}

/// Where Debian's valgrind does not run.
inline unsigned long ask_valgrind(const unsigned long*) {
  return 0;
}

inline int code_protection(unsigned long, Slice<const Elf64_Phdr>) {
  return 0;
}

/// By words where both sides begin at one, as pages do: elsewhere a processor may have to ask the
/// kernel for each of them.
inline void copy_forward(void* to, const void* from, unsigned long size) {
  using Word [[gnu::may_alias]] = std::uint64_t;
  auto* out = static_cast<unsigned char*>(to);
  const auto* in = static_cast<const unsigned char*>(from);
  const auto both = reinterpret_cast<std::uintptr_t>(to) | reinterpret_cast<std::uintptr_t>(from);
  if (both % sizeof(Word) == 0)
    for (; size >= sizeof(Word); size -= sizeof(Word), out += sizeof(Word), in += sizeof(Word))
      *reinterpret_cast<Word*>(out) = *reinterpret_cast<const Word*>(in);
  for (; size != 0; --size)
    *out++ = *in++;
}

} // namespace sealwax::shim::arch::portable
