// SPDX-License-Identifier: Apache-2.0
// sealwax systemd --no-new-code: what keeps a service from running code that no package brought.
#pragma once

#include "cli/commands/systemd/unit/file/unit_file.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

struct NoNewCode {
  std::string refusal;              ///< why the unit cannot have it, as a predicate; empty: it can
  std::string lines;                ///< of [Service]
  std::vector<std::string> missing; ///< what is left out of the set, or open, as sentences
};

/// Who seals a unit's programs.
enum class Sealer : std::uint8_t {
  library, ///< in each of them
  tracer,  ///< of some, which no loader starts: 'sealwax run'
};

/// For `unit`, as it is without a drop-in of Sealwax's; `library` is what it has to be able to map.
/// Pure.
[[nodiscard]] NoNewCode no_new_code(const Unit& unit, const std::string& library, Sealer sealer);

/// Whether a drop-in's text has such lines. Pure.
[[nodiscard]] bool closes_to_new_code(std::string_view drop_in);

} // namespace sealwax::cli
