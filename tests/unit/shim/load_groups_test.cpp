// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/loader/load_groups.hpp"

#include <memory>
#include <string>

using namespace sealwax;
using namespace sealwax::shim;

TEST_CASE("a set has the names that were added, until it is cleared") {
  const auto names = std::make_unique<NameSet>();
  CHECK_FALSE(names->has("libz.so.1"));
  names->add("libz.so.1");
  names->add("libz.so.1");
  CHECK(names->has("libz.so.1"));
  CHECK_FALSE(names->has("libz.so.2"));
  CHECK_FALSE(names->has(""));
  names->clear();
  CHECK_FALSE(names->has("libz.so.1"));
}

TEST_CASE("a set that is full has every name") {
  const auto names = std::make_unique<NameSet>();
  int added = 0;
  while (!names->full()) {
    names->add("lib" + std::to_string(added++) + ".so");
    REQUIRE(added < 100000);
  }
  CHECK(names->has("never added"));
  names->add("one more");
  CHECK(names->has("lib0.so"));
  names->clear();
  CHECK_FALSE(names->has("lib0.so"));
}

namespace {

/// An object that needs another by its name.
struct MadeObject {
  MadeObject(const char* own_name, const char* needed_name, long in = 0)
      : names(std::string(1, '\0') + needed_name), path(own_name), name_space(in) {
    const auto bias = reinterpret_cast<Address>(this);
    dynamic[0].d_tag = DT_STRTAB;
    dynamic[0].d_un.d_ptr = reinterpret_cast<Address>(names.data());
    if (*needed_name != '\0') {
      dynamic[1].d_tag = DT_NEEDED;
      dynamic[1].d_un.d_val = 1;
    }
    header.p_type = PT_DYNAMIC;
    header.p_vaddr = reinterpret_cast<Address>(dynamic) - bias;
    header.p_filesz = sizeof dynamic;
  }
  [[nodiscard]] LoadedObject loaded() const {
    return {reinterpret_cast<Address>(this), {&header, 1}, path, name_space};
  }

  Elf64_Dyn dynamic[3] = {};
  Elf64_Phdr header = {};
  std::string names;
  std::string path;
  long name_space;
};

} // namespace

TEST_CASE("an object that no new one before it needs is the root of its group") {
  const MadeObject top{"/lib/top.so", "middle.so"};
  const MadeObject middle{"/lib/middle.so", "/lib/base.so"};
  const MadeObject base{"/lib/base.so", ""};
  const MadeObject alone{"/lib/alone.so", ""};
  const auto finder = std::make_unique<LoadGroupFinder>();
  CHECK(finder->starts_group(top.loaded()));
  CHECK_FALSE(finder->starts_group(middle.loaded()));
  CHECK_FALSE(finder->starts_group(base.loaded()));
  CHECK(finder->starts_group(alone.loaded()));
  finder->reset();
  CHECK(finder->starts_group(base.loaded()));
}

TEST_CASE("the first object of a namespace is a root, whoever needs one of its name") {
  const MadeObject top{"/lib/top.so", "base.so"};
  const MadeObject base{"/lib/base.so", "", 1};
  const auto finder = std::make_unique<LoadGroupFinder>();
  CHECK(finder->starts_group(top.loaded()));
  CHECK(finder->starts_group(base.loaded()));
}
