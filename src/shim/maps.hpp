// What the kernel has mapped at an address of this process.
#pragma once

#include "shim/kernel.hpp"

#include <string_view>

namespace sealwax::shim {

/// Answers from /proc/self/maps: by PROCMAP_QUERY where the kernel has it and the filter lets it
/// pass, else by reading the text. Opens the file at the first question and closes it at the end of
/// its life, so that no descriptor outlasts the load that it is needed for.
class Maps {
public:
  explicit Maps(Kernel& kernel) : kernel_(kernel) {}
  ~Maps();
  Maps(const Maps&) = delete;
  Maps& operator=(const Maps&) = delete;

  enum class Match { covering, covering_or_next };

  /// False: nothing is mapped there, or /proc could not be asked (`available` tells).
  bool find(Address at, Match match, Vma& vma);
  /// The path or [name] of the mapping found last; valid until the next find.
  [[nodiscard]] std::string_view name() const { return {name_, name_size_}; }
  /// Whether the last find could ask at all.
  [[nodiscard]] bool available() const { return descriptor_ >= 0; }

private:
  bool find_in_text(Address at, Match match, Vma& vma);

  static constexpr std::size_t kLongestName = 4096; // PATH_MAX, limits.h
  Kernel& kernel_;
  int descriptor_ = -1;
  bool tried_ = false;
  std::size_t name_size_ = 0;
  char name_[kLongestName];
};

} // namespace sealwax::shim
