// SPDX-License-Identifier: Apache-2.0
// Objects found among made-up mappings, and mappings split at the borders of regions.
#include "catch.hpp"
#include "cli/process/survey.hpp"

#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace sealwax::cli {
namespace {

constexpr PageSize kPage{4096};
constexpr FileId kFile{1, 100};
constexpr FileId kOther{1, 200};

/// One process's memory: mappings, and the bytes of which some begin with.
class Fake {
public:
  Fake& map(Range range, const char* permissions, FileId file, std::uint64_t offset,
            std::string name) {
    Mapping mapping;
    mapping.range = range;
    std::memcpy(mapping.permissions.data(), permissions, mapping.permissions.size());
    mapping.file = file;
    mapping.offset = offset;
    mapping.name = std::move(name);
    mappings_.push_back(std::move(mapping));
    return *this;
  }

  Fake& anonymous(Range range, const char* permissions, std::string name = {}) {
    return map(range, permissions, {}, 0, std::move(name));
  }

  template <typename Header, typename Segment>
  Fake& elf(Address at, unsigned char elf_class, std::uint16_t type,
            const std::vector<Segment>& segments, std::uint16_t claimed = 0) {
    Header header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = elf_class;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = type;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Segment);
    header.e_phnum = claimed != 0 ? claimed : static_cast<std::uint16_t>(segments.size());
    Content content{at, std::string(4096, '\0')};
    std::memcpy(content.bytes.data(), &header, sizeof header);
    std::memcpy(content.bytes.data() + sizeof header, segments.data(),
                segments.size() * sizeof(Segment));
    contents_.push_back(std::move(content));
    return *this;
  }

  Fake& elf64(Address at, const std::vector<Elf64_Phdr>& segments, std::uint16_t type = ET_DYN) {
    return elf<Elf64_Ehdr>(at, ELFCLASS64, type, segments);
  }

  Fake& no_elf(Address at) {
    contents_.push_back({at, std::string(4096, '#')});
    return *this;
  }

  FoundObjects find() const {
    return find_objects(
        mappings_, [this](Address at, std::span<std::byte> into) { return read(at, into); }, kPage);
  }

  /// "begin-end region path", a line a part.
  std::string parts() const {
    const FoundObjects found = find();
    std::ostringstream text;
    text << std::hex;
    for (const Part& part : split(mappings_, found.objects)) {
      text << part.range.begin << '-' << part.range.end << ' '
           << (part.region ? region_name(*part.region) : "-");
      if (part.object != Part::kNone)
        text << ' ' << found.objects[part.object].path;
      text << '\n';
    }
    return text.str();
  }

  std::size_t objects() const { return find().objects.size(); }
  std::vector<Mapping>& mappings() { return mappings_; }

private:
  struct Content {
    Address at;
    std::string bytes;
  };

  bool read(Address at, std::span<std::byte> into) const {
    for (const Content& content : contents_)
      if (at >= content.at && at + into.size() <= content.at + content.bytes.size()) {
        std::memcpy(into.data(), content.bytes.data() + (at - content.at), into.size());
        return true;
      }
    return false;
  }

  std::vector<Mapping> mappings_;
  std::vector<Content> contents_;
};

template <typename Segment = Elf64_Phdr>
Segment segment(std::uint32_t type, std::uint32_t flags, std::uint32_t address,
                std::uint32_t offset, std::uint32_t file_size, std::uint32_t size) {
  Segment header{};
  header.p_type = type;
  header.p_flags = flags;
  header.p_vaddr = address;
  header.p_offset = offset;
  header.p_filesz = file_size;
  header.p_memsz = size;
  return header;
}

/// Headers, code, and data of which the first page is RELRO; a hole of two pages before the data.
template <typename Segment = Elf64_Phdr>
std::vector<Segment> usual() {
  return {
      segment<Segment>(PT_LOAD, PF_R, 0, 0, 0x1000, 0x1000),
      segment<Segment>(PT_LOAD, PF_R | PF_X, 0x1000, 0x1000, 0x2000, 0x2000),
      segment<Segment>(PT_LOAD, PF_R | PF_W, 0x5000, 0x3000, 0x2000, 0x3800),
      segment<Segment>(PT_GNU_RELRO, PF_R, 0x5000, 0x3000, 0x1000, 0x1000),
  };
}

/// The usual object as the loader maps it at 0x10000, up to its hole.
Fake loaded() {
  Fake fake;
  fake.map({0x10000, 0x11000}, "r--p", kFile, 0, "/lib")
      .map({0x11000, 0x13000}, "r-xp", kFile, 0x1000, "/lib")
      .elf64(0x10000, usual());
  return fake;
}

} // namespace

TEST_CASE("anonymous memory inside an object is its RELRO and .bss") {
  Fake fake = loaded();
  fake.anonymous({0x15000, 0x16000}, "r--p")
      .map({0x16000, 0x17000}, "rw-p", kFile, 0x4000, "/lib")
      .anonymous({0x17000, 0x1a000}, "rw-p");
  CHECK(fake.parts() == "10000-11000 rodata /lib\n"
                        "11000-13000 text /lib\n"
                        "15000-16000 relro /lib\n"
                        "16000-17000 data /lib\n"
                        "17000-19000 data /lib\n"
                        "19000-1a000 -\n");
}

