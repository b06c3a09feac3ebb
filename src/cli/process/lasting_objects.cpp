// SPDX-License-Identifier: Apache-2.0
#include "cli/process/lasting_objects.hpp"

#include "cli/output/text_parts.hpp"
#include "cli/process/link_map.hpp"
#include "cli/process/processes_where.hpp"

#include <algorithm>
#include <elf.h>
#include <span>
#include <string>

namespace sealwax::cli {
namespace {

/// What a dynamic section says of an object's place among others.
struct Dependencies {
  std::string soname;
  std::vector<std::string> needed;
  bool stays = false;
};

std::string text_at(const Memory& memory, Address at) {
  char text[256] = {};
  for (std::size_t size = sizeof text - 1; size != 0; size /= 2)
    if (memory.read(at, std::as_writable_bytes(std::span{text}.first(size))) == Memory::Outcome::ok)
      return text;
  return {};
}

Dependencies dependencies_of(const Survey& survey, const Object& object) {
  Dependencies found;
  const Range dynamic = object.layout.dynamic;
  std::vector<Elf64_Dyn> entries(std::min<std::size_t>(dynamic.size() / sizeof(Elf64_Dyn), 1024));
  if (entries.empty() ||
      survey.memory->read(dynamic.begin, std::as_writable_bytes(std::span{entries})) !=
          Memory::Outcome::ok)
    return found;
  const auto end = std::find_if(entries.begin(), entries.end(),
                                [](const Elf64_Dyn& entry) { return entry.d_tag == DT_NULL; });
  Address strings = 0;
  for (auto entry = entries.begin(); entry != end; ++entry)
    if (entry->d_tag == DT_STRTAB)
      strings = entry->d_un.d_ptr;
  // glibc's loader has put the address in the file's place, musl's has not.
  if (strings < object.bias)
    strings += object.bias;
  for (auto entry = entries.begin(); entry != end; ++entry) {
    if (entry->d_tag == DT_NEEDED)
      found.needed.push_back(text_at(*survey.memory, strings + entry->d_un.d_val));
    else if (entry->d_tag == DT_SONAME)
      found.soname = text_at(*survey.memory, strings + entry->d_un.d_val);
    else if (entry->d_tag == DT_FLAGS_1)
      found.stays = (entry->d_un.d_val & DF_1_NODELETE) != 0;
  }
  return found;
}

/// Marks what `object` needs, and what that needs.
class Closure {
public:
  Closure(const Survey& survey, const LoaderView& loader, std::vector<bool>& lasting)
      : survey_(survey), loader_(loader), lasting_(lasting) {
    for (const Object& object : survey.objects)
      dependencies_.push_back(dependencies_of(survey, object));
  }

  void add(std::size_t object) {
    if (lasting_[object])
      return;
    lasting_[object] = true;
    for (const std::string& name : dependencies_[object].needed)
      for (std::size_t other = 0; other < survey_.objects.size(); ++other)
        if (loader_.listed[other] && is_named(other, name))
          add(other);
  }

  void add_those_that_stay() {
    for (std::size_t i = 0; i < dependencies_.size(); ++i)
      if (dependencies_[i].stays && loader_.listed[i])
        add(i);
  }

private:
  bool is_named(std::size_t object, const std::string& name) const {
    return dependencies_[object].soname == name || loader_.names[object] == name ||
           file_name(survey_.objects[object].path) == name;
  }

  const Survey& survey_;
  const LoaderView& loader_;
  std::vector<bool>& lasting_;
  std::vector<Dependencies> dependencies_;
};

} // namespace

std::vector<bool> lasting_objects(const Survey& survey) {
  std::vector<bool> lasting(survey.objects.size(), false);
  if (!survey.memory || survey.objects.empty())
    return lasting;
  const LoaderView loader = loader_view(survey);
  if (loader.program == Part::kNone) {
    // Without a loader nothing is unloaded.
    lasting.assign(lasting.size(), true);
    return lasting;
  }
  Closure closure{survey, loader, lasting};
  closure.add(loader.program);
  // What was preloaded, and the loader itself, is listed in front of all that came later.
  std::size_t last = 0;
  for (std::size_t i = 0; i < loader.order.size(); ++i)
    if (lasting[loader.order[i]])
      last = i;
  for (std::size_t i = 0; i < last; ++i)
    closure.add(loader.order[i]);
  closure.add_those_that_stay();
  return lasting;
}

} // namespace sealwax::cli
