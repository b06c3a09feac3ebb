// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "model/object/tiny_object.hpp"

#include <cstring>
#include <map>
#include <string>
#include <vector>

using namespace sealwax;

namespace {

constexpr ObjectKind kKind{EM_X86_64, R_X86_64_64};

/// What a loader makes of the bytes of a file.
class Loaded {
public:
  explicit Loaded(const TinyObject& object) : bytes_{object.file()} {
    header = read<Elf64_Ehdr>(0);
    for (unsigned i = 0; i < header.e_phnum; ++i)
      segments.push_back(read<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr)));
    for (Address at = segments.at(1).p_offset;; at += sizeof(Elf64_Dyn)) {
      const auto entry = read<Elf64_Dyn>(at);
      if (entry.d_tag == DT_NULL)
        break;
      if (entry.d_tag == DT_NEEDED)
        needed.push_back(entry.d_un.d_val);
      else
        dynamic[entry.d_tag] = entry.d_un.d_val;
    }
  }

  template <typename T>
  [[nodiscard]] T read(std::size_t at) const {
    REQUIRE(at + sizeof(T) <= bytes_.size());
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return value;
  }
  [[nodiscard]] std::string name(std::size_t offset) const {
    REQUIRE(offset < dynamic.at(DT_STRSZ));
    return bytes_.data() + dynamic.at(DT_STRTAB) + offset;
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> segments;
  std::map<Elf64_Sxword, Elf64_Xword> dynamic;
  std::vector<Elf64_Xword> needed;

private:
  std::string bytes_;
};

} // namespace

TEST_CASE("a tiny object is one writable segment that begins with its header") {
  const Loaded object{TinyObject::that_calls(kKind, 0)};
  CHECK(std::memcmp(object.header.e_ident, ELFMAG, SELFMAG) == 0);
  CHECK(object.header.e_type == ET_DYN);
  CHECK(object.header.e_machine == EM_X86_64);
  REQUIRE(object.segments.size() == 2);
  CHECK(object.segments[0].p_type == PT_LOAD);
  CHECK(object.segments[0].p_flags == (PF_R | PF_W));
  CHECK(object.segments[0].p_offset == 0);
  CHECK(object.segments[0].p_filesz == object.size());
  CHECK(object.segments[1].p_type == PT_DYNAMIC);
}

TEST_CASE("its one initialiser is where its relocation stores the function") {
  const Loaded object{TinyObject::that_calls(kKind, 0x7fff12345678)};
  REQUIRE(object.dynamic.at(DT_RELASZ) == sizeof(Elf64_Rela));
  const auto relocation = object.read<Elf64_Rela>(object.dynamic.at(DT_RELA));
  CHECK(relocation.r_info == ELF64_R_INFO(0, R_X86_64_64));
  CHECK(relocation.r_addend == 0x7fff12345678);
  CHECK(relocation.r_offset == object.dynamic.at(DT_INIT_ARRAY));
  CHECK(object.dynamic.at(DT_INIT_ARRAYSZ) == sizeof(Elf64_Addr));
  CHECK(object.read<Elf64_Addr>(relocation.r_offset) == 0);
  CHECK(object.needed.empty());
}

TEST_CASE("what it needs stands there in order") {
  const auto made = TinyObject::that_needs(kKind, "/proc/self/fd/512", "libfirst.so.1");
  REQUIRE(made);
  const Loaded object{*made};
  REQUIRE(object.needed.size() == 2);
  CHECK(object.name(object.needed[0]) == "/proc/self/fd/512");
  CHECK(object.name(object.needed[1]) == "libfirst.so.1");
  CHECK(object.dynamic.count(DT_INIT_ARRAY) == 0);
}

TEST_CASE("a name has room up to a length") {
  const std::string longest(TinyObject::kNameRoom - 1, 'x');
  const auto made = TinyObject::that_needs(kKind, longest, longest);
  REQUIRE(made);
  const Loaded object{*made};
  CHECK(object.name(object.needed[0]) == longest);
  CHECK(object.name(object.needed[1]) == longest);
  CHECK_FALSE(TinyObject::that_needs(kKind, longest + "x", "y"));
  CHECK_FALSE(TinyObject::that_needs(kKind, "y", longest + "x"));
}

TEST_CASE("its table of names lets none pass") {
  const Loaded object{TinyObject::that_calls(kKind, 0)};
  const std::size_t hash = object.dynamic.at(DT_GNU_HASH);
  CHECK(object.read<Elf64_Word>(hash) == 1);       // buckets
  CHECK(object.read<Elf64_Word>(hash + 8) == 1);   // words of the filter
  CHECK(object.read<Elf64_Xword>(hash + 16) == 0); // the filter
  CHECK(object.read<Elf64_Word>(hash + 24) == 0);  // the bucket
}
