// SPDX-License-Identifier: Apache-2.0
// A service at its work, under a policy that watches.
#pragma once

#include "cli/sealing/preload.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace sealwax::cli::learn {

/// `name` with the suffix that systemctl adds. Throws CommandError where it is no service's.
[[nodiscard]] std::string service_name(const std::string& name);

/// From its begin to its end the service runs with the library and a policy in /run, by a drop-in
/// there: whatever becomes of this tool, the next boot finds nothing of it.
class UnitWatch {
public:
  /// Restarts `unit`, a service_name(). Throws CommandError.
  UnitWatch(std::string unit, const Library& library, const std::string& policy_text);
  UnitWatch(const UnitWatch&) = delete;
  UnitWatch& operator=(const UnitWatch&) = delete;
  /// As end(), if that has not been called.
  ~UnitWatch();

  /// Lets it work, with a bar on a terminal. A signal that would end this process ends the wait.
  void wait(std::chrono::seconds time);
  /// Whether any process is under the policy. Throws CommandError.
  [[nodiscard]] bool watches_anything() const;
  /// How it fares, as systemd has it: "success" where nothing is wrong.
  [[nodiscard]] std::string result() const;
  /// Takes policy and drop-in away, and restarts the service as it was. Throws CommandError.
  void end();

  [[nodiscard]] std::uint64_t begun() const { return begun_; } ///< seconds since the epoch

private:
  void take_away() const;

  std::string unit_;
  std::string policy_path_;
  std::string drop_in_path_;
  std::uint64_t begun_ = 0;
  bool ended_ = false;
};

} // namespace sealwax::cli::learn
