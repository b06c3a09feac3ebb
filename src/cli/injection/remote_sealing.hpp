// SPDX-License-Identifier: Apache-2.0
// A process sealed from outside: what its policy wants and nobody has sealed yet.
#pragma once

#include "cli/injection/remote_calls.hpp"
#include "cli/inspection/inspection.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {

/// One step: a range that is all one part of the process, or several that adjoin each other.
struct RemoteSeal {
  Range range;
  bool moved = false;         ///< to memory of the process's own first, as its policy wants it
  bool or_not_at_all = false; ///< it can be written still: where that does not end it stays open
  int protection = 0;         ///< that it has then
  /// Code that shows a file, as that mapping: it is moved only where it is what the file holds.
  std::optional<Mapping> code_of;
};

/// Whether a part of the process is to be sealed now; it is known to be open.
using WantsNow = std::function<bool(const Part&)>;

/// RELRO that can be written still, because whoever writes it has not done so yet, or because
/// nobody in the program makes it constant.
enum class WritableRelro : std::uint8_t { stays, becomes_constant };

/// What is to be done so that nothing is open of what `wants_now`, in order of address. Pure.
[[nodiscard]] std::vector<RemoteSeal> seals_to_do(const Inspection& found, WritableRelro relro,
                                                  const WantsNow& wants_now);

/// Where contents are on their way to where they move. Whoever stops a process makes it before: the
/// kernel takes its time to find memory.
using Room = std::vector<std::byte>;
[[nodiscard]] Room room_for(const std::vector<RemoteSeal>& seals);

/// Does it, with the room for it. What the kernel refuses is left as it is; why, as sentences.
[[nodiscard]] std::vector<std::string> seal_remotely(std::vector<RemoteSeal> seals, Room room,
                                                     const Process& process, const Memory& memory,
                                                     RemoteCalls& calls);

} // namespace sealwax::cli
