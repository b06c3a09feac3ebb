// SPDX-License-Identifier: Apache-2.0
// What a scan asks of the sealer, and what it answers.
#pragma once

#include "model/object/elf_object.hpp"
#include "model/slice.hpp"
#include "shim/state/late_objects.hpp"

#include <cstdint>
#include <string_view>

namespace sealwax::shim {

/// An object and what its policy wants of it. Small: a process has one of each at once.
struct SealRequest {
  Address key = 0; ///< these three as LoadedObject has them
  Address bias = 0;
  Address dynamic = 0; ///< something that the loader has read: its dynamic section
  std::string_view name;
  Slice<const Piece> pieces; ///< those of its layout that matter: what is wanted, and text
  RegionSet regions;
  /// What is to lie in private memory. The sealer takes out what it had to leave in the file.
  RegionSet moved;
  bool complete = true;          ///< as the layout's
  bool text_is_the_files = true; ///< the loader has written nothing into text and rodata
  int code_protection = 0;       ///< what an architecture adds to PROT_EXEC
  std::uint64_t inode = 0;       ///< of a library that was loaded late, else 0
  LateObject* late = nullptr;    ///< where it can be unloaded
  bool sealed = false;           ///< afterwards: some of it is
  Range open{};                  ///< afterwards: around all that could not be sealed

  [[nodiscard]] bool moves(Region region) const { return moved.has(region) && regions.has(region); }
};

/// What could not be done, for the one report about it.
struct SealFailures {
  std::uint32_t ranges = 0;    ///< ranges that the policy wants sealed and that are not
  std::uint32_t in_place = 0;  ///< ranges that it wants in private memory and that stay in the file
  std::uint32_t layouts = 0;   ///< objects whose program headers make no sense, or are too many
  std::uint32_t postponed = 0; ///< times that there was no memory to look at a library in
  std::uint32_t forgotten = 0; ///< what was decided could not be kept: nothing is done later
  int error = 0;               ///< the first errno value seen, 0 for none

  [[nodiscard]] std::uint32_t all() const {
    return ranges + in_place + layouts + postponed + forgotten;
  }
  [[nodiscard]] bool any() const { return all() != 0; }
  void not_sealed(int why) { count(ranges, why); }
  void not_moved(int why) { count(in_place, why); }
  void not_kept(int why) { count(forgotten, why); }
  void not_looked_at(int why) { count(postponed, why); }

private:
  void count(std::uint32_t& what, int why) {
    ++what;
    if (error == 0)
      error = why;
  }
};

} // namespace sealwax::shim
