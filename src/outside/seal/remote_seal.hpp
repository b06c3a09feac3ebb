// SPDX-License-Identifier: Apache-2.0
// What is to be sealed of a process from outside, and what whoever does it has to bring along.
#pragma once

#include "model/range.hpp"
#include "model/slice.hpp"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace sealwax::outside {

/// One step: a range that is all one part of the process, or several that adjoin each other.
struct RemoteSeal {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Range range;                ///< empty: there is nothing to do, or no more
  bool moved = false;         ///< to memory of the process's own first, as its policy wants it
  bool or_not_at_all = false; ///< it can be written still: where that does not end it stays open
  int protection = 0;         ///< that it has then
  /// Code that shows a file, by the index of that mapping: it is moved only where it is what the
  /// file holds.
  std::size_t code_of = kNone;
  std::size_t in_room = 0; ///< while it moves: where its contents are in the room
};

/// RELRO that can be written still, because whoever writes it has not done so yet, or because
/// nobody in the program makes it constant.
enum class WritableRelro : std::uint8_t { stays, becomes_constant };

/// An open range that is all one part of the process, and wanted sealed.
struct OpenPart {
  Range range;
  bool is_relro = false;
  bool contents_too = false; ///< a seal where it is would leave its contents open
  int protection = 0;
  std::size_t code_of = RemoteSeal::kNone;
};

/// What is to be done about it; without a range: nothing.
[[nodiscard]] constexpr RemoteSeal seal_of(const OpenPart& part, WritableRelro relro) {
  RemoteSeal seal;
  seal.range = part.range;
  seal.moved = part.contents_too;
  seal.protection = part.protection;
  seal.code_of = part.code_of;
  if (part.is_relro && (part.protection & PROT_WRITE) != 0) {
    if (relro == WritableRelro::stays)
      return {};
    seal.or_not_at_all = true;
    seal.protection &= ~PROT_WRITE;
  }
  return seal;
}

/// Makes one step of two that adjoin each other. False: they stay two.
[[nodiscard]] constexpr bool join(RemoteSeal& last, const RemoteSeal& next) {
  const bool joins = !next.moved && !last.moved && last.range.end == next.range.begin;
  if (joins)
    last.range.end = next.range.end;
  return joins;
}

/// Calls `visit` with each stretch of `seals`, which ascend: ranges that adjoin each other are
/// sealed in one call, whatever they are.
template <typename Visit>
void for_each_stretch(Slice<const RemoteSeal> seals, Visit visit) {
  Range stretch;
  for (const RemoteSeal& seal : seals) {
    if (seal.range.empty())
      continue;
    if (stretch.end != seal.range.begin) {
      if (!stretch.empty())
        visit(stretch);
      stretch.begin = seal.range.begin;
    }
    stretch.end = seal.range.end;
  }
  if (!stretch.empty())
    visit(stretch);
}

/// Why something was left as it is.
struct SealProblem {
  const char* what = nullptr; ///< to stand behind "cannot"
  Range range;
  long answer = 0; ///< -errno
  /// It is that mapping's code, which is not what its file holds; else kNone.
  std::size_t changed_code_of = RemoteSeal::kNone;
};

/// The process as whoever seals it knows it.
class SealingSite {
public:
  /// All of `into`; false: not all of it is there.
  [[nodiscard]] virtual bool read(Address at, Slice<std::byte> into) = 0;
  /// Whether these, the contents of `seal.range`, are those of the file that it is mapped from.
  [[nodiscard]] virtual bool is_in_file(const RemoteSeal& seal,
                                        Slice<const std::byte> contents) = 0;
  virtual void tell(const SealProblem& problem) = 0;

protected:
  ~SealingSite() = default;
};

/// How much room the contents take that are on their way to where they move.
[[nodiscard]] inline std::size_t room_for(Slice<const RemoteSeal> seals) {
  std::size_t size = 0;
  for (const RemoteSeal& seal : seals)
    size += seal.moved ? seal.range.size() : 0;
  return size;
}

} // namespace sealwax::outside
