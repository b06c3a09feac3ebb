// SPDX-License-Identifier: Apache-2.0
// Which memory calls a seal refuses, and how reports show them.
#include "catch.hpp"
#include "model/report/refusal.hpp"
#include "print.hpp"
#include "sources.hpp"

#include <sys/mman.h>
#include <sys/shm.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

using namespace sealwax;

namespace {

constexpr Address kTop = UINTPTR_MAX;

/// "change 1000-2000, discard 3000-4000"
std::string affected(const MemoryCall& call) {
  std::ostringstream out;
  for (const AffectedRange& one : call.affected)
    out << (out.str().empty() ? "" : ", ")
        << (one.effect == Effect::change    ? "change "
            : one.effect == Effect::discard ? "discard "
            : one.effect == Effect::hole    ? "hole "
                                            : "none ")
        << one.range;
  return out.str();
}

std::string arguments(const MemoryCall& call, std::size_t room = 200) {
  std::vector<char> buffer(room); // On the heap, so that a sanitizer sees a write past it.
  const std::size_t size = format_arguments(call, {buffer.data(), buffer.size()});
  REQUIRE(size <= room);
  return {buffer.data(), size};
}

/// "NAME ARGUMENTS: AFFECTED"
std::string text(const MemoryCall& call) {
  return std::string{name_of(call.function)} + ' ' + arguments(call) + ": " + affected(call);
}

MemoryCall madvise_with(int advice) {
  return describe_madvise(0x1000, 0x2000, advice);
}

} // namespace

TEST_CASE("every call has its name, its arguments in order, and what it changes") {
  CHECK(text(describe_mmap(0x1000, 0x2000, 5, MAP_PRIVATE | MAP_FIXED, 7, 0x3000)) ==
        "mmap 0x1000,0x2000,0x5,0x12,0x7,0x3000: change 1000-3000");
  CHECK(text(describe_mprotect(0x1000, 0x2000, 7)) ==
        "mprotect 0x1000,0x2000,0x7: change 1000-3000");
  CHECK(text(describe_pkey_mprotect(0x1000, 0x2000, 7, 3)) ==
        "pkey_mprotect 0x1000,0x2000,0x7,0x3: change 1000-3000");
  CHECK(text(describe_munmap(0x1000, 0x2000)) == "munmap 0x1000,0x2000: change 1000-3000");
  CHECK(text(describe_mremap(0x1000, 0x2000, 0x4000, MREMAP_MAYMOVE, 0)) ==
        "mremap 0x1000,0x2000,0x4000,0x1: change 1000-3000");
  CHECK(text(describe_madvise(0x1000, 0x2000, MADV_DONTNEED)) ==
        "madvise 0x1000,0x2000,0x4: discard 1000-3000");
  CHECK(text(describe_process_madvise(9, 0x8000, 2, MADV_DONTNEED, 0, 0x1000, 0x2000)) ==
        "process_madvise 0x9,0x8000,0x2,0x4,0x0: discard 1000-3000");
  CHECK(text(describe_shmat(5, 0x1000, SHM_REMAP)) == "shmat 0x5,0x1000,0x4000: change 1000-1001");
  CHECK(text(describe_remap_file_pages(0x1000, 0x2000, 0, 4, 0)) ==
        "remap_file_pages 0x1000,0x2000,0x0,0x4,0x0: change 1000-3000");
}

TEST_CASE(
    "a denial of new code refuses what is writable and executable, and what becomes executable") {
  constexpr int kAll = PROT_READ | PROT_WRITE | PROT_EXEC, kCode = PROT_READ | PROT_EXEC;
  for (const bool already : {false, true}) {
    INFO(already);
    CHECK(gains_exec(describe_mprotect(0x1000, 1, kAll), already));
    CHECK(gains_exec(describe_pkey_mprotect(0x1000, 1, kAll, 1), already));
    CHECK(gains_exec(describe_mmap(0, 1, kAll, MAP_PRIVATE, -1, 0), already));
    CHECK(gains_exec(describe_mprotect(0x1000, 1, kCode), already) == !already);
    CHECK(gains_exec(describe_pkey_mprotect(0x1000, 1, kCode, 1), already) == !already);
    CHECK_FALSE(gains_exec(describe_mmap(0x1000, 1, kCode, MAP_FIXED, -1, 0), already));
    CHECK_FALSE(gains_exec(describe_mprotect(0x1000, 0, kAll), already));
    CHECK_FALSE(gains_exec(describe_mprotect(0x1000, 1, PROT_READ | PROT_WRITE), already));
    CHECK_FALSE(gains_exec(describe_munmap(0x1000, kAll), already));
    CHECK_FALSE(gains_exec(describe_madvise(0x1000, 1, kAll), already));
    CHECK_FALSE(gains_exec(describe_remap_file_pages(0x1000, 1, kAll, 0, 0), already));
  }
}

