// SPDX-License-Identifier: Apache-2.0
#include "cli/injection/remote_move.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <unistd.h>

namespace sealwax::cli {
namespace {

/// A range's contents on their way.
struct Piece {
  RemoteSeal* seal;
  std::span<std::byte> contents;
  Address copy = 0; ///< where they are between
  bool arrived = false;

  [[nodiscard]] Range between() const { return {copy, copy + contents.size()}; }
};

bool is_in_file(const Piece& piece, const Process& process) {
  const Mapping& mapping = *piece.seal->code_of;
  const Descriptor file = process.open_mapped(mapping);
  std::vector<std::byte> bytes(piece.contents.size());
  const auto offset =
      static_cast<off_t>(mapping.offset + (piece.seal->range.begin - mapping.range.begin));
  // Behind the file's end memory is zero.
  return file.open() && pread(file.number(), bytes.data(), bytes.size(), offset) > 0 &&
         std::equal(bytes.begin(), bytes.end(), piece.contents.begin());
}

/// All contents go to one stretch of fresh memory; from there each takes its range's place in one
/// call, so that every thread of the process finds the one or the other there, and both are the
/// same. A call takes two stops of the process: what can be asked for all pieces in one is.
class Move {
public:
  Move(Room& room, const Process& process, const Memory& memory, RemoteCalls& calls)
      : rest_(room), process_(process), memory_(memory), calls_(calls) {}

  void take(RemoteSeal& seal) {
    const Piece piece{&seal, rest_.first(seal.range.size())};
    if (memory_.read(seal.range.begin, piece.contents) != Memory::Outcome::ok) {
      problems_.push_back(why_not("read", seal.range, -EIO));
    } else if (seal.code_of && !is_in_file(piece, process_)) {
      problems_.push_back(fmt::format("code of {} is not what its file holds (a breakpoint, a "
                                      "relocation), and stays where it is",
                                      seal.code_of->name));
    } else {
      pieces_.push_back(piece);
      rest_ = rest_.subspan(seal.range.size());
    }
  }

  std::vector<std::string> run() {
    if (!pieces_.empty() && lay_out())
      for (std::size_t first = 0; first < pieces_.size();)
        first = bring_those_alike(first);
    return std::move(problems_);
  }

  [[nodiscard]] bool has_moved(const RemoteSeal& seal) const {
    return std::any_of(pieces_.begin(), pieces_.end(), [&seal](const Piece& piece) {
      return piece.seal == &seal && piece.arrived;
    });
  }

private:
  /// False: there is nowhere to put them.
  bool lay_out() {
    std::size_t size = 0;
    for (const Piece& piece : pieces_)
      size += piece.contents.size();
    const long place = calls_.call(
        SYS_mmap, {0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL, 0});
    if (call_failed(place)) {
      problems_.push_back(why_not("find memory to move", pieces_.front().seal->range, place));
      return false;
    }
    auto at = static_cast<Address>(place);
    for (Piece& piece : pieces_) {
      piece.copy = at;
      at += piece.contents.size();
    }
    return true;
  }

  /// Those from `first` on that get the same protection. Returns the next one.
  std::size_t bring_those_alike(std::size_t first) {
    const int protection = pieces_[first].seal->protection;
    std::size_t end = first, size = 0;
    for (; end < pieces_.size() && pieces_[end].seal->protection == protection; ++end)
      size += pieces_[end].contents.size();
    const bool ready = prepare(pieces_[first], size);
    for (std::size_t i = first; i < end; ++i)
      if (!ready || !bring(pieces_[i]))
        free(pieces_[i]);
    return end;
  }

  /// `size` bytes from the first one's on, which lie side by side here and there.
  bool prepare(const Piece& first, std::size_t size) {
    const auto protection = static_cast<std::uint64_t>(first.seal->protection);
    if (!calls_.write(first.copy, {first.contents.data(), size})) {
      problems_.push_back(why_not("fill memory for", first.seal->range, -EFAULT));
      return false;
    }
    const long answer = calls_.call(SYS_mprotect, {first.copy, size, protection});
    if (call_failed(answer))
      problems_.push_back(why_not("protect memory for", first.seal->range, answer));
    return !call_failed(answer);
  }

  bool bring(Piece& piece) {
    const std::size_t size = piece.contents.size();
    const long answer =
        calls_.call(SYS_mremap, {piece.copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
                                 piece.seal->range.begin});
    piece.arrived = !call_failed(answer);
    if (!piece.arrived)
      problems_.push_back(why_not("move", piece.seal->range, answer));
    return piece.arrived;
  }

  void free(const Piece& piece) {
    const long answer = calls_.call(SYS_munmap, {piece.copy, piece.contents.size()});
    if (call_failed(answer))
      problems_.push_back(why_not("free", piece.between(), answer));
  }

  std::span<std::byte> rest_; ///< of the room
  const Process& process_;
  const Memory& memory_;
  RemoteCalls& calls_;
  std::vector<Piece> pieces_;
  std::vector<std::string> problems_;
};

} // namespace

std::vector<std::string> move_remotely(std::vector<RemoteSeal>& seals, Room& room,
                                       const Process& process, const Memory& memory,
                                       RemoteCalls& calls) {
  Move move{room, process, memory, calls};
  std::vector<RemoteSeal*> to_move;
  for (RemoteSeal& seal : seals)
    if (seal.moved)
      to_move.push_back(&seal);
  // What gets the same protection lies side by side.
  std::stable_sort(to_move.begin(), to_move.end(), [](const RemoteSeal* a, const RemoteSeal* b) {
    return a->protection < b->protection;
  });
  for (RemoteSeal* seal : to_move)
    move.take(*seal);
  std::vector<std::string> problems = move.run();
  for (RemoteSeal* seal : to_move) {
    seal->moved = move.has_moved(*seal);
    if (!seal->moved && seal->or_not_at_all)
      seal->range = {};
  }
  std::erase_if(seals, [](const RemoteSeal& seal) { return seal.range.empty(); });
  return problems;
}

} // namespace sealwax::cli
