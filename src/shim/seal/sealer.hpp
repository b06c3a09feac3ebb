// From what is to be sealed to the calls that do it.
#pragma once

#include "model/plan.hpp"
#include "shim/loader/loader.hpp"
#include "shim/seal/relro_arena.hpp"

namespace sealwax::shim {

/// An object and what its policy wants of it. Small: a process has one of each at once.
struct SealRequest {
  Address key = 0; ///< these three as LoadedObject has them
  Address bias = 0;
  std::string_view name;
  Slice<const Piece> pieces; ///< those of its layout that matter: what is wanted, and text
  RegionSet regions;
  bool move_relro = true;
  bool complete = true; ///< as the layout's
};

/// Bytes to put into an object's RELRO at the last moment at which it can be written.
struct LastWrite {
  Address at = 0;
  const void* bytes = nullptr;
  std::size_t size = 0;
};

/// Makes a write where it goes to, in read-only memory, or leaves it where that is not possible. An
/// error: the pages could be made writable, but not read-only again.
Reply write_to_read_only(PageSize page, const LastWrite& write);

/// What could not be done, for the one report about it.
struct SealFailures {
  std::uint32_t ranges = 0;  ///< ranges that the policy wants sealed and that are not
  std::uint32_t layouts = 0; ///< objects whose program headers make no sense, or are too many
  int error = 0;             ///< the first errno value seen, 0 for none

  [[nodiscard]] bool any() const { return ranges != 0 || layouts != 0; }
  void add_range(int why) {
    ++ranges;
    if (error == 0)
      error = why;
  }
};

/// Lives for one scan. Every mseal on an object is made here.
class Sealer {
public:
  Sealer(Kernel& kernel, Maps& maps, PageSize page) : kernel_(kernel), maps_(maps), page_(page) {}

  /// Seals the objects of one batch. The RELRO of all shares one arena: one mmap, one mprotect.
  void seal(Slice<const SealRequest> batch, LastWrite last_write = {});

  /// A page that comes with the next batch's arena, and is the caller's; 0 where there is none. It
  /// saves a process a mapping, and the calls for it.
  void want_spare_page() { wants_spare_ = true; }
  [[nodiscard]] Address spare_page() const { return spare_page_; }

  /// Seals one range; counts it where that fails.
  void seal_range(PageRange range);

  [[nodiscard]] const SealFailures& failures() const { return failures_; }

private:
  void copy_relro(const SealRequest& request, const LastWrite& last_write, RelroArena& arena);
  void put_relro(const SealRequest& request, LastWrite& last_write, RelroArena& arena);
  [[nodiscard]] bool write_in_place(const SealRequest& request, LastWrite& last_write);
  void seal_pieces(const SealRequest& request, RegionSet regions);
  void seal_mapped(PageRange range, bool only_without_permission);

  Kernel& kernel_;
  Maps& maps_;
  PageSize page_;
  SealFailures failures_;
  bool wants_spare_ = false;
  Address spare_page_ = 0;
};

} // namespace sealwax::shim
