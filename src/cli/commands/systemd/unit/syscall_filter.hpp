// SPDX-License-Identifier: Apache-2.0
// Whether a unit's SystemCallFilter= lets mseal(2) through (systemd.exec(5)).
#pragma once

#include "cli/commands/systemd/unit/file/unit_file.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace sealwax::cli {

/// What systemd knows of mseal.
struct CallSets {
  bool name_is_known = true;      ///< else systemd ignores it wherever it stands, its sets included
  std::set<std::string> of_mseal; ///< the sets that hold it, "@default" say
};

/// The sets that hold mseal, of the text of `systemd-analyze syscall-filter`. Pure.
[[nodiscard]] std::set<std::string> sets_of_mseal(std::string_view text);

/// What this system's systemd says.
[[nodiscard]] CallSets ask_call_sets();

enum class FilterVerdict : std::uint8_t { none, lists_it, lacks_it };

/// Pure.
[[nodiscard]] FilterVerdict judge_filter(const Unit& unit, const CallSets& sets);

/// Whether systemd makes a seccomp filter of any of its settings (systemd.exec(5)). Pure.
[[nodiscard]] bool has_filter(const Unit& unit);

} // namespace sealwax::cli
