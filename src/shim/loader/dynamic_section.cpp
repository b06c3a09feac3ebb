// SPDX-License-Identifier: Apache-2.0
#include "shim/loader/dynamic_section.hpp"

#include <string_view>

namespace sealwax::shim {
namespace {

constexpr unsigned bit(unsigned symbol_type) {
  return 1U << symbol_type;
}

bool has(unsigned types, const Elf64_Sym& symbol) {
  return (types & bit(ELF64_ST_TYPE(symbol.st_info))) != 0;
}

} // namespace

/// glibc rewrites these pointers in place when it loads an object, musl leaves them relative. The
/// right reading is the one that leads into the object, so the one nearer to this very section.
template <typename T>
const T* DynamicSection::table(const Elf64_Dyn& entry) const {
  const Address here = reinterpret_cast<Address>(entries_);
  const auto distance = [here](Address at) { return at < here ? here - at : at - here; };
  const Address absolute = entry.d_un.d_ptr;
  const Address relative = bias_ + absolute;
  return reinterpret_cast<const T*>(distance(relative) < distance(absolute) ? relative : absolute);
}

DynamicSection::DynamicSection(Address bias, const Elf64_Dyn* entries)
    : bias_(bias), entries_(entries) {
  for (const Elf64_Dyn* entry = entries_; entry != nullptr && entry->d_tag != DT_NULL; ++entry) {
    switch (entry->d_tag) {
    case DT_STRTAB:
      strings_ = table<char>(*entry);
      break;
    case DT_SYMTAB:
      symbols_ = table<Elf64_Sym>(*entry);
      break;
    case DT_GNU_HASH:
      gnu_hash_ = table<std::uint32_t>(*entry);
      break;
    case DT_HASH:
      sysv_hash_ = table<arch::HashWord>(*entry);
      break;
    case DT_VERSYM:
      versions_ = table<std::uint16_t>(*entry);
      break;
    case DT_VERDEF:
      version_definitions_ = table<Elf64_Verdef>(*entry);
      break;
    case DT_VERDEFNUM:
      version_definition_count_ = entry->d_un.d_val;
      break;
    case DT_SONAME:
      soname_ = entry->d_un.d_val;
      break;
    case DT_FLAGS_1:
      flags_1_ = entry->d_un.d_val;
      break;
    case DT_DEBUG:
      debug_ = entry->d_un.d_ptr;
      break;
    case DT_INIT_ARRAY:
      first_initialiser_ = bias_ + entry->d_un.d_ptr;
      break;
    case DT_TEXTREL:
      text_relocations_ = true;
      break;
    case DT_FLAGS:
      text_relocations_ |= (entry->d_un.d_val & DF_TEXTREL) != 0;
      break;
    default:
      break;
    }
  }
}

const char* DynamicSection::string(std::uint64_t offset) const {
  return strings_ == nullptr || offset == kNoString ? nullptr : strings_ + offset;
}

bool DynamicSection::defines(std::uint32_t index, const char* name, Types types) const {
  constexpr std::uint16_t kHidden = 0x8000; // a version that is not the default (gABI, Versioning)
  const Elf64_Sym& symbol = symbols_[index];
  return symbol.st_shndx != SHN_UNDEF && has(types, symbol) &&
         (versions_ == nullptr || (versions_[index] & kHidden) == 0) &&
         std::string_view{strings_ + symbol.st_name} == name;
}

bool DynamicSection::may_define(const SymbolName& name) const {
  if (gnu_hash_ == nullptr)
    return true;
  const std::uint32_t hash = name.hash;
  const auto* const bloom = reinterpret_cast<const std::uint64_t*>(gnu_hash_ + 4);
  const std::uint64_t word = bloom[(hash / 64) & (gnu_hash_[2] - 1)];
  return ((word >> (hash % 64)) & (word >> ((hash >> gnu_hash_[3]) % 64)) & 1) != 0;
}

/// Source: gABI, "Hash Table"; for the GNU table binutils bfd/elflink.c.
const Elf64_Sym* DynamicSection::find(const SymbolName& name, Types types) const {
  if (strings_ == nullptr || symbols_ == nullptr)
    return nullptr;
  if (gnu_hash_ != nullptr) {
    // Header: nbuckets, symoffset, bloom_size, bloom_shift; 64-bit bloom words; buckets; chains.
    const std::uint32_t bucket_count = gnu_hash_[0];
    const std::uint32_t first_symbol = gnu_hash_[1];
    const std::uint32_t* buckets = gnu_hash_ + 4 + std::size_t{gnu_hash_[2]} * 2;
    const std::uint32_t* chains = buckets + bucket_count;
    const std::uint32_t hash = name.hash;
    if (!may_define(name))
      return nullptr;
    std::uint32_t index = bucket_count == 0 ? 0 : buckets[hash % bucket_count];
    if (index < first_symbol)
      return nullptr;
    for (;; ++index) {
      const std::uint32_t link = chains[index - first_symbol];
      if ((link | 1) == (hash | 1) && defines(index, name.text, types))
        return symbols_ + index;
      if ((link & 1) != 0)
        return nullptr;
    }
  }
  // No GNU table (old or exotic links): the SysV table's chain count is the number of symbols, and
  // walking them all is cheap enough for the once that it happens.
  for (std::uint32_t index = 1; sysv_hash_ != nullptr && index < sysv_hash_[1]; ++index)
    if (defines(index, name.text, types))
      return symbols_ + index;
  return nullptr;
}

Address DynamicSection::function(const SymbolName& name) const {
  const Elf64_Sym* const symbol = find(name, bit(STT_FUNC));
  return symbol == nullptr ? 0 : bias_ + symbol->st_value;
}

FunctionSymbol DynamicSection::interposer(const SymbolName& name, std::string_view versions) const {
  // Assembly that does not say what it defines has NOTYPE.
  const Elf64_Sym* const symbol = find(name, bit(STT_FUNC) | bit(STT_NOTYPE) | bit(STT_GNU_IFUNC));
  if (symbol == nullptr || symbol->st_value == 0)
    return {};
  if (const char* version = version_of(*symbol);
      version != nullptr && !std::string_view{version}.starts_with(versions))
    return {};
  return {bias_ + symbol->st_value, ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC};
}

/// Null: the symbol has none. Source: gABI, "Symbol Versioning" (LSB Core, 10.7).
const char* DynamicSection::version_of(const Elf64_Sym& symbol) const {
  if (versions_ == nullptr || version_definitions_ == nullptr)
    return nullptr;
  const std::uint16_t version = versions_[&symbol - symbols_];
  const auto* at = reinterpret_cast<const std::byte*>(version_definitions_);
  for (std::uint64_t i = 0; i < version_definition_count_; ++i) {
    const auto* const definition = reinterpret_cast<const Elf64_Verdef*>(at);
    // The base version is the file's name, and stands for none.
    if (definition->vd_ndx == version && (definition->vd_flags & VER_FLG_BASE) == 0)
      return string(reinterpret_cast<const Elf64_Verdaux*>(at + definition->vd_aux)->vda_name);
    at += definition->vd_next;
  }
  return nullptr;
}

Address DynamicSection::variable(const SymbolName& name) const {
  const Elf64_Sym* const symbol = find(name, bit(STT_OBJECT));
  return symbol == nullptr ? 0 : bias_ + symbol->st_value;
}

bool DynamicSection::has_variable(const SymbolName& name, std::string_view bytes) const {
  const Elf64_Sym* const symbol = find(name, bit(STT_OBJECT));
  return symbol != nullptr && symbol->st_size == bytes.size() &&
         std::string_view{reinterpret_cast<const char*>(bias_ + symbol->st_value), bytes.size()} ==
             bytes;
}

std::optional<std::size_t> DynamicSection::thread_local_offset(const SymbolName& name) const {
  const Elf64_Sym* const symbol = find(name, bit(STT_TLS));
  return symbol == nullptr ? std::nullopt : std::optional<std::size_t>{symbol->st_value};
}

} // namespace sealwax::shim
