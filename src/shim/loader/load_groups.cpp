// SPDX-License-Identifier: Apache-2.0
#include "shim/loader/load_groups.hpp"

namespace sealwax::shim {

std::uint32_t NameSet::hash(std::string_view name) {
  std::uint32_t hash = 2166136261U; // FNV-1a
  for (const char c : name)
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash == 0 ? 1 : hash;
}

std::size_t NameSet::slot_of(std::uint32_t hash) const {
  std::size_t at = hash % kSlots;
  while (slots_[at] != 0 && slots_[at] != hash)
    at = (at + 1) % kSlots;
  return at;
}

void NameSet::clear() {
  __builtin_memset(slots_, 0, sizeof slots_);
  count_ = 0;
}

void NameSet::add(std::string_view name) {
  const std::uint32_t key = hash(name);
  const std::size_t slot = slot_of(key);
  if (slots_[slot] == key || full())
    return;
  slots_[slot] = key;
  ++count_;
}

bool NameSet::has(std::string_view name) const {
  return full() || slots_[slot_of(hash(name))] != 0;
}

bool LoadGroupFinder::starts_group(const LoadedObject& object) {
  const DynamicSection dynamic = object.dynamic();
  const std::string_view path = object.name;
  const std::size_t slash = path.rfind('/');
  std::string_view file = path;
  file.remove_prefix(slash == std::string_view::npos ? 0 : slash + 1);
  const bool needed = needed_.has(path) || needed_.has(file) ||
                      (dynamic.soname() != nullptr && needed_.has(dynamic.soname()));
  dynamic.for_each_needed([this](const char* name) { needed_.add(name); });
  const bool first_of_namespace = name_space_ != object.name_space;
  name_space_ = object.name_space;
  return first_of_namespace || !needed;
}

} // namespace sealwax::shim
