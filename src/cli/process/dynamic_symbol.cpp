// SPDX-License-Identifier: Apache-2.0
#include "cli/process/dynamic_symbol.hpp"

#include <algorithm>
#include <elf.h>
#include <string>
#include <vector>

namespace sealwax::cli {
namespace {

std::uint32_t gnu_hash(std::string_view name) {
  std::uint32_t hash = 5381;
  for (const char byte : name)
    hash = hash * 33 + static_cast<unsigned char>(byte);
  return hash;
}

/// The tables are somebody else's memory: every place is looked at before it is read, and every
/// walk has an end.
class SymbolTable {
public:
  SymbolTable(const Memory& memory, const Object& object) : memory_(memory), object_(object) {}

  bool find_tables() {
    constexpr std::size_t kMostEntries = 256;
    const Range dynamic = object_.layout.dynamic;
    std::vector<Elf64_Dyn> entries(
        std::min<std::size_t>(dynamic.size() / sizeof(Elf64_Dyn), kMostEntries));
    if (memory_.read(dynamic.begin, std::as_writable_bytes(std::span{entries})) !=
        Memory::Outcome::ok)
      return false;
    for (const Elf64_Dyn& entry : entries) {
      if (entry.d_tag == DT_NULL)
        break;
      if (entry.d_tag == DT_GNU_HASH)
        hash_ = place(entry.d_un.d_ptr);
      else if (entry.d_tag == DT_SYMTAB)
        symbols_ = place(entry.d_un.d_ptr);
      else if (entry.d_tag == DT_STRTAB)
        names_ = place(entry.d_un.d_ptr);
    }
    return hash_ != 0 && symbols_ != 0 && names_ != 0;
  }

  std::optional<Address> find(std::string_view name) const {
    struct {
      std::uint32_t buckets, first_symbol, filters, shift;
    } head;
    if (!read(hash_, head) || head.buckets == 0 || head.filters == 0)
      return std::nullopt;
    const std::uint32_t hash = gnu_hash(name);
    std::uint64_t filter = 0;
    const Address filters = hash_ + sizeof head;
    if (!read(filters + hash / 64 % head.filters * sizeof filter, filter) ||
        (filter >> hash % 64 & filter >> (hash >> head.shift % 32) % 64 & 1U) == 0)
      return std::nullopt;
    const Address buckets = filters + std::uint64_t{head.filters} * sizeof filter;
    std::uint32_t symbol = 0;
    if (!read(buckets + std::uint64_t{hash % head.buckets} * sizeof symbol, symbol) ||
        symbol < head.first_symbol)
      return std::nullopt;
    const Address chain = buckets + std::uint64_t{head.buckets} * sizeof symbol;
    return find_in_chain(chain, head.first_symbol, symbol, hash, name);
  }

private:
  std::optional<Address> find_in_chain(Address chain, std::uint32_t first, std::uint32_t symbol,
                                       std::uint32_t hash, std::string_view name) const {
    constexpr int kLongest = 64;
    for (int i = 0; i < kLongest; ++i, ++symbol) {
      std::uint32_t value = 0;
      if (!read(chain + std::uint64_t{symbol - first} * sizeof value, value))
        return std::nullopt;
      if ((value | 1U) == (hash | 1U))
        if (const std::optional<Address> found = variable(symbol, name))
          return found;
      if ((value & 1U) != 0)
        return std::nullopt;
    }
    return std::nullopt;
  }

  std::optional<Address> variable(std::uint32_t index, std::string_view name) const {
    Elf64_Sym symbol;
    std::string text(name.size() + 1, '\0');
    if (!read(symbols_ + std::uint64_t{index} * sizeof symbol, symbol) ||
        ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT || symbol.st_shndx == SHN_UNDEF ||
        !read_bytes(names_ + symbol.st_name, std::as_writable_bytes(std::span{text})) ||
        text.compare(0, text.size() - 1, name) != 0 || text.back() != '\0')
      return std::nullopt;
    return object_.bias + symbol.st_value;
  }

  /// glibc has added the load bias to these entries in place, musl has not.
  Address place(Address value) const {
    const Range span = object_.layout.span;
    return span.contains(value)                  ? value
           : span.contains(value + object_.bias) ? value + object_.bias
                                                 : 0;
  }

  template <typename T>
  bool read(Address at, T& value) const {
    return read_bytes(at, std::as_writable_bytes(std::span{&value, 1}));
  }
  bool read_bytes(Address at, std::span<std::byte> into) const {
    return static_cast<Range>(object_.layout.span).contains(Range{at, at + into.size()}) &&
           memory_.read(at, into) == Memory::Outcome::ok;
  }

  const Memory& memory_;
  const Object& object_;
  Address hash_ = 0;
  Address symbols_ = 0;
  Address names_ = 0;
};

} // namespace

std::optional<Address> find_variable(const Memory& memory, const Object& object,
                                     std::string_view name) {
  SymbolTable table{memory, object};
  return table.find_tables() ? table.find(name) : std::nullopt;
}

} // namespace sealwax::cli
