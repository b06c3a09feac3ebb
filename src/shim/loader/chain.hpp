// SPDX-License-Identifier: Apache-2.0
// Lists that the loader keeps in memory that the program can write.
#pragma once

#include <cstddef>

namespace sealwax::shim {

/// For a range-based for over a list that is linked by `Next`. A list that leads back into itself
/// ends some time after all of it was visited: every now and then the walk leaves a mark, each time
/// after twice as many steps, and stops where it finds one again (Brent's algorithm).
template <typename Node, const Node* (*Next)(const Node&)>
class Chain {
public:
  explicit Chain(const Node* first) : first_(first) {}

  struct End {};
  class Iterator {
  public:
    explicit Iterator(const Node* first) : at_(first), mark_(first) {}
    const Node& operator*() const { return *at_; }
    Iterator& operator++() {
      at_ = Next(*at_);
      if (at_ == mark_) {
        at_ = nullptr;
      } else if (++steps_ == until_mark_) {
        mark_ = at_;
        steps_ = 0;
        until_mark_ *= 2;
      }
      return *this;
    }
    bool operator==(End) const { return at_ == nullptr; }

  private:
    const Node* at_;
    const Node* mark_;
    std::size_t steps_ = 0;
    std::size_t until_mark_ = 1;
  };

  [[nodiscard]] Iterator begin() const { return Iterator{first_}; }
  [[nodiscard]] End end() const { return {}; }

private:
  const Node* first_;
};

} // namespace sealwax::shim
