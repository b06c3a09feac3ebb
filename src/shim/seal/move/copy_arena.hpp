// SPDX-License-Identifier: Apache-2.0
// Copies that replace what they are copies of.
#pragma once

#include "model/range.hpp"
#include "shim/kernel/lifted_limits.hpp"

namespace sealwax::shim {

/// Moves mappings of files to private anonymous memory.
///
/// RELRO is a private mapping of a file, and madvise(MADV_DONTNEED) on one puts the file's bytes
/// back, sealed or not: sealing protects the place and the permission of such a mapping, not its
/// contents. On anonymous memory that the caller may not write, mseal covers these calls as well.
/// So the pages are copied into one arena, which is made read-only and then moved, piece by piece,
/// over the originals. An mremap replaces the old mapping in one step: there is no moment in which
/// another thread would find neither, and where it fails the original is still in place.
///
/// Use: count each range, reserve, copy each, protect, put each; always in the same order. Who has
/// other bytes than memory has, or other permissions, makes room in place of the copy, and does the
/// rest by himself.
class CopyArena {
public:
  CopyArena(Kernel& kernel, PageSize page) : kernel_(kernel), page_(page), limits_(kernel) {}
  /// Gives the arena back. What was put has left it.
  ~CopyArena();
  CopyArena(const CopyArena&) = delete;
  CopyArena& operator=(const CopyArena&) = delete;

  void count(PageRange range);
  /// Asks for one more page, which stays when the arena goes.
  void add_spare() { spare_ = page_.bytes(); }
  /// False: nothing to move, no memory, or moving is not possible here.
  bool reserve();
  [[nodiscard]] bool usable() const { return begin_ != 0; }
  /// Why it is not: an errno value.
  [[nodiscard]] int error() const { return error_; }

  /// The page asked for, readable and writable, in a mapping of its own once the copies are
  /// protected; 0 where there is no usable arena.
  [[nodiscard]] Address spare() const { return usable() && spare_ != 0 ? begin_ - spare_ : 0; }

  /// Where a copy of `range` is to be, writable.
  Address make_room(PageRange range);
  /// Copies the pages of `range` and returns where they are now, still writable.
  Address copy(PageRange range);
  /// Makes the copies read-only. Where that fails the arena is not usable any more.
  void protect();
  /// Moves the copy over its original. Where that is refused the original is as it was.
  Reply put(PageRange range);
  /// For where there is no room for all copies at once: copies and moves one page at a time, which
  /// takes a mapping for each. What was moved until one is refused stays moved.
  Reply move_by_page(PageRange range);

private:
  [[nodiscard]] bool wants_huge_pages(PageRange range) const;
  Address place(PageRange range, Address& cursor) const;

  Kernel& kernel_;
  PageSize page_;
  LiftedLimits limits_; ///< until the last copy is in its place
  std::size_t bytes_ = 0;
  std::size_t spare_ = 0; ///< bytes in front of begin_
  bool any_huge_ = false;
  Address begin_ = 0; ///< 0: not usable
  Address end_ = 0;
  Address copied_ = 0;
  Address put_ = 0;
  int error_ = 0;
};

} // namespace sealwax::shim
