// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/late/late_groups.hpp"

namespace sealwax::shim {

bool LateGroups::take(std::size_t number) {
  if (number == first_ + groups_.size() && !groups_.push(Group{}))
    more_ = true;
  return at(number) != nullptr;
}

const LateGroups::Group* LateGroups::at(std::size_t number) const {
  return number < first_ || number - first_ >= groups_.size() ? nullptr : &groups_[number - first_];
}

void LateGroups::note(std::size_t number, Wish wish, bool ready) {
  Group& group = groups_[number - first_];
  group.wants_pin |= wish == Wish::pin;
  group.ready = group.ready && ready;
}

bool LateGroups::asks_for_pin(std::size_t number) const {
  const Group* const group = at(number);
  return group != nullptr && group->ready && group->wants_pin;
}

void LateGroups::answer(std::size_t number, PinList::Answer answer) {
  groups_[number - first_].answer = answer;
}

bool LateGroups::decides(std::size_t number) const {
  const Group* const group = at(number);
  return group != nullptr && group->is_decided();
}

LateGroups::Fate LateGroups::fate_of(std::size_t number, Wish wish) const {
  const Group* const group = at(number);
  if (!decides(number))
    return Fate::later;
  const bool pinned = group->wants_pin && group->answer == PinList::Answer::pinned;
  switch (wish) {
  case Wish::seal_staying:
    return Fate::kept;
  case Wish::seal_closable:
    return pinned ? Fate::kept : Fate::closable;
  case Wish::pin:
    return pinned ? Fate::kept : Fate::open;
  case Wish::audit:
  case Wish::leave:
    return Fate::open;
  }
  return Fate::open;
}

bool LateGroups::unready() const {
  for (const Group& group : groups_)
    if (!group.ready)
      return true;
  return false;
}

std::size_t LateGroups::undecided() const {
  std::size_t count = 0;
  for (const Group& group : groups_)
    count += group.is_decided() ? 0U : 1U;
  return count;
}

} // namespace sealwax::shim
