// SPDX-License-Identifier: Apache-2.0
// What install and uninstall share: the system that they change, and how they begin.
#pragma once

#include "cli/change/change_report.hpp"
#include "cli/change/preload_users.hpp"
#include "cli/frame/command_line.hpp"
#include "deploy/preload_file.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sealwax::cli {

/// The system below a root directory, with its /etc/ld.so.preload as it was read.
class PreloadEdit {
public:
  /// Throws CommandError.
  explicit PreloadEdit(const std::string& root);

  [[nodiscard]] const std::string& root() const { return root_; } ///< absolute, "/" for this system
  /// A path of that system, as this process has it.
  [[nodiscard]] std::string outside(std::string_view path) const;
  [[nodiscard]] std::string preload_path() const { return outside(deploy::kPreloadPath); }
  [[nodiscard]] const deploy::PreloadFile& file() const { return *file_; }
  [[nodiscard]] std::string_view before() const { return file_->text(); }

  [[nodiscard]] std::string with_entry(std::string_view entry) const;
  [[nodiscard]] std::string without_entry() const;

  /// Whether `text` was written into the file itself, over which units may have mounted one of
  /// their own. Throws CommandError.
  [[nodiscard]] deploy::InPlace write(const std::string& text, const PreloadUsers& users) const;
  [[nodiscard]] deploy::Removal remove(const PreloadUsers& users) const;

private:
  void check(const deploy::Failure& failed) const;

  std::string root_;
  std::unique_ptr<deploy::Etc> etc_;
  std::unique_ptr<deploy::PreloadFile> file_;
};

/// One of the two: adds what both have to `line`, reads `arguments`, and does `work` where nothing
/// is wrong with them. Returns the exit code.
int change_preload(CommandLine& line, Arguments arguments, ChangeReport& report,
                   ChangeOptions& options, const std::function<int()>& work);

} // namespace sealwax::cli
