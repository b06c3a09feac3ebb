// From a plan to the calls that carry it out.
#pragma once

#include "model/plan.hpp"
#include "shim/loader/loader.hpp"
#include "shim/seal/relro_arena.hpp"

namespace sealwax::shim {

/// An object and what its policy wants of it.
struct SealRequest {
  LoadedObject object;
  RegionSet regions;
  bool move_relro = true;
};

/// Bytes to put into an object's RELRO at the last moment at which it can be written.
struct LastWrite {
  Address at = 0;
  const void* bytes = nullptr;
  std::size_t size = 0;
};

/// Makes the write where it goes to, in read-only memory, which is read-only again afterwards.
void write_in_place(PageSize page, const LastWrite& write);

/// What could not be done, for the one report about it.
struct SealFailures {
  std::uint32_t ranges = 0;  ///< ranges that the policy wants sealed and that are not
  std::uint32_t layouts = 0; ///< objects whose program headers make no sense, or are too many
  int error = 0;             ///< the first errno value seen, 0 for none
  [[nodiscard]] bool any() const { return ranges != 0 || layouts != 0; }
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

  /// Every mapping that the kernel itself put into this process: next to the vdso (vvar,
  /// vvar_vclock) and above the stack. Before the program's first instruction only.
  [[nodiscard]] FixedVector<PageRange, 2> kernel_mappings(const LoadedObject& vdso,
                                                          Address stack_end);

  /// The mapping that holds the main thread's stack. Sealed, it still grows.
  [[nodiscard]] PageRange stack_mapping(Address inside);

  /// Seals one range; counts it where that fails.
  void seal_range(PageRange range);

  [[nodiscard]] const SealFailures& failures() const { return failures_; }

  /// Null where the program headers make no sense. Valid until the next call on this sealer. The
  /// object's notes are read where `wanted` has data, which is what they are about.
  [[nodiscard]] const ObjectLayout* layout_of(const LoadedObject& object, RegionSet wanted = {});

private:
  bool plan(const SealRequest& request);
  bool reserve(Slice<const SealRequest> batch, RelroArena& arena);
  void copy_relro(Slice<const SealRequest> batch, const LastWrite& last_write, RelroArena& arena);
  void put_relro(RelroArena& arena, LastWrite& last_write);
  void seal_plan();
  void seal_mapped(PageRange range, bool only_without_permission);
  [[nodiscard]] bool is_kernel_page(Address at);
  [[nodiscard]] Address kernel_block_begin(Address end);
  void fail(int error);

  Kernel& kernel_;
  Maps& maps_;
  PageSize page_;
  ObjectLayout layout_;
  ObjectPlan plan_;
  SealFailures failures_;
  bool wants_spare_ = false;
  Address spare_page_ = 0;
};

} // namespace sealwax::shim