TEST_CASE("one mapping can hold two regions") {
  Fake fake = loaded();
  fake.map({0x15000, 0x17000}, "rw-p", kFile, 0x3000, "/lib").anonymous({0x17000, 0x19000}, "rw-p");
  CHECK(fake.parts() == "10000-11000 rodata /lib\n"
                        "11000-13000 text /lib\n"
                        "15000-16000 relro /lib\n"
                        "16000-17000 data /lib\n"
                        "17000-19000 data /lib\n");
}

TEST_CASE("a hole's mapping is a gap only without permissions, and an object there its own") {
  Fake fake = loaded();
  SECTION("without permissions") {
    fake.map({0x13000, 0x15000}, "---p", kFile, 0x3000, "/lib");
    fake.anonymous({0x15000, 0x19000}, "rw-p");
    CHECK(fake.parts() == "10000-11000 rodata /lib\n"
                          "11000-13000 text /lib\n"
                          "13000-15000 gaps /lib\n"
                          "15000-16000 relro /lib\n"
                          "16000-19000 data /lib\n");
  }
  SECTION("somebody else's memory") {
    fake.anonymous({0x13000, 0x14000}, "rw-p", "[anon:x]");
    fake.anonymous({0x15000, 0x19000}, "rw-p");
    CHECK(fake.parts() == "10000-11000 rodata /lib\n"
                          "11000-13000 text /lib\n"
                          "13000-14000 -\n"
                          "15000-16000 relro /lib\n"
                          "16000-19000 data /lib\n");
  }
  SECTION("another object") {
    fake.map({0x13000, 0x14000}, "r--p", kOther, 0, "/small")
        .elf64(0x13000, {segment(PT_LOAD, PF_R, 0, 0, 0x800, 0x800)});
    fake.anonymous({0x15000, 0x19000}, "rw-p");
    CHECK(fake.parts() == "10000-11000 rodata /lib\n"
                          "11000-13000 text /lib\n"
                          "13000-14000 rodata /small\n"
                          "15000-16000 relro /lib\n"
                          "16000-19000 data /lib\n");
  }
}

TEST_CASE("code remapped onto anonymous memory is still code") {
  Fake fake;
  fake.map({0x10000, 0x11000}, "r--p", kFile, 0, "/lib")
      .anonymous({0x11000, 0x13000}, "r-xp")
      .anonymous({0x15000, 0x19000}, "rw-p")
      .elf64(0x10000, usual());
  CHECK(fake.parts() == "10000-11000 rodata /lib\n"
                        "11000-13000 text /lib\n"
                        "15000-16000 relro /lib\n"
                        "16000-19000 data /lib\n");
}

TEST_CASE("an object of 32 bits is one too") {
  Fake fake;
  fake.map({0x10000, 0x11000}, "r--p", kFile, 0, "/lib")
      .map({0x11000, 0x13000}, "r-xp", kFile, 0x1000, "/lib")
      .map({0x15000, 0x17000}, "rw-p", kFile, 0x3000, "/lib")
      .elf<Elf32_Ehdr>(0x10000, ELFCLASS32, ET_DYN, usual<Elf32_Phdr>());
  CHECK(fake.parts() == "10000-11000 rodata /lib\n"
                        "11000-13000 text /lib\n"
                        "15000-16000 relro /lib\n"
                        "16000-17000 data /lib\n");
}

TEST_CASE("a small object's later segments show its first page, and are no objects") {
  Fake fake;
  const std::vector<Elf64_Phdr> segments = {
      segment(PT_LOAD, PF_R | PF_X, 0, 0, 0x300, 0x300),
      segment(PT_LOAD, PF_R | PF_W, 0x1300, 0x300, 0x100, 0x100),
  };
  fake.map({0x10000, 0x11000}, "r-xp", kFile, 0, "/lib")
      .map({0x11000, 0x12000}, "rw-p", kFile, 0, "/lib")
      .elf64(0x10000, segments)
      .elf64(0x11000, segments);
  CHECK(fake.parts() == "10000-11000 text /lib\n"
                        "11000-12000 data /lib\n");
}

