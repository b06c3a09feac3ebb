// SPDX-License-Identifier: Apache-2.0
// Shared objects without code, of less than a page: by these a loader that is musl's comes to call
// a function before the initialisers of a library that it loads.
#pragma once

#include "model/range.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <elf.h>
#include <optional>
#include <string_view>

namespace sealwax {

/// What an architecture's objects have in their headers, and the relocation by which a word becomes
/// its addend: of a sum with a symbol, where there is none (musl's REL_SYMBOLIC).
struct ObjectKind {
  Elf64_Half machine;
  Elf64_Word absolute;
};

class TinyObject {
public:
  /// What a name may have in bytes, with its terminator.
  static constexpr std::size_t kNameRoom = 512;

  /// Its one initialiser is the function at `function`, wherever it is loaded itself.
  [[nodiscard]] static TinyObject that_calls(ObjectKind kind, Address function);
  /// Needs two others, which are initialised in this order where the first needs nothing. Empty
  /// where a name has no room.
  [[nodiscard]] static std::optional<TinyObject> that_needs(ObjectKind kind, std::string_view first,
                                                            std::string_view second);

  /// The bytes of its file.
  [[nodiscard]] std::string_view file() const {
    return {reinterpret_cast<const char*>(&file_), sizeof file_};
  }

private:
  explicit TinyObject(ObjectKind kind);
  void add(Elf64_Sxword tag, Elf64_Xword value);

  /// "GNU Hash Section" of the gABI's extensions, with a filter that lets no name pass.
  struct NoSymbols {
    std::array<Elf64_Word, 4> counts{1, 1, 1, 0}; ///< buckets, first symbol, filter's words, shift
    Elf64_Xword filter = 0;
    std::array<Elf64_Word, 2> bucket{};
  };
  struct File {
    Elf64_Ehdr header;
    std::array<Elf64_Phdr, 2> segments;
    std::array<Elf64_Dyn, 12> dynamic; ///< ends with a DT_NULL
    NoSymbols hash;
    Elf64_Sym symbol;
    Elf64_Rela relocation;
    Elf64_Addr initialiser;
    std::array<char, 1 + 2 * kNameRoom> names;
  };
  File file_{};
  std::size_t entries_ = 0;
};

} // namespace sealwax