TEST_CASE("what is closed to new code lets a file's pages be code, privately, as they are mapped") {
  constexpr int kAll = PROT_READ | PROT_WRITE | PROT_EXEC, kCode = PROT_READ | PROT_EXEC;
  constexpr int kSharedValidate =
      0x03; // linux/mman.h, MAP_SHARED_VALIDATE: the bits of both others
  CHECK_FALSE(is_closed_to(describe_mmap(0, 1, kCode, MAP_PRIVATE, 3, 0)));
  CHECK_FALSE(is_closed_to(describe_mmap(0x1000, 1, kCode, MAP_PRIVATE | MAP_FIXED, 3, 0)));
  CHECK(is_closed_to(describe_mmap(0, 1, kAll, MAP_PRIVATE, 3, 0)));
  CHECK(is_closed_to(describe_mmap(0, 1, kCode, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)));
  CHECK(is_closed_to(describe_mmap(0, 1, kCode, MAP_SHARED, 3, 0)));
  CHECK(is_closed_to(describe_mmap(0, 1, kCode, kSharedValidate, 3, 0)));
  CHECK_FALSE(is_closed_to(describe_mmap(0, 1, PROT_READ, MAP_SHARED, 3, 0)));
  CHECK(is_closed_to(describe_mprotect(0x1000, 1, kCode)));
  CHECK(is_closed_to(describe_pkey_mprotect(0x1000, 1, kCode, 1)));
  CHECK_FALSE(is_closed_to(describe_mprotect(0x1000, 1, PROT_READ | PROT_WRITE)));
  CHECK(is_closed_to(describe_shmat(1, 0, SHM_EXEC)));
  CHECK_FALSE(is_closed_to(describe_shmat(1, 0, SHM_RDONLY)));
  CHECK_FALSE(is_closed_to(describe_munmap(0x1000, kCode)));
  CHECK_FALSE(is_closed_to(describe_madvise(0x1000, 1, kCode)));
}

TEST_CASE("a call knows what it asks for, and by which argument") {
  CHECK(describe_mmap(0x1000, 1, 5, MAP_FIXED, 7, 9).request() == 5);
  CHECK(describe_mprotect(0x1000, 1, 3).request() == 3);
  CHECK(describe_pkey_mprotect(0x1000, 1, 3, 9).request() == 3);
  CHECK(describe_madvise(0x1000, 1, 8).request() == 8);
  CHECK(describe_process_madvise(9, 0x8000, 7, 8, 6, 0x1000, 1).request() == 8);
  for (const MemoryFunctionFacts& facts : kMemoryFunctionFacts) {
    INFO(facts.name);
    CHECK(facts.arguments <= 6); // what a system call can have (syscall(2))
    CHECK(facts.request_at < facts.arguments);
    CHECK((facts.request != Request::none) == (facts.request_at != 0));
  }
}

TEST_CASE("the built library is asked whether it exports every memory function") {
  const std::string exports = test::source("tests/preload/library_file.py");
  for (const MemoryFunctionFacts& facts : kMemoryFunctionFacts)
    CHECK(exports.find(std::string{'"'} + facts.name + '"') != std::string::npos);
}

TEST_CASE("a mapping that takes no other's place changes none") {
  CHECK(affected(describe_mmap(0x1000, 0x2000, 5, MAP_PRIVATE, -1, 0)).empty());
  CHECK(affected(describe_mmap(0x1000, 0x2000, 5, MAP_FIXED | MAP_FIXED_NOREPLACE, -1, 0)).empty());
  CHECK(affected(describe_mmap(0x1000, 0x2000, 5, MAP_FIXED_NOREPLACE, -1, 0)).empty());
  CHECK(affected(describe_shmat(5, 0x1000, 0)).empty());
  CHECK(affected(describe_shmat(5, 0x1000, SHM_RDONLY | SHM_RND)).empty());
}

TEST_CASE("mremap changes where it comes from, and where it goes to if that is fixed") {
  CHECK(affected(describe_mremap(0x1000, 0x1000, 0x2000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x8000)) ==
        "change 1000-2000, change 8000-a000");
  CHECK(affected(describe_mremap(0x1000, 0x1000, 0x2000, MREMAP_MAYMOVE, 0x8000)) ==
        "change 1000-2000");
  CHECK(affected(describe_mremap(0x1000, 0, 0x2000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x8000)) ==
        "change 8000-a000");
}

TEST_CASE("mremap has its last argument where the flags say that it was passed") {
  constexpr int kDontUnmap = 4; // linux/mman.h
  CHECK(arguments(describe_mremap(0x1000, 1, 2, MREMAP_MAYMOVE, 0x8000)) == "0x1000,0x1,0x2,0x1");
  CHECK(arguments(describe_mremap(0x1000, 1, 2, MREMAP_FIXED, 0x8000)) ==
        "0x1000,0x1,0x2,0x2,0x8000");
  CHECK(arguments(describe_mremap(0x1000, 1, 2, kDontUnmap, 0x8000)) ==
        "0x1000,0x1,0x2,0x4,0x8000");
}

