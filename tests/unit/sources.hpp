// SPDX-License-Identifier: Apache-2.0
// Files of the source tree, for tests that hold texts and code together.
#pragma once

#include "catch.hpp"

#include <fstream>
#include <iterator>
#include <string>

namespace sealwax::test {

/// `path` is relative to the tree's top.
inline std::string source(const std::string& path) {
  std::ifstream in{std::string{SEALWAX_SOURCES} + '/' + path};
  INFO(path);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace sealwax::test
