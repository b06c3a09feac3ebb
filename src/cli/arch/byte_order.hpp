// SPDX-License-Identifier: Apache-2.0
// The order of bytes in the files that this machine runs.
#pragma once

#include <elf.h>
#include <endian.h>

namespace sealwax::cli {

/// As e_ident[EI_DATA] has it.
inline constexpr unsigned char kNativeOrder =
    __BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;

} // namespace sealwax::cli