TEST_CASE("the advice that discards is the kernel's list of it") {
  // DONTNEED, FREE, REMOVE, DONTNEED_LOCKED; and DONTFORK, WIPEONFORK, GUARD_INSTALL
  for (const int advice : {4, 8, 9, 24, 10, 18, 102}) {
    INFO(advice);
    const bool hole = advice == 10 || advice == 18 || advice == 102;
    CHECK(leaves_a_hole(advice) == hole);
    CHECK(affected(madvise_with(advice)) == (hole ? "hole 1000-3000" : "discard 1000-3000"));
    CHECK(affected(describe_process_madvise(9, 0x8000, 1, advice, 0, 0x1000, 0x2000)) ==
          "discard 1000-3000");
  }
  for (int advice = -1; advice < 200; ++advice) {
    const bool discards = (advice >= 8 && advice <= 10) || advice == 4 || advice == 18 ||
                          advice == 24 || advice == 102;
    INFO(advice);
    CHECK(affected(madvise_with(advice)).empty() == !discards);
  }
}

TEST_CASE("a seal refuses every change, and a discard of constant anonymous memory") {
  STATIC_REQUIRE(refuses(Effect::change, false));
  STATIC_REQUIRE(refuses(Effect::change, true));
  STATIC_REQUIRE(refuses(Effect::discard, true));
  STATIC_REQUIRE_FALSE(refuses(Effect::discard, false));
  STATIC_REQUIRE(refuses(Effect::hole, true));
  STATIC_REQUIRE_FALSE(refuses(Effect::hole, false));
  STATIC_REQUIRE_FALSE(refuses(Effect::none, true));
  STATIC_REQUIRE_FALSE(refuses(Effect::none, false));
}

TEST_CASE("a hole is refused in code and constants, and nothing else is on top of seals") {
  for (const Region region : {Region::text, Region::rodata, Region::relro})
    CHECK(is_refused_hole(Effect::hole, region));
  for (const Region region : {Region::data, Region::gaps, Region::vdso, Region::stack})
    CHECK_FALSE(is_refused_hole(Effect::hole, region));
  for (const Effect effect : {Effect::none, Effect::change, Effect::discard})
    CHECK_FALSE(is_refused_hole(effect, Region::text));
}

TEST_CASE("what the kernel refuses for reasons of its own changes nothing") {
  CHECK(affected(describe_mprotect(0x1000, 0, 7)).empty());
  CHECK(affected(describe_munmap(0x1000, 0)).empty());
  CHECK(affected(describe_munmap(0x1000, kTop)).empty());
  CHECK(affected(describe_munmap(kTop, 1)).empty());
  CHECK(affected(describe_munmap(kTop, 0)).empty());
  CHECK(affected(describe_mmap(0x1000, kTop, 5, MAP_FIXED, -1, 0)).empty());
  CHECK(affected(describe_mremap(0x1000, kTop, kTop, MREMAP_FIXED, 0x8000)).empty());
  CHECK(affected(describe_madvise(0x1000, kTop - 0xfff, MADV_DONTNEED)).empty());
}

TEST_CASE("the largest range that there is") {
  CHECK(affected(describe_munmap(0, kTop)) == "change 0-ffffffffffffffff");
  CHECK(affected(describe_munmap(0x1000, kTop - 0x1000)) == "change 1000-ffffffffffffffff");
}

TEST_CASE("a range that is part of a sealed one, or has a part that is, is hit") {
  const Range sealed{0x2000, 0x4000};
  const auto hits = [&](Address at, std::size_t size) {
    return describe_mprotect(at, size, 0).affected[0].range.overlaps(sealed);
  };
  CHECK(hits(0x2000, 0x2000));
  CHECK(hits(0x1000, 0x4000));
  CHECK(hits(0x1000, 0x1001));
  CHECK(hits(0x3fff, 1));
  CHECK_FALSE(hits(0x1000, 0x1000));
  CHECK_FALSE(hits(0x4000, 0x1000));
}

TEST_CASE("arguments of any size") {
  CHECK(arguments(describe_munmap(0, 0)) == "0x0,0x0");
  CHECK(arguments(describe_munmap(kTop, 0x123456789abcdef0)) ==
        "0xffffffffffffffff,0x123456789abcdef0");
  CHECK(arguments(describe_mmap(0, 1, -1, -1, -1, -1)) ==
        "0x0,0x1,0xffffffffffffffff,0xffffffffffffffff,0xffffffffffffffff,0xffffffffffffffff");
}

TEST_CASE("arguments that do not fit are left out whole") {
  const MemoryCall call = describe_mprotect(0x1000, 0x20, 7);
  const std::string all = "0x1000,0x20,0x7";
  REQUIRE(arguments(call) == all);
  for (std::size_t room = 0; room <= all.size(); ++room) {
    const std::string expected = room < 6    ? ""
                                 : room < 11 ? "0x1000"
                                 : room < 15 ? "0x1000,0x20"
                                             : all;
    CHECK(arguments(call, room) == expected);
  }
}
