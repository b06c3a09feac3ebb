// SPDX-License-Identifier: Apache-2.0
#include "start/startup.hpp"

#include <cstdint>
#include <elf.h>

namespace sealwax::start {

bool is_variable(const char* entry, std::string_view name) {
  const std::string_view text{entry};
  return text.size() > name.size() && text.starts_with(name) && text[name.size()] == '=';
}

const char* Startup::variable(std::string_view name) const {
  for (char** entry = environment; *entry != nullptr; ++entry)
    if (is_variable(*entry, name))
      return *entry + name.size() + 1;
  return nullptr;
}

Startup startup_at(char** stack) {
  Startup found;
  const auto count = reinterpret_cast<std::uintptr_t>(stack[0]);
  found.arguments = stack + 1;
  found.environment = found.arguments + count + 1;
  char** at = found.environment;
  while (*at != nullptr)
    ++at;
  for (const auto* entry = reinterpret_cast<const Elf64_auxv_t*>(at + 1); entry->a_type != AT_NULL;
       ++entry) {
    const std::uint64_t value = entry->a_un.a_val;
    if (entry->a_type == AT_PAGESZ)
      found.page_size = value;
    else if (entry->a_type == AT_SECURE)
      found.secure = value != 0;
    else if (entry->a_type == AT_UID)
      found.user = static_cast<unsigned>(value);
    else if (entry->a_type == AT_GID)
      found.group = static_cast<unsigned>(value);
    else if (entry->a_type == AT_EXECFN)
      found.executed = reinterpret_cast<const char*>(value);
  }
  return found;
}

} // namespace sealwax::start
