// SPDX-License-Identifier: Apache-2.0
// What of a process its policy wants sealed and nobody has sealed yet.
#pragma once

#include "cli/inspection/inspection.hpp"
#include "outside/calls/call_instructions.hpp"
#include "outside/seal/remote_sealing.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace sealwax::cli {

using outside::CallInstructions;
using outside::RemoteSeal;
using outside::WritableRelro;

/// Whether a part of the process is to be sealed now; it is known to be open.
using WantsNow = std::function<bool(const Part&)>;

/// What is to be done so that nothing is open of what `wants_now`, in order of address. Pure.
[[nodiscard]] std::vector<RemoteSeal> seals_to_do(const Inspection& found, WritableRelro relro,
                                                  const WantsNow& wants_now);

/// Whatever of them lies in memory that the process may execute and not write: a file's first, for
/// what a compiler makes as the program runs can be another thing the next moment.
[[nodiscard]] CallInstructions find_call_instructions(const Survey& survey);
/// Of those that there are, each one's first byte.
[[nodiscard]] std::vector<Range> places_of(const CallInstructions& instructions);

/// Where contents are on their way to where they move. Whoever stops a process makes it before: the
/// kernel takes its time to find memory.
using Room = std::vector<std::byte>;
[[nodiscard]] Room room_for(const std::vector<RemoteSeal>& seals);

/// A process that was looked at.
class InspectedSite final : public outside::SealingSite {
public:
  InspectedSite(const Process& process, const Survey& survey)
      : process_(process), survey_(survey) {}

  [[nodiscard]] bool read(Address at, Slice<std::byte> into) override;
  [[nodiscard]] bool is_in_file(const RemoteSeal& seal, Slice<const std::byte> contents) override;
  void tell(const outside::SealProblem& problem) override;

  /// What the site was told, as sentences.
  [[nodiscard]] std::vector<std::string> take_problems() { return std::move(problems_); }

private:
  const Process& process_;
  const Survey& survey_;
  std::vector<std::string> problems_;
};

} // namespace sealwax::cli
