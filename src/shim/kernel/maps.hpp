// SPDX-License-Identifier: Apache-2.0
// What the kernel has mapped at an address of this process.
#pragma once

#include "shim/kernel/kernel.hpp"

#include <string_view>

namespace sealwax::shim {

/// Answers from /proc/self/maps: by PROCMAP_QUERY where the kernel has it and the filter lets it
/// pass, else by reading the text. Opens the file at the first question and closes it at the end of
/// its life, so that no descriptor outlasts the load that it is needed for.
class Maps {
public:
  static constexpr std::size_t kLongestName = 4096; // PATH_MAX, limits.h

  /// `buffer` is for names, kLongestName bytes. Without one a page is mapped at the first question:
  /// few programs are asked about at start-up, and none should get a deeper stack for it.
  explicit Maps(Kernel& kernel, Slice<char> buffer = {}) : kernel_(kernel), buffer_(buffer) {}
  ~Maps();
  Maps(const Maps&) = delete;
  Maps& operator=(const Maps&) = delete;

  enum class Match { covering, covering_or_next };

  /// False: nothing is mapped there, or /proc could not be asked.
  bool find(Address at, Match match, Vma& vma);
  /// Closes the file until the next question; name() stays valid.
  void close();
  /// The path or [name] of the mapping found last; valid until the next find.
  [[nodiscard]] std::string_view name() const { return {buffer_.data(), name_size_}; }

  /// The same with a terminator behind it.
  [[nodiscard]] const char* path() const;
  /// Closes the file until the next question: a process may have no second descriptor to spare.
  void rest();

private:
  bool open();
  bool find_in_text(Address at, Match match, Vma& vma);

  Kernel& kernel_;
  Slice<char> buffer_;
  bool owns_buffer_ = false;
  int descriptor_ = -1;
  bool tried_ = false;
  std::size_t name_size_ = 0;
};

} // namespace sealwax::shim
