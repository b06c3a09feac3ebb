// SPDX-License-Identifier: Apache-2.0
// Moving text and rodata to private anonymous memory.
#pragma once

#include "shim/kernel/maps.hpp"
#include "shim/seal/move/copy_arena.hpp"
#include "shim/seal/seal_request.hpp"

namespace sealwax::shim {

/// Of a sealed mapping of a file the kernel protects place and permission, and lets everything else
/// happen to it: its pages can be dropped and, where the file lies in shared memory, be filled by
/// userfaultfd; it can be kept from a forked child, which maps what it likes into the hole; and
/// whoever writes the file writes the code. Of private memory that cannot be written, which is
/// sealed, none of this is true. An mremap replaces a mapping in one step, so other threads may run
/// the code meanwhile.
///
/// The bytes come from the file, not from memory, where a debugger or a uprobe may have put a
/// breakpoint: copied, it would be one that nobody knows of, and end the process. Where a debugger
/// is at work, what it changed stays where it is, so that it stops there.
class TextMover {
public:
  /// `may_make_code`: nothing is known to forbid it.
  TextMover(Kernel& kernel, Maps& maps, PageSize page, bool may_make_code)
      : kernel_(kernel), maps_(maps), page_(page), may_make_code_(may_make_code) {}

  /// Moves what `request` wants moved of text and rodata. What has to stay where it is is counted,
  /// and its region taken out of `request.moved`.
  void move(SealRequest& request, SealFailures& failures);

private:
  /// A stretch of one mapping.
  struct Part {
    PageRange range;
    std::uint64_t offset = 0; ///< in the file
    Address copy = 0;
    int protection = 0;
    Region region{};
  };

  [[nodiscard]] int find_parts(const SealRequest& request);
  [[nodiscard]] int add_parts(const Piece& piece, int code_protection);
  [[nodiscard]] int open_file(const SealRequest& request);
  [[nodiscard]] int open_if_mapped(const char* path);
  [[nodiscard]] bool is_mapped(int descriptor);
  [[nodiscard]] int copy_parts(const SealRequest& request, CopyArena& arena);
  [[nodiscard]] int read_part(int descriptor, const Part& part);
  [[nodiscard]] bool changed_by_debugger(const Part& part, std::size_t size);
  [[nodiscard]] int put(const Part& part);

  Kernel& kernel_;
  Maps& maps_;
  PageSize page_;
  bool may_make_code_;
  enum class Debugger : std::uint8_t { unknown, absent, present };
  Debugger debugger_ = Debugger::unknown;
  FileIdentity file_;
  FixedVector<Part, 8> parts_;
};

} // namespace sealwax::shim
