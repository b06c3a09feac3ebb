// SPDX-License-Identifier: Apache-2.0
#include "cli/process/link_map.hpp"

#include <algorithm>
#include <cstddef>
#include <elf.h>

namespace sealwax::cli {
namespace {

/// As in <link.h>, with addresses of somebody else's memory in place of pointers.
struct LinkMap {
  Address bias;
  Address name;
  Address dynamic;
  Address next;
  Address previous;
};

/// struct r_debug_extended of glibc 2.35; `next_namespace` counts only where the version is 2.
struct RDebug {
  int version;
  Address map;
  Address brk;
  int state;
  Address loader_base;
  Address next_namespace;
};

/// Up to the first NUL, or as far as it can be read.
std::string read_string(const Memory& memory, Address at) {
  constexpr std::size_t kChunk = 64; // divides every page size, so that aligned chunks are readable
  std::string text;
  while (at != 0 && text.size() < 4096) {
    char chunk[kChunk];
    const std::size_t size = kChunk - at % kChunk;
    if (memory.read(at, std::as_writable_bytes(std::span{chunk}.first(size))) !=
        Memory::Outcome::ok)
      break;
    const char* end = std::find(chunk, chunk + size, '\0');
    text.append(static_cast<const char*>(chunk), end);
    if (end != chunk + size)
      break;
    at += size;
  }
  return text;
}

/// The address in DT_DEBUG, which linkers put into executables and loaders fill in. 0: none.
Address debug_address(const Memory& memory, Range dynamic) {
  std::vector<Elf64_Dyn> entries(std::min<std::size_t>(dynamic.size() / sizeof(Elf64_Dyn), 1024));
  if (memory.read(dynamic.begin, std::as_writable_bytes(std::span{entries})) != Memory::Outcome::ok)
    return 0;
  for (const Elf64_Dyn& entry : entries) {
    if (entry.d_tag == DT_NULL)
      break;
    if (entry.d_tag == DT_DEBUG)
      return entry.d_un.d_ptr;
  }
  return 0;
}

std::size_t object_with_dynamic(const Survey& survey, Address dynamic) {
  for (std::size_t i = 0; i < survey.objects.size(); ++i)
    if (survey.objects[i].layout.dynamic.contains(dynamic))
      return i;
  return Part::kNone;
}

/// `rest`: how many more entries there can be at most, over all lists. They are not ours, and can
/// lead back into themselves.
void read_list(const Survey& survey, Address map, bool own, std::size_t& rest, LoaderView& view) {
  LinkMap entry;
  for (; map != 0 && rest != 0; map = entry.next, --rest) {
    if (!survey.memory->read_object(map, entry))
      return;
    if (const std::size_t object = object_with_dynamic(survey, entry.dynamic);
        object != Part::kNone && !view.listed[object]) {
      view.listed[object] = true;
      view.names[object] = read_string(*survey.memory, entry.name);
      if (own)
        view.order.push_back(object);
    }
  }
}

/// Where the loader's word about its objects is. 0: nowhere.
Address find_debug(const Survey& survey, std::size_t& program) {
  Address at = 0;
  for (std::size_t i = 0; i < survey.objects.size() && at == 0; ++i) {
    at = debug_address(*survey.memory, survey.objects[i].layout.dynamic);
    if (at != 0)
      program = i;
  }
  return at;
}

} // namespace

LoaderView loader_view(const Survey& survey) {
  LoaderView view;
  view.listed.resize(survey.objects.size());
  view.names.resize(survey.objects.size());
  if (!survey.memory)
    return view;
  Address at = find_debug(survey, view.program);
  RDebug debug{};
  // No object, and no namespace, without a mapping.
  std::size_t entries = survey.mappings.size();
  for (std::size_t lists = entries; at != 0 && lists != 0; at = debug.next_namespace, --lists) {
    if (!survey.memory->read_object(at, debug))
      break;
    read_list(survey, debug.map, lists == survey.mappings.size(), entries, view);
    if (debug.version < 2)
      break;
  }
  return view;
}

bool is_loader_at_work(const Survey& survey) {
  constexpr int kConsistent = 0; // RT_CONSISTENT
  std::size_t program = Part::kNone;
  Address at = survey.memory ? find_debug(survey, program) : 0;
  RDebug debug{};
  for (std::size_t lists = survey.mappings.size(); at != 0 && lists != 0;
       at = debug.next_namespace, --lists) {
    if (!survey.memory->read_object(at, debug))
      break;
    if (debug.state != kConsistent)
      return true;
    if (debug.version < 2)
      break;
  }
  return false;
}

} // namespace sealwax::cli
