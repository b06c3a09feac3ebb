// The drop-in that has a service preload the library.
#pragma once

#include "cli/commands/systemd/syscall_filter.hpp"
#include "cli/commands/systemd/unit_file.hpp"

#include <string>
#include <string_view>

namespace sealwax::cli {

/// Its first words, by which sealwax knows it again.
inline constexpr std::string_view kDropInMark = "# Written by sealwax systemd.";

struct DropIn {
  std::string preload; ///< what LD_PRELOAD holds
  std::string text;
};

/// For `unit`, which is as it is without one. Pure.
[[nodiscard]] DropIn make_drop_in(const Unit& unit, const std::string& library,
                                  const std::string& policy, const CallSets& sets);

/// What has a unit start `commands` in place of its own; nothing where there are none. Pure.
[[nodiscard]] std::string start_lines(const std::vector<std::string>& commands);

/// Puts `text` there, by a file of its own and rename; without any text there is no file, and no
/// folder that is empty. Throws CommandError.
void write_drop_in(const std::string& path, const std::string& text);

/// Takes away what one that was killed has left where there is no drop-in, as far as that is there.
void remove_remains(const std::string& path);

} // namespace sealwax::cli
