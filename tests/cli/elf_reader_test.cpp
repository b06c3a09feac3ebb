// SPDX-License-Identifier: Apache-2.0
// The reader of ELF files on real files that are cut short or changed, and the reader of
// ld.so.cache on the real one.
#include "catch.hpp"
#include "cli/elf/elf_file.hpp"
#include "cli/elf/ld_cache.hpp"
#include "cli/process/procfs.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <unistd.h>

using namespace sealwax::cli;

namespace {

std::string content(const char* path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// A file of which pieces can be changed.
class Scratch {
public:
  explicit Scratch(const std::string& content) : file_(memfd_create("test", MFD_CLOEXEC)) {
    put(content, 0);
  }
  void put(const std::string& bytes, std::size_t at) const {
    REQUIRE(pwrite(file_.number(), bytes.data(), bytes.size(), static_cast<off_t>(at)) ==
            static_cast<ssize_t>(bytes.size()));
  }
  void cut(std::size_t size) const {
    REQUIRE(ftruncate(file_.number(), static_cast<off_t>(size)) == 0);
  }
  /// What is wrong with it; empty: nothing.
  std::string fault() const {
    try {
      (void)read_elf(file_.number());
      return {};
    } catch (const ElfError& error) {
      return error.what();
    }
  }

private:
  Descriptor file_;
};

} // namespace

TEST_CASE("a program that is cut short anywhere is refused, down to its last segment's end") {
  const std::string whole = content("/bin/true");
  const Scratch file{whole};
  REQUIRE(file.fault().empty());
  std::size_t loaded_end = 0;
  const Descriptor original{open("/bin/true", O_RDONLY)};
  for (const Elf64_Phdr& segment : read_elf(original.number()).segments)
    if (segment.p_type == PT_LOAD)
      loaded_end = std::max<std::size_t>(loaded_end, segment.p_offset + segment.p_filesz);
  REQUIRE(loaded_end < whole.size());
  for (std::size_t size = whole.size(); size-- > 0;) {
    file.cut(size);
    const std::string fault = file.fault();
    INFO(size << ' ' << fault);
    // Behind the last segment are section headers, which no loader reads.
    REQUIRE(fault.empty() == (size >= loaded_end));
    const bool known = size == 0  ? fault == "is empty"
                       : size < 4 ? fault == "is no ELF file"
                                  : fault.find("cut short") == 3;
    REQUIRE((known || fault.empty()));
  }
}

TEST_CASE("a program with any byte changed is read or refused") {
  const std::string whole = content("/bin/true");
  const Scratch file{whole};
  for (const char change : {'\xff', '\x01', '\x80'})
    for (std::size_t at = 0; at < std::min<std::size_t>(whole.size(), 0x1000); ++at) {
      file.put(std::string(1, static_cast<char>(whole[at] ^ change)), at);
      INFO(at << ' ' << file.fault());
      CHECK(file.fault().find('\n') == std::string::npos);
      file.put(std::string(1, whole[at]), at);
    }
  CHECK(file.fault().empty());
}

TEST_CASE("symbols are found without section headers") {
  std::string whole = content("/bin/true");
  const Scratch file{whole};
  const std::optional<ElfFile> before = read_elf_file("/bin/true");
  REQUIRE(before);
  CHECK(before->calls_load_hook);
  // e_shoff, and e_shentsize, e_shnum and e_shstrndx
  whole.replace(40, 8, 8, '\0');
  whole.replace(58, 6, 6, '\0');
  const std::string path = "/tmp/sealwax-elf-reader-test-" + std::to_string(getpid());
  std::ofstream{path, std::ios::binary} << whole;
  const std::optional<ElfFile> after = read_elf_file(path);
  unlink(path.c_str());
  REQUIRE(after);
  CHECK(after->calls_load_hook);
  CHECK(after->needed == before->needed);
}

TEST_CASE("the system's ld.so.cache says what ldconfig says of it") {
  const LdCache cache{content("/etc/ld.so.cache")};
  const std::unique_ptr<FILE, int (*)(FILE*)> output{popen("/sbin/ldconfig -p", "r"), pclose};
  REQUIRE(output != nullptr);
#if defined(__aarch64__)
  constexpr const char* kKind = "(libc6,AArch64)";
  constexpr std::int32_t kFlags = 0xa03;
#else
  constexpr const char* kKind = "(libc6,x86-64)";
  constexpr std::int32_t kFlags = 0x303;
#endif
  std::set<std::string> seen;
  char line[4096];
  while (std::fgets(line, sizeof line, output.get()) != nullptr) {
    std::istringstream words{line};
    std::string name, kind, arrow, path;
    words >> name >> kind >> arrow >> path;
    // Of several the first counts.
    if (kind != kKind || !seen.insert(name).second)
      continue;
    INFO(name);
    CHECK(cache.find(name, kFlags, {}) == path);
  }
  CHECK(seen.size() > 10);
  CHECK(cache.find("libnothing.so.0", kFlags, {}).empty());
}
