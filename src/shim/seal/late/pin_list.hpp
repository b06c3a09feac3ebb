// SPDX-License-Identifier: Apache-2.0
// Load groups to be kept loaded, as `dlopen = pin` wants it.
#pragma once

#include "model/slice.hpp"
#include "shim/loader/loader.hpp"

#include <cstddef>
#include <string_view>

namespace sealwax::shim {

/// A library is pinned by a dlopen of its name, which must not be called under the list lock: so a
/// scan notes what it would pin, and the next one seals it.
class PinList {
public:
  enum class Answer { pinned, refused, noted, full };

  /// What has become of the group with this root; notes it where it is new. Where the list is full
  /// it is the next turn's.
  [[nodiscard]] Answer ask(const LoadedObject& root);

  /// Pins what was noted. False: nothing is left to ask.
  [[nodiscard]] bool pin(const Loader& loader);

private:
  struct Pin {
    Address root = 0;
    const char* name = nullptr;
    Answer answer = Answer::noted;
  };
  FixedVector<Pin, 32> pins_;
  bool full_ = false;
  std::size_t names_size_ = 0;
  char names_[8192];
};

} // namespace sealwax::shim
