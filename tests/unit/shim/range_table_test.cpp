// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "list_held.hpp"
#include "shim/state/range_table.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace sealwax;
using namespace sealwax::shim;

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kPlaces = 64;

constexpr Address place(std::size_t index) {
  return 0x10000 + index * kPage;
}

NamedRange range_at(std::size_t index, std::string_view name,
                    NamedRange::Kind kind = NamedRange::sealed) {
  NamedRange entry;
  entry.range = {place(index), place(index) + kPage};
  entry.bias = place(index);
  entry.name = name;
  entry.region = Region::text;
  entry.kind = kind;
  return entry;
}

NamedRange closable_at(std::size_t index, std::string_view name, NamedRange::Kind kind,
                       std::uint64_t inode = 7) {
  NamedRange entry = range_at(index, name, kind);
  entry.can_be_unloaded = true;
  entry.inode = inode;
  return entry;
}

void add(RangeTable& table, const NamedRange& entry) {
  alone([&](const ListLocked& locked) { table.add(locked, entry); });
}

void close(RangeTable& table, std::size_t index, bool was_sealed) {
  alone([&](const ListLocked& locked) {
    table.close(locked, {place(index), place(index) + kPage}, was_sealed);
  });
}

const NamedRange* at(const RangeTable& table, std::size_t index) {
  return table.find({place(index), place(index) + 1}, [](const NamedRange&) { return true; });
}

} // namespace

TEST_CASE("a range is found by what overlaps it, and by nothing else") {
  RangeTable table;
  CHECK(at(table, 1) == nullptr);
  add(table, range_at(1, "libone.so"));
  const auto found = [&](Address begin, Address end) {
    return table.find({begin, end}, [](const NamedRange&) { return true; }) != nullptr;
  };
  CHECK(found(place(1), place(1) + 1));
  CHECK(found(place(0), place(1) + 1));
  CHECK(found(place(2) - 1, place(3)));
  CHECK_FALSE(found(place(0), place(1)));
  CHECK_FALSE(found(place(2), place(3)));
  CHECK_FALSE(found(place(1), place(1)));
}

TEST_CASE("what the reader does not want is passed over") {
  RangeTable table;
  add(table, range_at(1, "first", NamedRange::bystander));
  add(table, range_at(1, "second", NamedRange::sealed));
  const NamedRange* const found = table.find({place(1), place(2)}, [](const NamedRange& entry) {
    return entry.kind == NamedRange::sealed;
  });
  REQUIRE(found != nullptr);
  CHECK(found->name == "second");
  CHECK(at(table, 1)->name == "first");
}

TEST_CASE("entries stay where they are when there are more than fit beside the state") {
  RangeTable table;
  std::vector<const NamedRange*> places;
  for (std::size_t i = 0; i < 1000; ++i) {
    add(table, range_at(i, "a library"));
    places.push_back(at(table, i));
    REQUIRE(places.back() != nullptr);
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    REQUIRE(at(table, i) == places[i]);
    REQUIRE(places[i]->bias == place(i));
  }
}

TEST_CASE("the name of what can be unloaded is copied") {
  RangeTable table;
  auto name = std::make_unique<std::string>("libplugin.so");
  add(table, closable_at(1, *name, NamedRange::bystander));
  name.reset();
  CHECK(at(table, 1)->name == "libplugin.so");
}

TEST_CASE("of a closed library what is sealed stays, and the rest is forgotten") {
  RangeTable table;
  add(table, closable_at(1, "libplugin.so", NamedRange::sealed));
  add(table, closable_at(2, "libplugin.so", NamedRange::bystander));
  close(table, 1, true);
  close(table, 2, true);
  CHECK(at(table, 1) != nullptr);
  CHECK(at(table, 2) == nullptr);
  add(table, closable_at(3, "libother.so", NamedRange::audited));
  close(table, 3, false);
  CHECK(at(table, 3) == nullptr);
}

TEST_CASE("what cannot be unloaded is never forgotten") {
  RangeTable table;
  add(table, range_at(1, "libpinned.so", NamedRange::bystander));
  close(table, 1, false);
  CHECK(at(table, 1) != nullptr);
}

TEST_CASE("the same file's entry is used again, wherever it lies now") {
  RangeTable table;
  add(table, closable_at(1, "libplugin.so", NamedRange::audited));
  const NamedRange* const entry = at(table, 1);
  close(table, 1, false);
  add(table, closable_at(5, "libother.so", NamedRange::audited, 8));
  CHECK(at(table, 5) != entry);
  add(table, closable_at(2, "libplugin.so", NamedRange::audited));
  CHECK(at(table, 1) == nullptr);
  CHECK(at(table, 2) == entry);
  CHECK(entry->bias == place(2));
}

