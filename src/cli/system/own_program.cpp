// SPDX-License-Identifier: Apache-2.0
#include "cli/system/own_program.hpp"

#include "deploy/places.hpp"

#include <sys/auxv.h>

#include <system_error>

namespace sealwax::cli {
namespace {

/// Without /proc: what execve was given (getauxval(3)).
std::filesystem::path executed_file() {
  const auto* const name = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  std::error_code error;
  return name == nullptr ? std::filesystem::path{} : std::filesystem::canonical(name, error);
}

} // namespace

std::filesystem::path own_program() {
  std::error_code error;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error)
    self = executed_file();
  const std::filesystem::path called =
      (self.parent_path() / SEALWAX_TOOL_FROM_COMMANDS).lexically_normal();
  const std::filesystem::path started =
      (called.parent_path() / SEALWAX_COMMANDS_FROM_TOOL).lexically_normal();
  return started == self && std::filesystem::exists(called, error) ? called : self;
}

} // namespace sealwax::cli
