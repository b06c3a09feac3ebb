// SPDX-License-Identifier: Apache-2.0
#include "cli/system/own_program.hpp"

#include "deploy/places.hpp"

#include <system_error>

namespace sealwax::cli {

std::filesystem::path own_program() {
  std::error_code error;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path called =
      (self.parent_path() / SEALWAX_TOOL_FROM_COMMANDS).lexically_normal();
  const std::filesystem::path started =
      (called.parent_path() / SEALWAX_COMMANDS_FROM_TOOL).lexically_normal();
  return started == self && std::filesystem::exists(called, error) ? called : self;
}

} // namespace sealwax::cli
