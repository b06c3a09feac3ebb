// Whether a unit's SystemCallFilter= lets mseal(2) through (systemd.exec(5)).
#pragma once

#include "cli/systemd/unit_file.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace sealwax::cli {

/// What systemd knows of mseal.
struct CallSets {
  bool asked = false;             ///< systemd-analyze answered
  std::set<std::string> of_mseal; ///< the sets that hold it, "@default" say; none: it is unknown
};

/// Of the text of `systemd-analyze syscall-filter`. Pure.
[[nodiscard]] CallSets parse_call_sets(std::string_view text);

/// What this system's systemd says.
[[nodiscard]] CallSets ask_call_sets();

enum class FilterVerdict : std::uint8_t { none, lists_it, lacks_it };

/// Pure.
[[nodiscard]] FilterVerdict judge_filter(const Unit& unit, const CallSets& sets);

} // namespace sealwax::cli