TEST_CASE("a file whose headers disagree with the mappings is data") {
  Fake fake;
  SECTION("the whole file in one mapping, segments elsewhere") {
    fake.map({0x10000, 0x15000}, "r--p", kFile, 0, "/lib").elf64(0x10000, usual());
  }
  SECTION("the whole file in one mapping, segments where they would be") {
    fake.map({0x10000, 0x14000}, "r--p", kFile, 0, "/lib")
        .elf64(0x10000, {segment(PT_LOAD, PF_R, 0, 0, 0x1000, 0x1000),
                         segment(PT_LOAD, PF_R | PF_X, 0x1000, 0x1000, 0x3000, 0x3000)});
  }
  SECTION("a segment that is not mapped") {
    fake.map({0x10000, 0x11000}, "r--p", kFile, 0, "/lib")
        .map({0x11000, 0x13000}, "r-xp", kFile, 0x1000, "/lib")
        .elf64(0x10000, usual());
  }
  SECTION("another file in a segment's place") {
    fake.map({0x10000, 0x11000}, "r--p", kFile, 0, "/lib")
        .map({0x11000, 0x13000}, "r-xp", kOther, 0x1000, "/other")
        .anonymous({0x15000, 0x19000}, "rw-p")
        .elf64(0x10000, usual());
  }
  SECTION("an executable that is not where it says") {
    fake.map({0x10000, 0x11000}, "r-xp", kFile, 0, "/program")
        .elf64(0x10000, {segment(PT_LOAD, PF_R | PF_X, 0x400000, 0, 0x800, 0x800)}, ET_EXEC);
  }
  SECTION("a core dump") {
    fake.map({0x10000, 0x11000}, "r--p", kFile, 0, "/core")
        .elf64(0x10000, {segment(PT_LOAD, PF_R, 0, 0, 0x800, 0x800)}, ET_CORE);
  }
  SECTION("mapped shared, as no loader does") {
    fake.map({0x10000, 0x11000}, "r--s", kFile, 0, "/lib")
        .elf64(0x10000, {segment(PT_LOAD, PF_R, 0, 0, 0x800, 0x800)});
  }
  SECTION("nothing to load") {
    fake.map({0x10000, 0x11000}, "r--p", kFile, 0, "/lib")
        .elf64(0x10000, {segment(PT_NOTE, PF_R, 0, 0, 0x800, 0x800)});
  }
  SECTION("headers beyond what can be read") {
    fake.map({0x10000, 0x11000}, "r--p", kFile, 0, "/lib")
        .elf<Elf64_Ehdr>(0x10000, ELFCLASS64, ET_DYN, usual(), 1000);
  }
  SECTION("no ELF file at all") {
    fake.map({0x10000, 0x11000}, "r-xp", kFile, 0, "/text").no_elf(0x10000);
  }
  CHECK(fake.objects() == 0);
  CHECK(fake.find().unclear.empty());
}

TEST_CASE("what is mapped to run and cannot be read may be an object") {
  Fake fake;
  fake.map({0x10000, 0x11000}, "r--p", kFile, 0, "/lib")
      .map({0x11000, 0x12000}, "r-xp", kFile, 0x1000, "/lib")
      .map({0x20000, 0x21000}, "r--p", kOther, 0, "/dev/memory");
  CHECK(fake.find().unclear == std::vector<std::string>{"/lib"});
}

TEST_CASE("an object with more segments than a layout holds is not made out") {
  std::vector<Elf64_Phdr> segments;
  for (std::uint32_t i = 0; i <= ObjectLayout::kMaxPieces; ++i)
    segments.push_back(segment(PT_LOAD, PF_R, i * 0x1000, i * 0x1000, 0x1000, 0x1000));
  Fake fake;
  fake.map({0x10000, 0x10000 + segments.size() * 0x1000}, "r--p", kFile, 0, "/lib")
      .elf64(0x10000, segments);
  CHECK(fake.objects() == 1);
  CHECK(fake.find().unclear == std::vector<std::string>{"/lib"});
}

TEST_CASE("the kernel's mappings and the stack go by their names") {
  Fake fake;
  fake.anonymous({0x1000, 0x2000}, "rw-p", "[heap]")
      .anonymous({0x3000, 0x4000}, "rw-p", "[stack]")
      .anonymous({0x4000, 0x5000}, "r--p", "[vvar]")
      .anonymous({0x5000, 0x6000}, "r--p", "[vvar_vclock]")
      .anonymous({0x6000, 0x7000}, "r-xp", "[vdso]")
      .anonymous({0x7000, 0x8000}, "--xp", "[uprobes]")
      .anonymous({0x9000, 0xa000}, "--xp", "[vsyscall]");
  CHECK(fake.parts() == "1000-2000 -\n"
                        "3000-4000 stack\n"
                        "4000-5000 vdso\n"
                        "5000-6000 vdso\n"
                        "6000-7000 vdso\n"
                        "7000-8000 vdso\n"
                        "9000-a000 -\n");
}

TEST_CASE("a region is unknown where the program headers could not be read") {
  Fake fake;
  fake.anonymous({0x3000, 0x4000}, "rw-p", "[stack]")
      .anonymous({0x4000, 0x5000}, "r--p", "[vvar]")
      .anonymous({0x5000, 0x6000}, "r-xp", "[vdso]");
  fake.mappings()[2].sealed = true;
  Survey survey;
  survey.mappings = fake.mappings();
  survey.parts = split(survey.mappings, {});
  const RegionTable table = survey.regions();
  for (std::size_t i = 0; i < kRegionCount; ++i) {
    const Region region = static_cast<Region>(i);
    CHECK(table[i].has_value() == is_of_process(region));
  }
  CHECK(table[static_cast<std::size_t>(Region::vdso)] == RegionCounts{2, 0x2000, 1, 0x1000});
  CHECK(table[static_cast<std::size_t>(Region::stack)] == RegionCounts{1, 0x1000, 0, 0});
}

} // namespace sealwax::cli
