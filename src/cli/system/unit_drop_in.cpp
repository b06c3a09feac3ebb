// SPDX-License-Identifier: Apache-2.0
#include "cli/system/unit_drop_in.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace sealwax::cli {

std::string drop_in_path(const std::string& unit) {
  return fmt::format("{}/{}.d/{}", kUnitFolder, unit, kDropInName);
}

std::string template_of(const std::string& unit) {
  const std::size_t at = unit.find('@');
  const std::size_t suffix = std::min(unit.rfind('.'), unit.size());
  return at == std::string::npos || at + 1 == suffix ? std::string{}
                                                     : unit.substr(0, at + 1) + unit.substr(suffix);
}

std::string drop_in_of(const SystemRoot& root, const std::string& unit) {
  if (const std::optional<std::string> own = root.text(drop_in_path(unit)))
    return *own;
  const std::string general = template_of(unit);
  return general.empty() ? std::string{} : root.text(drop_in_path(general)).value_or("");
}

} // namespace sealwax::cli
