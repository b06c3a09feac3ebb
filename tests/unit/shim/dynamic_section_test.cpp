// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/loader/dynamic_section.hpp"
#include "shim/loader/loader.hpp"

#include <array>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <string>
#include <vector>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

/// One of this process's own objects.
DynamicSection section_of(const char* file) {
  for (const link_map* map = _r_debug.r_map; map != nullptr; map = map->l_next)
    if (std::strstr(map->l_name, file) != nullptr)
      return {map->l_addr, map->l_ld};
  return {};
}

Address libcs(const char* name) {
  static void* const libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
  return reinterpret_cast<Address>(dlsym(libc, name));
}

/// An object with an old hash table, whose pointers are relative, as musl leaves them. Number 1 is
/// a function, 2 one of type IFUNC, 3 one without a type, 4 a variable of four bytes, 5 a function
/// that is defined elsewhere; `names` lie 8 bytes apart.
struct MadeObject {
  std::array<Elf64_Dyn, 9> dynamic{};
  char names[6 * 8] = "";
  std::array<Elf64_Sym, 6> symbols{};
  std::array<std::uint32_t, 2> hash{1, 6};
  std::array<std::uint16_t, 6> versions{0, 1, 1, 1, 1, 1};
  struct {
    Elf64_Verdef definition;
    Elf64_Verdaux name;
  } version[2]{};
  char bytes[4] = {'a', 'b', 'c', 'd'};

  MadeObject() {
    const char* const words[] = {"", "plain", "chosen", "untyped", "bytes", "other"};
    const unsigned types[] = {0, STT_FUNC, STT_GNU_IFUNC, STT_NOTYPE, STT_OBJECT, STT_FUNC};
    for (unsigned i = 1; i < 6; ++i) {
      std::strcpy(names + 8 * i, words[i]);
      symbols[i].st_name = 8 * i;
      symbols[i].st_info = static_cast<unsigned char>(ELF64_ST_INFO(STB_GLOBAL, types[i]));
      symbols[i].st_shndx = i == 5 ? SHN_UNDEF : 1;
      symbols[i].st_value = i == 4 ? offset(bytes) : 0x100 * i;
    }
    symbols[4].st_size = sizeof bytes;
    // Version 1 is the file's own, 2 is called "chosen".
    version[0].definition = {VER_DEF_CURRENT,      VER_FLG_BASE,     1, 1, 0,
                             sizeof(Elf64_Verdef), sizeof version[0]};
    version[1].definition = {VER_DEF_CURRENT, 0, 2, 1, 0, sizeof(Elf64_Verdef), 0};
    version[0].name.vda_name = version[1].name.vda_name = 16;
    std::size_t at = 0;
    add(at, DT_STRTAB, offset(names));
    add(at, DT_SYMTAB, offset(symbols.data()));
    add(at, DT_HASH, offset(hash.data()));
    add(at, DT_VERSYM, offset(versions.data()));
    add(at, DT_VERDEF, offset(version));
    add(at, DT_VERDEFNUM, 2);
    add(at, DT_SONAME, 8);
    add(at, DT_FLAGS, DF_TEXTREL);
  }
  void add(std::size_t& at, Elf64_Sxword tag, Address value) {
    dynamic[at].d_tag = tag;
    dynamic[at++].d_un.d_val = value;
  }
  [[nodiscard]] Address bias() const { return reinterpret_cast<Address>(this); }
  template <typename T>
  [[nodiscard]] Address offset(const T* at) const {
    return reinterpret_cast<Address>(at) - bias();
  }
  [[nodiscard]] DynamicSection section() const { return {bias(), dynamic.data()}; }
};

} // namespace

TEST_CASE("what libc defines is found in its own table") {
  const DynamicSection libc = section_of("/libc.so.6");
  REQUIRE(libc.exists());
  CHECK(std::string{libc.soname()} == "libc.so.6");
  CHECK(libc.function("dlsym") == libcs("dlsym"));
  CHECK(libc.function("dl_iterate_phdr") == libcs("dl_iterate_phdr"));
  CHECK(libc.function("there_is_no_such_symbol") == 0);
  CHECK(libc.function("environ") == 0);
  CHECK(libc.variable("environ") == libcs("environ"));
  CHECK(libc.variable("dlsym") == 0);
  CHECK(libc.thread_local_offset("errno").has_value());
  CHECK_FALSE(libc.thread_local_offset("environ").has_value());
}

