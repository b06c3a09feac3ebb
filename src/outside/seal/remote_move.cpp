// SPDX-License-Identifier: Apache-2.0
#include "outside/seal/remote_move.hpp"

#include "outside/kernel/kernel_call.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>

namespace sealwax::outside {
namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
constexpr int kProtections = PROT_READ | PROT_WRITE | PROT_EXEC;

/// All contents go to one stretch of fresh memory, those that get the same protection side by side;
/// from there each takes its range's place in one call, so that every thread of the process finds
/// the one or the other there, and both are the same. A call takes two stops of the process: what
/// can be asked for several ranges in one is.
class Move {
public:
  Move(Slice<RemoteSeal> seals, Slice<std::byte> room, SealingSite& site, RemoteCalls& calls)
      : seals_(seals), room_(room), site_(site), calls_(calls) {}

  void run() {
    for (int protection = 0; protection <= kProtections; ++protection)
      for_each_with(protection, [this](RemoteSeal& seal) { take(seal); });
    const bool laid_out = used_ != 0 && lay_out();
    for (int protection = 0; laid_out && protection <= kProtections; ++protection)
      bring_those_with(protection);
    if (!laid_out)
      for (RemoteSeal& seal : seals_)
        give_up(seal);
  }

private:
  template <typename Work>
  void for_each_with(int protection, Work work) {
    for (RemoteSeal& seal : seals_)
      if (seal.moved && (seal.protection & kProtections) == protection)
        work(seal);
  }

  /// It stays where it is.
  static void give_up(RemoteSeal& seal) {
    if (!seal.moved)
      return;
    seal.moved = false;
    if (seal.or_not_at_all)
      seal.range = {};
  }

  void take(RemoteSeal& seal) {
    const Slice<std::byte> contents{room_.data() + used_, seal.range.size()};
    const bool fits = contents.size() <= room_.size() - used_;
    if (!fits || !site_.read(seal.range.begin, contents)) {
      site_.tell({"read", seal.range, -EIO});
      give_up(seal);
    } else if (seal.code_of != RemoteSeal::kNone && !site_.is_in_file(seal, contents)) {
      site_.tell({nullptr, seal.range, 0, seal.code_of});
      give_up(seal);
    } else {
      seal.in_room = used_;
      used_ += contents.size();
    }
  }

  /// False: there is nowhere to put them.
  bool lay_out() {
    const long place = calls_.call(
        SYS_mmap, {0, used_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL, 0});
    if (call_failed(place))
      for (const RemoteSeal& seal : seals_)
        if (seal.moved)
          return site_.tell({"find memory to move", seal.range, place}), false;
    copies_ = static_cast<Address>(place);
    return true;
  }

  void bring_those_with(int protection) {
    std::size_t first = kNowhere, size = 0;
    Range of_first;
    for_each_with(protection, [&](const RemoteSeal& seal) {
      if (first == kNowhere) {
        first = seal.in_room;
        of_first = seal.range;
      }
      size += seal.range.size();
    });
    const bool ready = size == 0 || prepare(of_first, first, size, protection);
    for_each_with(protection, [&](RemoteSeal& seal) {
      if (!ready || !bring(seal))
        free(seal);
    });
  }

  bool prepare(Range of_first, std::size_t first, std::size_t size, int protection) {
    const Address copy = copies_ + first;
    if (!calls_.write(copy, {room_.data() + first, size}))
      return site_.tell({"fill memory for", of_first, -EFAULT}), false;
    const long answer =
        calls_.call(SYS_mprotect, {copy, size, static_cast<std::uint64_t>(protection)});
    if (call_failed(answer))
      site_.tell({"protect memory for", of_first, answer});
    return !call_failed(answer);
  }

  bool bring(const RemoteSeal& seal) {
    const std::size_t size = seal.range.size();
    const long answer = calls_.call(SYS_mremap, {copies_ + seal.in_room, size, size,
                                                 MREMAP_MAYMOVE | MREMAP_FIXED, seal.range.begin});
    if (call_failed(answer))
      site_.tell({"move", seal.range, answer});
    return !call_failed(answer);
  }

  void free(RemoteSeal& seal) {
    const Address copy = copies_ + seal.in_room;
    const long answer = calls_.call(SYS_munmap, {copy, seal.range.size()});
    if (call_failed(answer))
      site_.tell({"free", {copy, copy + seal.range.size()}, answer});
    give_up(seal);
  }

  Slice<RemoteSeal> seals_;
  Slice<std::byte> room_;
  SealingSite& site_;
  RemoteCalls& calls_;
  std::size_t used_ = 0; ///< of the room
  Address copies_ = 0;   ///< where they are between
};

} // namespace

void move_remotely(Slice<RemoteSeal> seals, Slice<std::byte> room, SealingSite& site,
                   RemoteCalls& calls) {
  Move{seals, room, site, calls}.run();
}

} // namespace sealwax::outside
