// SPDX-License-Identifier: Apache-2.0
// The programs that a unit starts, and those of them that no loader starts.
#pragma once

#include "cli/commands/systemd/unit/file/unit_file.hpp"
#include "cli/sealing/preload.hpp"
#include "cli/system/system_root.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sealwax::cli {

class UnitPrograms {
public:
  /// Which are to be sealed by `library`, a path in the system itself.
  UnitPrograms(const SystemRoot& root, std::string library)
      : root_(root), library_(std::move(library)) {}

  /// Of a command, prefixes and all. nullopt: what systemd fills in is not known here.
  [[nodiscard]] std::optional<OpenFile> file_of(const std::string& command) const;
  /// Of what the command's shell or env starts.
  [[nodiscard]] std::optional<OpenFile> wrapped_in(const std::string& command) const;
  [[nodiscard]] std::vector<Obstacle> obstacles_of(const OpenFile& file) const;

  /// The unit's ExecStart= with those programs started by `tool`, the path of sealwax, that no
  /// loader starts and that it seals so. Empty: there are none.
  [[nodiscard]] std::vector<std::string> commands_through(const std::string& tool,
                                                          const Unit& unit) const;

private:
  [[nodiscard]] std::optional<OpenFile> find(const std::string& name) const;
  [[nodiscard]] bool lacks_loader(const std::optional<OpenFile>& file) const;
  [[nodiscard]] std::string loaded(const std::string& program) const;
  [[nodiscard]] std::optional<std::string> through(const std::string& launcher,
                                                   const std::string& command) const;

  const SystemRoot& root_;
  std::string library_;
};

} // namespace sealwax::cli