TEST_CASE("each function that the shim stands in front of is found in libc") {
  const DynamicSection libc = section_of("/libc.so.6");
  for (const SymbolName& name : kInterposedNames.of)
    CHECK(libc.function(name) == libcs(name.text));
}

TEST_CASE("an object without a section has nothing") {
  const DynamicSection none;
  CHECK_FALSE(none.exists());
  CHECK(none.soname() == nullptr);
  CHECK(none.function("plain") == 0);
}

TEST_CASE("an old hash table with relative pointers is read") {
  const MadeObject made;
  const DynamicSection section = made.section();
  CHECK(std::string{section.soname()} == "plain");
  CHECK(section.has_text_relocations());
  CHECK(section.function("plain") == made.bias() + 0x100);
  CHECK(section.function("chosen") == 0);
  CHECK(section.function("untyped") == 0);
  CHECK(section.function("other") == 0);
  CHECK(section.variable("bytes") == reinterpret_cast<Address>(made.bytes));
}

TEST_CASE("what a reference finds is of any type that a loader takes for a function's") {
  const MadeObject made;
  const DynamicSection section = made.section();
  CHECK(section.interposer("plain", "").at == made.bias() + 0x100);
  CHECK_FALSE(section.interposer("plain", "").is_resolver);
  CHECK(section.interposer("chosen", "").at == made.bias() + 0x200);
  CHECK(section.interposer("chosen", "").is_resolver);
  CHECK(section.interposer("untyped", "").at == made.bias() + 0x300);
  CHECK(section.interposer("bytes", "").at == 0);
  CHECK(section.interposer("other", "").at == 0);
}

TEST_CASE(
    "a definition counts in no version, or in one that is asked for, where it is the default") {
  MadeObject made;
  CHECK(made.section().interposer("plain", "GLIBC_").at != 0);
  made.versions[1] = 2;
  CHECK(made.section().interposer("plain", "GLIBC_").at == 0);
  CHECK(made.section().interposer("plain", "cho").at != 0);
  CHECK(made.section().interposer("plain", "").at != 0);
  made.versions[1] = 0x8002;
  CHECK(made.section().interposer("plain", "cho").at == 0);
}

TEST_CASE("a variable is told by its size and its bytes") {
  const MadeObject made;
  const DynamicSection section = made.section();
  CHECK(section.has_variable("bytes", "abcd"));
  CHECK_FALSE(section.has_variable("bytes", "abce"));
  CHECK_FALSE(section.has_variable("bytes", "abc"));
  CHECK_FALSE(section.has_variable("plain", "abcd"));
  CHECK_FALSE(section.has_variable("nothing", "abcd"));
}

TEST_CASE("of several dynamic sections the last counts, and an empty one does not") {
  const MadeObject made;
  const std::array<Elf64_Dyn, 1> bare{};
  const auto header = [&](const void* at, std::size_t size) {
    Elf64_Phdr segment{};
    segment.p_type = PT_DYNAMIC;
    segment.p_vaddr = reinterpret_cast<Address>(at) - made.bias();
    segment.p_filesz = size;
    return segment;
  };
  const Elf64_Phdr full = header(made.dynamic.data(), sizeof made.dynamic);
  const Elf64_Phdr other = header(bare.data(), sizeof bare);
  const Elf64_Phdr empty = header(bare.data(), 0);
  const auto name_in = [&](std::vector<Elf64_Phdr> headers) {
    const LoadedObject object{made.bias(), {headers.data(), headers.size()}, {}, 0};
    const char* const name = object.dynamic().soname();
    return std::string{name == nullptr ? "" : name};
  };
  CHECK(name_in({full}) == "plain");
  CHECK(name_in({other, full}) == "plain");
  CHECK(name_in({full, other}).empty());
  CHECK(name_in({full, empty}) == "plain");
  CHECK(name_in({}).empty());
}
