// SPDX-License-Identifier: Apache-2.0
// A loaded object as the policy sees it.
#pragma once

#include "model/object/elf_object.hpp"
#include "shim/loader/loader.hpp"

namespace sealwax::shim {

/// Lays an object out from its program headers. The object's notes are read where `wanted` has
/// data, which is what they are about. Where the headers make no sense the layout is empty, and
/// not complete.
[[nodiscard]] ObjectLayout layout_of(const LoadedObject& object, PageSize page,
                                     RegionSet wanted = {});

} // namespace sealwax::shim
