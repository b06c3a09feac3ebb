// SPDX-License-Identifier: Apache-2.0
// Files of /proc, as text.
#pragma once

#include "outside/kernel/kernel_call.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sealwax::outside {

/// "/proc/PID/FILE", in place.
class ProcPath {
public:
  ProcPath(int pid, std::string_view file);
  [[nodiscard]] const char* text() const { return text_; }

private:
  char text_[48];
};

/// The number in hexadecimal digits behind `label`; 0: there is no such label.
[[nodiscard]] std::uint64_t hexadecimal_behind(std::string_view text, std::string_view label);

/// What such a file says, as far as there is room for it.
template <std::size_t Room>
class ProcText {
public:
  ProcText(int pid, std::string_view file) {
    const File opened{ProcPath{pid, file}.text()};
    for (long done = 1; opened.open() && done > 0 && size_ < Room;) {
      done = opened.read(bytes_ + size_, Room - size_);
      size_ += done > 0 ? static_cast<std::size_t>(done) : 0;
    }
  }
  [[nodiscard]] std::string_view text() const { return {bytes_, size_}; }
  /// Whether there was more than room.
  [[nodiscard]] bool is_cut() const { return size_ == Room; }

private:
  std::size_t size_ = 0;
  char bytes_[Room];
};

} // namespace sealwax::outside
