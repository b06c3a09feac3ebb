// SPDX-License-Identifier: Apache-2.0
// Which mappings of a process make up a loaded object, told by the program headers in its memory.
#pragma once

#include "cli/process/smaps.hpp"
#include "model/object/elf_object.hpp"

#include <cstddef>
#include <elf.h>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sealwax::cli {

struct Object {
  std::string path; ///< the kernel's name of its file; empty where all of it is in other memory
  Address bias = 0;
  ObjectLayout layout;
  bool has_interpreter = false; ///< it names one: an executable, or a library that can be run
};

/// Fills the span from the process's memory; false: not all of it can be read.
using ReadMemory = std::function<bool(Address, std::span<std::byte>)>;

struct FoundObjects {
  std::vector<Object> objects;
  /// Paths of those whose segments could not all be made out: a file mapped executable whose first
  /// page cannot be read, or an object with more segments than a layout holds.
  std::vector<std::string> unclear;
};

/// Every object whose loadable segments agree with the mappings that are there. A data file that
/// happens to be a mapped ELF file is none, and neither is the kernel's own at `vdso`. `mappings`
/// ascend, as in smaps.
[[nodiscard]] FoundObjects find_objects(std::span<const Mapping> mappings, const ReadMemory& read,
                                        PageSize page, Address vdso = 0);

} // namespace sealwax::cli
