// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/loader/chain.hpp"

#include <cstddef>
#include <set>
#include <vector>

using namespace sealwax::shim;

namespace {

struct Node {
  const Node* next = nullptr;
};

const Node* next_of(const Node& node) {
  return node.next;
}

/// A list of `length` nodes, the last of which leads back to number `back`; none where that is no
/// node's number.
std::vector<Node> list(std::size_t length, std::size_t back) {
  std::vector<Node> nodes(length);
  for (std::size_t i = 0; i + 1 < length; ++i)
    nodes[i].next = &nodes[i + 1];
  if (back < length)
    nodes.back().next = &nodes[back];
  return nodes;
}

std::vector<const Node*> walked(const std::vector<Node>& nodes) {
  std::vector<const Node*> seen;
  for (const Node& node : Chain<Node, next_of>{nodes.data()}) {
    seen.push_back(&node);
    REQUIRE(seen.size() <= 4 * nodes.size() + 4); // or it would not end
  }
  return seen;
}

} // namespace

TEST_CASE("a list that ends is walked once, in its order") {
  CHECK(walked({}).empty());
  for (std::size_t length = 1; length < 70; ++length) {
    const std::vector<Node> nodes = list(length, length);
    const std::vector<const Node*> seen = walked(nodes);
    REQUIRE(seen.size() == length);
    for (std::size_t i = 0; i < length; ++i)
      CHECK(seen[i] == &nodes[i]);
  }
}

TEST_CASE("a list that leads back into itself is walked whole, and ends") {
  for (std::size_t length = 1; length < 70; ++length)
    for (std::size_t back = 0; back < length; ++back) {
      const std::vector<Node> nodes = list(length, back);
      const std::vector<const Node*> seen = walked(nodes);
      CHECK(std::set<const Node*>(seen.begin(), seen.end()).size() == length);
    }
}
