// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/kernel/maps.hpp"

#include <sys/mman.h>

#include <string>
#include <unistd.h>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

/// Two pages of a file, the second without permission, and a hole of one page behind them.
struct Pages {
  Pages() {
    const int file = memfd_create("pages of a test", 0);
    REQUIRE(ftruncate(file, static_cast<off_t>(4 * page)) == 0);
    begin = static_cast<char*>(mmap(nullptr, 4 * page, PROT_READ, MAP_PRIVATE, file, 0));
    REQUIRE(begin != MAP_FAILED);
    close(file);
    mprotect(begin + page, page, PROT_NONE);
    munmap(begin + 2 * page, page);
  }
  ~Pages() { munmap(begin, 4 * page); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  [[nodiscard]] Address at(std::size_t index) const {
    return reinterpret_cast<Address>(begin) + index * page;
  }
  std::size_t page = static_cast<std::size_t>(getpagesize());
  char* begin = nullptr;
};

void look(Maps& maps) {
  Vma vma;
  // A buffer that it maps now does not fill the hole.
  REQUIRE(maps.find(reinterpret_cast<Address>(&look), Maps::Match::covering, vma));
  CHECK(vma.executable);
  const Pages pages;
  REQUIRE(maps.find(pages.at(0) + 5, Maps::Match::covering, vma));
  CHECK(vma.range.begin == pages.at(0));
  CHECK(vma.range.end == pages.at(1));
  CHECK(vma.readable);
  CHECK_FALSE(vma.writable);
  CHECK(std::string{maps.name()}.find("pages of a test") != std::string::npos);
  REQUIRE(maps.find(pages.at(1), Maps::Match::covering, vma));
  CHECK(vma.without_permission());
  CHECK_FALSE(maps.find(pages.at(2), Maps::Match::covering, vma));
  REQUIRE(maps.find(pages.at(2), Maps::Match::covering_or_next, vma));
  CHECK(vma.range.begin == pages.at(3));
}

} // namespace

TEST_CASE("a mapping is found by its address, or the next one") {
  Kernel kernel;
  kernel.allow(CallSet::all());
  Maps maps{kernel};
  look(maps);
}

TEST_CASE("the text of /proc tells the same where the query is not allowed") {
  Kernel kernel;
  Maps maps{kernel};
  look(maps);
}