TEST_CASE("a library that is gone is never told as another that took its entry") {
  RangeTable table;
  add(table, closable_at(1, "a/longer/name.so", NamedRange::bystander, 7));
  const NamedRange* const entry = at(table, 1);
  close(table, 1, false);
  add(table, closable_at(2, "short.so", NamedRange::bystander, 8));
  CHECK(at(table, 2) == entry);
  CHECK(at(table, 2)->name == "short.so");
  CHECK(at(table, 2)->inode == 8);
}

TEST_CASE("a program that loads and unloads all day fills no memory") {
  RangeTable table;
  std::vector<const NamedRange*> places;
  for (std::size_t i = 0; i < 5000; ++i) {
    add(table, closable_at(i % kPlaces, "libplugin.so", NamedRange::audited));
    if (i == 0)
      places.push_back(at(table, 0));
    REQUIRE(at(table, i % kPlaces) == places[0]);
    close(table, i % kPlaces, false);
  }
}

TEST_CASE("names of any length that come and go fill no memory") {
  RangeTable table;
  constexpr std::size_t kMost = 40;
  std::vector<const NamedRange*> seen;
  for (std::size_t i = 0; i < 5000; ++i) {
    const std::string name(1 + i * 7919 % kMost, 'x');
    add(table, closable_at(1, name, NamedRange::bystander, i + 1));
    REQUIRE(at(table, 1)->name == name);
    if (std::find(seen.begin(), seen.end(), at(table, 1)) == seen.end())
      seen.push_back(at(table, 1));
    close(table, 1, false);
  }
  CHECK(seen.size() <= 3); // names of up to 16, 32 and 64
}

TEST_CASE("the last load under a name is the one that stays") {
  RangeTable table;
  NamedRange early = range_at(1, "libx.so");
  NamedRange late = range_at(2, "libx.so");
  early.inode = 7;
  late.inode = 8;
  NamedRange closable = closable_at(3, "libx.so", NamedRange::sealed, 9);
  add(table, range_at(0, "libx.so")); // loaded at start-up
  CHECK(table.last_loaded("libx.so") == nullptr);
  add(table, early);
  add(table, late);
  add(table, closable);
  REQUIRE(table.last_loaded("libx.so") != nullptr);
  CHECK(table.last_loaded("libx.so")->inode == 8);
  CHECK(table.last_loaded("liby.so") == nullptr);
}

// What a reader finds is whole: the name, the bias and the range are those of one library, though
// the table grows, forgets and takes back meanwhile. A library that is back may lie elsewhere.
TEST_CASE("readers beside a writer find whole entries") {
  constexpr std::size_t kLibraries = 1000;
  RangeTable table;
  ListLock lock;
  const Loader loader;
  std::atomic<bool> done = false;
  std::atomic<std::size_t> torn = 0;
  std::atomic<std::size_t> seen = 0;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kLibraries; ++i)
    names.push_back("library" + std::to_string(i));

  const auto read = [&](std::size_t from) {
    for (std::size_t i = from; !done; i = (i + 7) % (2 * kLibraries))
      (void)table.find({place(i), place(i) + 1}, [&](const NamedRange& entry) {
        seen += 1;
        const Address bias = entry.bias;
        torn += entry.name == names[i % kLibraries] && entry.region == Region::text &&
                        (bias == place(i) || entry.can_be_unloaded)
                    ? 0
                    : 1;
        return true;
      });
  };
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < 2; ++i)
    readers.emplace_back(read, i);
  for (std::size_t i = 0; i < kLibraries; ++i) {
    const bool held = with_list_held(lock, loader, [&](const ListLocked& locked) {
      if (i % 2 == 0) {
        table.add(locked, range_at(i, names[i]));
        return;
      }
      table.add(locked, closable_at(i, names[i], NamedRange::audited, i));
      for (const std::size_t to : {kLibraries + i, i}) {
        table.close(locked, {place(0), place(2 * kLibraries)}, false);
        table.add(locked, closable_at(to, names[i], NamedRange::audited, i));
      }
    });
    REQUIRE(held);
  }
  while (seen == 0)
    std::this_thread::yield();
  done = true;
  for (std::thread& reader : readers)
    reader.join();
  CHECK(torn == 0);
}
