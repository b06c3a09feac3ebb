// SPDX-License-Identifier: Apache-2.0
// Layouts of real objects: those of this very process against the kernel's list of its mappings,
// and files against what readelf says of them.
#include "catch.hpp"
#include "headers.hpp"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <link.h>
#include <memory>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

using namespace sealwax;
using namespace sealwax::test;

namespace {

struct Mapping {
  Range range;
  std::string permissions;
  std::string path;
};

std::vector<Mapping> own_mappings() {
  std::vector<Mapping> mappings;
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields{line};
    Mapping mapping;
    char dash = 0;
    std::string offset, device, inode;
    fields >> std::hex >> mapping.range.begin >> dash >> mapping.range.end >> mapping.permissions >>
        offset >> device >> inode >> mapping.path;
    mappings.push_back(mapping);
  }
  return mappings;
}

std::string expected_permissions(Region region) {
  switch (region) {
  case Region::text:
    return "r-xp";
  case Region::rodata:
  case Region::relro:
    return "r--p";
  case Region::data:
    return "rw-p";
  default:
    return "---p";
  }
}

/// Every page of a piece has the permissions of its region; a gap may be unmapped as well.
std::string check_against(const std::vector<Mapping>& mappings, const Piece& piece) {
  std::size_t covered = 0;
  for (const Mapping& mapping : mappings) {
    const Range both = intersection(mapping.range, piece.range);
    covered += both.size();
    if (!both.empty() && mapping.permissions != expected_permissions(piece.region))
      return text_of_pieces(std::vector{piece}) + " has " + mapping.permissions + " at " +
             text(both);
  }
  if (piece.region != Region::gaps && covered != piece.range.size())
    return text_of_pieces(std::vector{piece}) + " is not all mapped";
  return "";
}

struct Seen {
  std::vector<Mapping> mappings;
  std::vector<std::string> objects;
  std::vector<std::string> differences;
  bool has_relro = false;
};

int compare_object(dl_phdr_info* info, std::size_t, void* data) {
  Seen& seen = *static_cast<Seen*>(data);
  const std::vector<Elf64_Phdr> headers{info->dlpi_phdr, info->dlpi_phdr + info->dlpi_phnum};
  if (std::strstr(info->dlpi_name, "vdso") != nullptr)
    return 0; // Its headers say nothing of its extent.
  const LaidOut out =
      lay(headers, info->dlpi_addr, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
  seen.objects.emplace_back(info->dlpi_name);
  seen.has_relro |= !out.layout.relro.empty();
  if (out.error != LayoutError::none)
    seen.differences.emplace_back(describe(out.error));
  for (const Piece& piece : out.layout.pieces)
    if (const std::string difference = check_against(seen.mappings, piece); !difference.empty())
      seen.differences.push_back(seen.objects.back() + ": " + difference);
  return 0;
}

std::vector<Elf64_Phdr> headers_in_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  Elf64_Ehdr header{};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  std::vector<Elf64_Phdr> headers(header.e_phnum);
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  file.read(reinterpret_cast<char*>(headers.data()),
            static_cast<std::streamsize>(headers.size() * sizeof(Elf64_Phdr)));
  REQUIRE(file.good());
  return headers;
}

/// One line of `readelf -lW`: type, addresses and flags, read as text.
struct Segment {
  std::string type;
  Address address = 0;
  Address size = 0;
  std::string flags; ///< of R, W and E
};

std::vector<Segment> segments_by_readelf(const std::string& path) {
  const std::string command = "LC_ALL=C readelf -lW '" + path + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> output{popen(command.c_str(), "r"), pclose};
  REQUIRE(output != nullptr);
  std::vector<Segment> segments;
  char line[1024];
  while (std::fgets(line, sizeof line, output.get()) != nullptr) {
    std::istringstream fields{line};
    Segment segment;
    std::string offset, address, physical, file_size, size, word;
    fields >> segment.type >> offset >> address >> physical >> file_size >> size;
    if (segment.type != "LOAD" && segment.type != "GNU_RELRO")
      continue;
    while (fields >> word && word.rfind("0x", 0) != 0)
      segment.flags += word;
    segment.address = std::stoull(address, nullptr, 16);
    segment.size = std::stoull(size, nullptr, 16);
    segments.push_back(segment);
  }
  return segments;
}

std::string region_by_readelf(const std::vector<Segment>& segments, Address page) {
  std::string flags;
  bool is_relro = false;
  for (const Segment& segment : segments) {
    const Address end = segment.address + segment.size;
    if (segment.type == "LOAD" && segment.address < page + 0x1000 && end > page)
      flags = segment.flags;
    if (segment.type == "GNU_RELRO")
      is_relro = page >= segment.address / 0x1000 * 0x1000 && page < end / 0x1000 * 0x1000;
  }
  if (flags.find('W') != std::string::npos)
    return is_relro ? "relro" : "data";
  if (flags.find('E') != std::string::npos)
    return "text";
  return flags == "R" ? "rodata" : "gaps";
}

std::string path_of_loaded(const char* end_of_name) {
  for (const Mapping& mapping : own_mappings())
    if (mapping.path.size() >= std::strlen(end_of_name) &&
        mapping.path.compare(mapping.path.size() - std::strlen(end_of_name), std::string::npos,
                             end_of_name) == 0)
      return mapping.path;
  return "";
}

#if defined(__aarch64__)
constexpr const char* kLoader = "/ld-linux-aarch64.so.1";
#else
constexpr const char* kLoader = "/ld-linux-x86-64.so.2";
#endif

} // namespace

TEST_CASE("the layouts of all loaded objects are what the kernel has mapped") {
  Seen seen;
  seen.mappings = own_mappings();
  dl_iterate_phdr(compare_object, &seen);
  for (const std::string& difference : seen.differences)
    FAIL_CHECK(difference);
  CHECK(seen.objects.size() >= 4); // this program, libstdc++, libc and ld.so
  CHECK(seen.has_relro);
}

TEST_CASE("the layouts of files are what readelf says of them") {
  const std::string path =
      GENERATE(std::string{"/bin/true"}, path_of_loaded("/libc.so.6"), path_of_loaded(kLoader));
  INFO(path);
  const std::vector<Segment> segments = segments_by_readelf(path);
  REQUIRE(segments.size() >= 4);
  const LaidOut out = lay(headers_in_file(path));
  REQUIRE(out.error == LayoutError::none);
  CHECK(out.layout.complete);
  std::size_t pages = 0;
  for (const Piece& piece : out.layout.pieces)
    for (Address page = piece.range.begin(); page < piece.range.end(); page += 0x1000, ++pages)
      CHECK(region_by_readelf(segments, page) == region_name(piece.region));
  CHECK(pages == out.layout.span.size() / 0x1000);
  CHECK_FALSE(out.layout.relro.empty());
  CHECK(out.layout.dynamic.size() % sizeof(Elf64_Dyn) == 0);
  CHECK_FALSE(out.layout.dynamic.empty());
}
