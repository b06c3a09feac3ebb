// SPDX-License-Identifier: Apache-2.0
// An object's dynamic section in memory: names, flags, and its own hash table.
#pragma once

#include "model/range.hpp"
#include "shim/kernel/arch/arch.hpp"

#include <cstddef>
#include <cstdint>
#include <elf.h>
#include <optional>
#include <string_view>

namespace sealwax::shim {

/// The name of a symbol with its GNU hash (Bernstein's; binutils bfd/elf.c), which for the names
/// that the shim asks for is known before it runs. It holds its letters, not a pointer to them: a
/// pointer would be good only once this library is relocated, and an IFUNC resolver of a library
/// that is relocated earlier may call dlsym.
struct SymbolName {
  template <std::size_t Size>
  constexpr SymbolName(const char (&name)[Size]) {
    static_assert(Size <= sizeof text);
    for (std::size_t i = 0; name[i] != '\0'; ++i) {
      text[i] = name[i];
      hash = hash * 33 + static_cast<unsigned char>(name[i]);
    }
  }
  char text[28] = {};
  std::uint32_t hash = 5381;
};

/// A function as a symbol table has it.
struct FunctionSymbol {
  Address at = 0;           ///< 0: there is none
  bool is_resolver = false; ///< of type IFUNC: what lies there returns the function's address
};

/// A view; the object must stay loaded. No lock, no allocation.
class DynamicSection {
public:
  DynamicSection() = default;
  DynamicSection(Address bias, const Elf64_Dyn* entries);

  [[nodiscard]] bool exists() const { return entries_ != nullptr; }
  /// DT_SONAME, or null.
  [[nodiscard]] const char* soname() const { return string(soname_); }
  /// DT_FLAGS_1's bits.
  [[nodiscard]] std::uint64_t flags_1() const { return flags_1_; }
  [[nodiscard]] bool has_text_relocations() const { return text_relocations_; }
  /// DT_DEBUG's value: where ld.so put its struct r_debug; only a program has it.
  [[nodiscard]] Address debug() const { return debug_; }

  /// Where the address of the first function in DT_INIT_ARRAY lies; 0: there is none.
  [[nodiscard]] Address first_initialiser() const { return first_initialiser_; }

  /// Calls `visit` with every DT_NEEDED name.
  template <typename Visit>
  void for_each_needed(Visit visit) const {
    for (const Elf64_Dyn* entry = entries_; entry != nullptr && entry->d_tag != DT_NULL; ++entry)
      if (entry->d_tag == DT_NEEDED)
        if (const char* name = string(entry->d_un.d_val))
          visit(name);
  }

  /// False: the object surely defines nothing of this name, as its hash table's filter tells in one
  /// look.
  [[nodiscard]] bool may_define(const SymbolName& name) const;
  /// The address of the function that the object itself defines under `name`, in its default
  /// version; 0 where it defines none. What another object interposes plays no part.
  [[nodiscard]] Address function(const SymbolName& name) const;
  /// What a reference to a libc's `name` from another object finds here: of any type that a loader
  /// takes for a function's, and, in an object with versions, of one that begins with `versions` or
  /// of none (glibc elf/dl-lookup.c, check_match).
  [[nodiscard]] FunctionSymbol interposer(const SymbolName& name, std::string_view versions) const;
  /// Likewise for a variable.
  [[nodiscard]] Address variable(const SymbolName& name) const;
  /// Whether it is a variable of just these bytes.
  [[nodiscard]] bool has_variable(const SymbolName& name, std::string_view bytes) const;
  /// Where in the object's thread-local block its variable `name` lies.
  [[nodiscard]] std::optional<std::size_t> thread_local_offset(const SymbolName& name) const;

private:
  static constexpr std::uint64_t kNoString = 0; // the empty name (gABI, String Table)
  [[nodiscard]] const char* string(std::uint64_t offset) const;
  template <typename T>
  [[nodiscard]] const T* table(const Elf64_Dyn& entry) const;
  /// Symbol types, as a set of bits.
  using Types = unsigned;
  [[nodiscard]] const Elf64_Sym* find(const SymbolName& name, Types types) const;
  [[nodiscard]] bool defines(std::uint32_t index, const char* name, Types types) const;
  [[nodiscard]] const char* version_of(const Elf64_Sym& symbol) const;

  Address bias_ = 0;
  const Elf64_Dyn* entries_ = nullptr;
  const char* strings_ = nullptr;
  const Elf64_Sym* symbols_ = nullptr;
  const std::uint32_t* gnu_hash_ = nullptr;
  const arch::HashWord* sysv_hash_ = nullptr;
  const std::uint16_t* versions_ = nullptr;
  const Elf64_Verdef* version_definitions_ = nullptr;
  std::uint64_t version_definition_count_ = 0;
  std::uint64_t soname_ = kNoString;
  std::uint64_t flags_1_ = 0;
  Address debug_ = 0;
  Address first_initialiser_ = 0;
  bool text_relocations_ = false;
};

} // namespace sealwax::shim
