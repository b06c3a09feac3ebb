// SPDX-License-Identifier: Apache-2.0
// What a look at the new objects decides about them, before anything is done.
#pragma once

#include "model/policy/policy.hpp"
#include "model/slice.hpp"
#include "shim/seal/late/pin_list.hpp"

#include <cstddef>

namespace sealwax::shim {

/// What the policy wants of a new object, were it alone.
enum class Wish { leave, audit, seal_staying, seal_closable, pin };

/// `stays`: the loader never unloads it. `unpinnable`: it cannot be kept by its name; asked for
/// only where that matters.
template <typename Unpinnable>
[[nodiscard]] Wish wish_of(const Settings& settings, bool stays, Unpinnable unpinnable) {
  if (settings.mode == Mode::audit)
    return Wish::audit;
  if (settings.mode == Mode::off || settings.late_loads == LateLoads::skip)
    return Wish::leave;
  if (stays)
    return Wish::seal_staying;
  if (settings.late_loads == LateLoads::pinned_only)
    return Wish::leave;
  return settings.late_loads == LateLoads::seal || unpinnable() ? Wish::seal_closable : Wish::pin;
}

/// The load groups that one turn decides about: from the `first` new one on, as many as it has room
/// for. A group is decided about as a whole, once all of it is relocated and, where it is to be
/// pinned, once the loader has answered to that.
class LateGroups {
public:
  /// What becomes of an object.
  enum class Fate {
    later,    ///< its group is for another turn, or for the next load
    kept,     ///< sealed, and never looked at again
    closable, ///< sealed, or waits for it; buried once it is closed
    open,     ///< nothing is sealed of it
  };

  explicit LateGroups(std::size_t first) : first_(first) {}

  /// Whether the object of the group with this number, counted from the first new one, is one to be
  /// looked at. Numbers come in ascending order.
  [[nodiscard]] bool take(std::size_t number);
  /// What was found out about an object of a group that was taken.
  void note(std::size_t number, Wish wish, bool ready);

  /// Whether the loader is to be asked to keep this group, before its objects' fates are known.
  [[nodiscard]] bool asks_for_pin(std::size_t number) const;
  void answer(std::size_t number, PinList::Answer answer);
  /// Whether the objects of this group have a fate other than `later`.
  [[nodiscard]] bool decides(std::size_t number) const;
  [[nodiscard]] Fate fate_of(std::size_t number, Wish wish) const;

  [[nodiscard]] bool empty() const { return groups_.empty(); }
  /// There are groups behind those that it had room for.
  [[nodiscard]] bool more() const { return more_; }
  /// Some have to be looked at again at the next load.
  [[nodiscard]] bool unready() const;
  /// How many are left for another turn.
  [[nodiscard]] std::size_t undecided() const;

private:
  struct Group {
    bool ready = true;
    bool wants_pin = false;
    PinList::Answer answer = PinList::Answer::refused;

    [[nodiscard]] bool is_decided() const {
      return ready && (!wants_pin || answer == PinList::Answer::pinned ||
                       answer == PinList::Answer::refused);
    }
  };
  [[nodiscard]] const Group* at(std::size_t number) const;

  std::size_t first_;
  FixedVector<Group, 32> groups_;
  bool more_ = false;
};

} // namespace sealwax::shim
