// SPDX-License-Identifier: Apache-2.0
// From what is to be sealed to the calls that do it.
#pragma once

#include "model/object/plan.hpp"
#include "shim/seal/move/text_mover.hpp"

namespace sealwax::shim {

/// Bytes to put into an object's RELRO at the last moment at which it can be written.
struct LastWrite {
  Address at = 0;
  const void* bytes = nullptr;
  std::size_t size = 0;
};

/// How a write to read-only memory went.
struct Written {
  Reply opened{0}; ///< an error: the pages could not be made writable, and nothing was written
  Reply closed{0}; ///< an error: they could not be made read-only again
};

/// Makes a write where it goes to.
Written write_to_read_only(PageSize page, const LastWrite& write);

/// Lives for one scan. Every mseal on an object is made here.
class Sealer {
public:
  Sealer(Kernel& kernel, Maps& maps, PageSize page, bool may_make_code)
      : kernel_(kernel), maps_(maps), page_(page), text_(kernel, maps, page, may_make_code) {}

  /// Seals the objects of one batch. The RELRO of all shares one arena: one mmap, one mprotect.
  /// Leaves in each request what of it lies in private memory.
  void seal(Slice<SealRequest> batch, LastWrite last_write = {});

  /// A page that comes with the next batch's arena, and is the caller's; 0 where there is none. It
  /// saves a process a mapping, and the calls for it.
  void want_spare_page() { wants_spare_ = true; }
  [[nodiscard]] Address spare_page() const { return spare_page_; }

  /// Moves code of the kernel's own to private memory; `protection` is what it has there. The
  /// mapping it has from the kernel can be kept from forked children, sealed or not.
  void move_kernel_code(PageRange range, int protection);

  /// Seals one range; counts what of it cannot be, or is not there. Whether all of it is sealed.
  bool seal_range(PageRange range);

  [[nodiscard]] const SealFailures& failures() const { return failures_; }

private:
  [[nodiscard]] bool can_be_read(PageRange range, Address known);
  void leave_what_cannot_be_read(SealRequest& request);
  void copy_relro(const SealRequest& request, const LastWrite& last_write, CopyArena& arena);
  void put_relro(SealRequest& request, LastWrite& last_write, CopyArena& arena);
  [[nodiscard]] bool write_in_place(const SealRequest& request, LastWrite& last_write);
  void seal_pieces(const SealRequest& request, RegionSet regions);
  template <typename Visit>
  void for_each_mapped(PageRange range, Visit visit);
  void seal_mapped(PageRange range);
  void seal_gap(PageRange gap, bool anew);
  void count(Reply sealed, PageRange range);
  void leave_open(PageRange range, int why);

  Kernel& kernel_;
  Maps& maps_;
  PageSize page_;
  TextMover text_;
  SealFailures failures_;
  bool any_sealed_ = false; ///< of the object at hand
  Range open_{};            ///< likewise, as SealRequest has it
  bool wants_spare_ = false;
  Address spare_page_ = 0;
};

} // namespace sealwax::shim
