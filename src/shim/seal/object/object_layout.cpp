// SPDX-License-Identifier: Apache-2.0
#include "shim/seal/object/object_layout.hpp"

#include "model/object/open_ranges.hpp"

namespace sealwax::shim {
namespace {

/// What the object itself wants left open.
void find_open_ranges(const LoadedObject& object, OpenRanges& open) {
  for (const Elf64_Phdr& header : object.headers) {
    if (!has_loaded_notes(header, object.headers))
      continue;
    const Address at = object.bias + header.p_vaddr;
    read_open_ranges({reinterpret_cast<const std::byte*>(at), header.p_filesz}, at, header.p_align,
                     open);
  }
}

} // namespace

ObjectLayout layout_of(const LoadedObject& object, PageSize page, RegionSet wanted) {
  OpenRanges open;
  if (wanted.has(Region::data))
    find_open_ranges(object, open);
  ObjectLayout layout;
  if (lay_out(object.bias, object.headers, page, layout, {open.begin(), open.size()}) !=
      LayoutError::none) {
    layout.pieces.clear();
    layout.relro = PageRange{};
    layout.complete = false;
  }
  return layout;
}

} // namespace sealwax::shim
