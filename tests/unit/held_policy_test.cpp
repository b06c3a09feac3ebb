// SPDX-License-Identifier: Apache-2.0
// What a library shows of its policy, read as anybody's bytes.
#include "catch.hpp"
#include "model/policy/held_policy.hpp"
#include "model/policy/policy_record.hpp"

#include <cstring>
#include <string>
#include <vector>

using namespace sealwax;

namespace {

/// A policy and its memory.
struct Compiled {
  explicit Compiled(const std::string& text)
      : storage(ProgramPolicy::storage_bound(text.size())),
        policy(*ProgramPolicy::compile("sealwax-policy 1\n" + text, "/bin/prog",
                                       {storage.data(), storage.size()})) {}
  [[nodiscard]] std::vector<char> bytes() const {
    return {policy.records().begin(), policy.records().end()};
  }
  std::vector<char> storage;
  ProgramPolicy policy;
};

const std::string kText = "[defaults]\nseal = text\nreport-to = file:/var/log/x\n"
                          "[object libc.so*]\nmode = audit\nseal = +data\n";

bool taken(const std::vector<char>& bytes) {
  ProgramPolicy policy;
  return policy.take_records({bytes.data(), bytes.size()});
}

} // namespace

TEST_CASE("records say in another process what they say in their own") {
  const Compiled compiled{kText};
  const std::vector<char> bytes = compiled.bytes();
  ProgramPolicy taken;
  REQUIRE(taken.take_records({bytes.data(), bytes.size()}));
  CHECK(taken.process() == compiled.policy.process());
  CHECK(taken.object("libc.so.6", "/lib/libc.so.6") ==
        compiled.policy.object("libc.so.6", "/lib/libc.so.6"));
  CHECK(taken.names_objects());
  CHECK(taken.says_the_same_as(compiled.policy));
  CHECK(taken.process().report_file == "/var/log/x");
}

TEST_CASE("no records are the built-in default") {
  ProgramPolicy policy;
  REQUIRE(policy.take_records({}));
  CHECK(policy.process() == Settings{});
  CHECK(policy.says_the_same_as(ProgramPolicy{}));
}

TEST_CASE("policies differ where a section does") {
  const Compiled one{kText};
  for (const char* other :
       {"", "[defaults]\nseal = text\n", "[defaults]\nseal = text\nreport-to = file:/var/log/y\n",
        "[defaults]\nseal = text\nreport-to = file:/var/log/x\n[object libc.so*]\nmode = off\n",
        "[defaults]\nseal = text\nreport-to = file:/var/log/x\n"
        "[object libm.so*]\nmode = audit\nseal = +data\n"}) {
    INFO(other);
    CHECK_FALSE(one.policy.says_the_same_as(Compiled{other}.policy));
    CHECK_FALSE(Compiled{other}.policy.says_the_same_as(one.policy));
  }
  CHECK(one.policy.says_the_same_as(Compiled{"# again\n" + kText}.policy));
}

TEST_CASE("bytes that no compiler wrote are not taken") {
  const std::vector<char> good = Compiled{kText}.bytes();
  REQUIRE(taken(good));
  for (std::size_t size = 1; size < good.size(); ++size) {
    INFO(size);
    const std::vector<char> cut{good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)};
    const std::size_t first = sizeof(Record) + std::strlen("/var/log/x");
    CHECK(taken(cut) == (size == first));
  }
  const auto spoilt = [&](std::size_t offset, char byte) {
    std::vector<char> bytes = good;
    bytes[offset] = byte;
    return taken(bytes);
  };
  CHECK_FALSE(spoilt(offsetof(Record, for_one_object), 2));
  CHECK_FALSE(spoilt(offsetof(Record, glob_size) + 1, '\x7f'));
  CHECK_FALSE(spoilt(offsetof(Record, patch) + offsetof(Patch, choices) +
                         static_cast<std::size_t>(Key::report_to),
                     4));
  CHECK_FALSE(spoilt(offsetof(Record, patch) + offsetof(Patch, added), '\x80'));
}

TEST_CASE("any bytes at all end in an answer") {
  std::uint32_t seed = 1;
  for (int round = 0; round < 20000; ++round) {
    std::vector<char> bytes = Compiled{kText}.bytes();
    for (int i = 0; i < 4; ++i) {
      seed = seed * 1664525 + 1013904223;
      bytes[(seed >> 8U) % bytes.size()] = static_cast<char>(seed >> 24U);
    }
    ProgramPolicy policy;
    if (policy.take_records({bytes.data(), bytes.size()}))
      (void)policy.object("libc.so.6", "/lib/libc.so.6");
  }
}

TEST_CASE("what is shown is understood by whoever means the same by it") {
  HeldPolicy held;
  CHECK_FALSE(held.is_understood());
  held.set(HeldPolicy::Origin::variable, true, "/etc/other.conf");
  CHECK(held.is_understood());
  bool known = false;
  CHECK(held.variable(known) == "/etc/other.conf");
  CHECK(known);
  held.meaning += 1;
  CHECK_FALSE(held.is_understood());
  held.set(HeldPolicy::Origin::variable, false, std::string(256, 'x'));
  CHECK(held.variable(known).empty());
  CHECK_FALSE(known);
}
