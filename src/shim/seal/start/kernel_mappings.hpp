// SPDX-License-Identifier: Apache-2.0
// The mappings of a process that belong to no object.
#pragma once

#include "model/object/elf_object.hpp"
#include "shim/kernel/maps.hpp"

namespace sealwax::shim {

/// Every mapping that the kernel itself put into this process: next to the vdso (vvar,
/// vvar_vclock) and above the stack. Before the program's first instruction only.
[[nodiscard]] FixedVector<PageRange, 2> kernel_mappings(Kernel& kernel, Maps& maps, PageSize page,
                                                        PageRange vdso, Address stack_end);

/// The mapping that holds the main thread's stack. Sealed, it still grows.
[[nodiscard]] PageRange stack_mapping(Maps& maps, PageSize page, Address inside);

} // namespace sealwax::shim
