// SPDX-License-Identifier: Apache-2.0
// What the victims of a selftest came to, and what of it the documents promise.
#pragma once

#include "model/policy/policy.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// What an attempt came to. Refused: the kernel, or the library, said no. Harmless: it was done and
/// changed nothing.
enum class Effect : std::uint8_t { refused, harmless, open };
inline constexpr std::array<std::string_view, 3> kEffectNames = {"refused", "harmless", "open"};

/// By a function of libc's, or by a system call that no library sees.
enum class Way : std::uint8_t { libc, raw };
inline constexpr std::array<std::string_view, 2> kWayNames = {"libc", "raw"};

template <std::size_t kCount, typename Value>
[[nodiscard]] std::string_view name_in(const std::array<std::string_view, kCount>& names,
                                       Value value) {
  return names[static_cast<std::size_t>(value)];
}

/// One call, tried on one region of one object.
struct Attempt {
  std::string object;
  std::string region;
  std::string primitive;
  Way way = Way::raw;
  Effect effect = Effect::refused;
};

/// A whole attack.
struct Exploit {
  std::string name;
  Way way = Way::raw;
  Effect effect = Effect::refused;
};

struct Attempts {
  std::vector<Attempt> cells;
  std::vector<Exploit> exploits;
};

/// What a victim printed; nullopt: it came to no end, or says what nobody understands.
[[nodiscard]] std::optional<Attempts> parse_attempts(std::string_view text);

/// Under what a victim ran.
struct Setup {
  std::string name;
  std::optional<std::string> policy; ///< its text; nullopt: without the library
  /// By object; "" is the process. Empty: without the library.
  std::map<std::string, Settings> settings;

  [[nodiscard]] bool has_library() const { return policy.has_value(); }
  /// What holds for the object of a cell.
  [[nodiscard]] const Settings& of(const std::string& object) const;
};

struct Trial {
  Setup setup;
  Attempts attempts;
};

/// Whether README.md and SECURITY.md call it closed under these settings.
[[nodiscard]] bool is_promised(const Settings& settings, const Attempt& cell);

/// The cell on which an exploit rests.
[[nodiscard]] Attempt attempt_behind(const Exploit& exploit);

/// Why something is open, and what closes it.
struct Reason {
  std::string why;
  std::string closed_by;
  auto operator<=>(const Reason&) const = default;
};
[[nodiscard]] Reason reason_of(const Settings& settings, const Attempt& cell);

/// All that is open for one reason.
struct OpenCells {
  Reason reason;
  std::vector<std::string> setups;
  std::vector<std::string> primitives;
  std::vector<std::string> regions;
  bool only_raw = true;
};
/// In the setups with the library, in the order in which the reasons come up.
[[nodiscard]] std::vector<OpenCells> open_cells(const std::vector<Trial>& trials);

/// What the documents promise, held against what was found.
struct Judgement {
  std::size_t promised = 0;
  std::vector<std::string> broken; ///< sentences, one for each promise that is not kept
};
[[nodiscard]] Judgement verdict_on(const std::vector<Trial>& trials);

/// Whether what is tried has an effect where nothing is sealed: else it tells nothing.
[[nodiscard]] bool shows_anything(const Attempts& bare);

} // namespace sealwax::cli
