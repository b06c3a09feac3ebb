// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "model/range.hpp"
#include "print.hpp"

#include <cstdint>

using namespace sealwax;

namespace {

constexpr PageSize kPage{0x1000};
constexpr Address kTop = UINTPTR_MAX;
constexpr Address kLastPage = kTop - 0xfff;

constexpr PageRange pages(Address begin, Address end) {
  return kPage.covering({begin, end});
}

} // namespace

TEST_CASE("a range is empty when its end does not lie behind its begin") {
  CHECK(Range{}.empty());
  CHECK(Range{5, 5}.empty());
  CHECK(Range{6, 5}.empty());
  CHECK(Range{6, 5}.size() == 0);
  CHECK_FALSE(Range{5, 6}.empty());
  CHECK(Range{5, 8}.size() == 3);
}

TEST_CASE("a range contains its begin and not its end") {
  const Range range{0x10, 0x20};
  CHECK(range.contains(0x10));
  CHECK(range.contains(0x1f));
  CHECK_FALSE(range.contains(0x0f));
  CHECK_FALSE(range.contains(0x20));
}

TEST_CASE("a range contains a range: an empty one always, else both ends inside") {
  const Range range{0x10, 0x20};
  CHECK(range.contains(Range{0x10, 0x20}));
  CHECK(range.contains(Range{0x99, 0x99}));
  CHECK_FALSE(range.contains(Range{0x0f, 0x20}));
  CHECK_FALSE(range.contains(Range{0x10, 0x21}));
}

TEST_CASE("ranges overlap when they share a byte, and touching is not sharing") {
  CHECK(Range{0, 10}.overlaps({9, 20}));
  CHECK(Range{9, 20}.overlaps({0, 10}));
  CHECK(Range{0, 20}.overlaps({5, 6}));
  CHECK_FALSE(Range{0, 10}.overlaps({10, 20}));
  CHECK_FALSE(Range{0, 10}.overlaps({5, 5}));
}

TEST_CASE("an intersection that is empty is the empty range") {
  CHECK(intersection({0, 10}, {5, 20}) == Range{5, 10});
  CHECK(intersection({0, 10}, {10, 20}) == Range{});
  CHECK(intersection({30, 40}, {10, 20}) == Range{});
}

TEST_CASE("a page size that is no power of two counts as 4096") {
  CHECK(PageSize{0}.bytes() == 4096);
  CHECK(PageSize{4095}.bytes() == 4096);
  CHECK(PageSize{12288}.bytes() == 4096);
  CHECK(PageSize{4096}.bytes() == 4096);
  CHECK(PageSize{16384}.bytes() == 16384);
  CHECK(PageSize{65536}.bytes() == 65536);
}

TEST_CASE("rounding") {
  CHECK(kPage.down(0) == 0);
  CHECK(kPage.down(0xfff) == 0);
  CHECK(kPage.down(0x1000) == 0x1000);
  CHECK(kPage.up(0) == 0);
  CHECK(kPage.up(1) == 0x1000);
  CHECK(kPage.up(0x1000) == 0x1000);
  CHECK(kPage.up(0x1001) == 0x2000);
}

TEST_CASE("rounding at the top of the address space saturates and never wraps") {
  CHECK(kPage.down(kTop) == kLastPage);
  CHECK(kPage.up(kLastPage - 1) == kLastPage);
  CHECK(kPage.up(kLastPage) == kLastPage);
  CHECK(kPage.up(kLastPage + 1) == kLastPage);
  CHECK(kPage.up(kTop) == kLastPage);
  // The last page has no end that a word can hold, so it counts as no page.
  CHECK(kPage.covering({kLastPage, kTop}).empty());
  CHECK(kPage.covering({kLastPage - 1, kTop}) == pages(kLastPage - 0x1000, kLastPage));
}

TEST_CASE("covering takes every page that a range touches, and none for an empty range") {
  CHECK(pages(0x1fff, 0x2001) == pages(0x1000, 0x3000));
  CHECK(pages(0x1000, 0x2000).size() == 0x1000);
  CHECK(pages(0x1800, 0x1800).empty());
  CHECK(pages(0x1801, 0x1800).empty());
}

TEST_CASE("relro is rounded down at both ends, as the loader does") {
  CHECK(kPage.relro({0x1800, 0x3fff}) == pages(0x1000, 0x3000));
  CHECK(kPage.relro({0x1800, 0x4000}) == pages(0x1000, 0x4000));
  CHECK(kPage.relro({0x1000, 0x1fff}).empty());
  CHECK(kPage.relro({0x1000, 0x1fff}) == PageRange{});
  CHECK(PageSize{0x10000}.relro({0x1f000, 0x2f000}) ==
        PageSize{0x10000}.covering({0x10000, 0x20000}));
}

TEST_CASE("differences: what lies before and behind another range") {
  const PageRange whole = pages(0x2000, 0x6000);
  SECTION("in the middle") {
    CHECK(whole.before(pages(0x3000, 0x4000)) == pages(0x2000, 0x3000));
    CHECK(whole.behind(pages(0x3000, 0x4000)) == pages(0x4000, 0x6000));
  }
  SECTION("at an end") {
    CHECK(whole.before(pages(0x2000, 0x4000)).empty());
    CHECK(whole.behind(pages(0x4000, 0x6000)).empty());
  }
  SECTION("around it") {
    CHECK(whole.before(pages(0x1000, 0x7000)).empty());
    CHECK(whole.behind(pages(0x1000, 0x7000)).empty());
  }
  SECTION("across an end") {
    CHECK(whole.before(pages(0x5000, 0x8000)) == pages(0x2000, 0x5000));
    CHECK(whole.behind(pages(0x1000, 0x3000)) == pages(0x3000, 0x6000));
  }
  SECTION("away from it") {
    CHECK(whole.before(pages(0x8000, 0x9000)) == whole);
    CHECK(whole.behind(pages(0x8000, 0x9000)).empty());
    CHECK(whole.before(pages(0, 0x1000)).empty());
    CHECK(whole.behind(pages(0, 0x1000)) == whole);
  }
  SECTION("nothing taken away leaves all of it, once") {
    CHECK(whole.before(PageRange{}) == whole);
    CHECK(whole.behind(PageRange{}).empty());
  }
}

TEST_CASE("until is the stretch between two ranges, through includes both") {
  const PageRange early = pages(0x1000, 0x2000);
  const PageRange late = pages(0x5000, 0x6000);
  CHECK(early.until(late) == pages(0x2000, 0x5000));
  CHECK(early.until(pages(0x2000, 0x3000)).empty());
  CHECK(early.through(late) == pages(0x1000, 0x6000));
}
