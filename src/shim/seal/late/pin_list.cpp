// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/late/pin_list.hpp"

namespace sealwax::shim {

PinList::Answer PinList::ask(const LoadedObject& root) {
  for (const Pin& pin : pins_)
    if (pin.root == root.key() && pin.name == root.name)
      return pin.answer;
  if (root.name.size() >= sizeof names_)
    return Answer::refused;
  full_ = pins_.full() || root.name.size() >= sizeof names_ - names_size_;
  if (full_)
    return Answer::full;
  char* const name = names_ + names_size_;
  __builtin_memcpy(name, root.name.data(), root.name.size());
  name[root.name.size()] = '\0';
  names_size_ += root.name.size() + 1;
  (void)pins_.push(Pin{root.key(), name});
  return Answer::noted;
}

bool PinList::pin(const Loader& loader) {
  bool any = false;
  for (Pin& pin : pins_) {
    if (pin.answer != Answer::noted)
      continue;
    pin.answer = loader.pin(pin.name) ? Answer::pinned : Answer::refused;
    any = true;
  }
  // What it was full of is sealed by now.
  if (!any && full_) {
    pins_.clear();
    names_size_ = 0;
    full_ = false;
    return true;
  }
  return any;
}

} // namespace sealwax::shim
