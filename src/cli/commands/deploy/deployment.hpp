// What install and uninstall share: the system that they change, and how they tell of it.
#pragma once

#include "cli/frame/command.hpp"
#include "deploy/preload_file.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sealwax::cli {

/// Why /etc/ld.so.preload is not changed; `code` is the command's exit code.
class DeployError : public std::runtime_error {
public:
  DeployError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] int code() const { return code_; }

private:
  int code_;
};

/// The system below a root directory, with its /etc/ld.so.preload as it was read.
class PreloadEdit {
public:
  /// Throws DeployError.
  explicit PreloadEdit(const std::string& root);

  [[nodiscard]] const std::string& root() const { return root_; } ///< absolute, "/" for this system
  /// A path of that system, as this process has it.
  [[nodiscard]] std::string outside(std::string_view path) const;
  [[nodiscard]] std::string preload_path() const { return outside(deploy::kPreloadPath); }
  [[nodiscard]] const deploy::PreloadFile& file() const { return *file_; }
  [[nodiscard]] std::string_view before() const { return file_->text(); }

  [[nodiscard]] std::string with_entry(std::string_view entry) const;
  [[nodiscard]] std::string without_entry() const;

  /// Throws DeployError.
  void write(const std::string& text) const;
  [[nodiscard]] deploy::Removal remove() const;

private:
  void check(const deploy::Failure& failed) const;

  std::string root_;
  std::unique_ptr<deploy::Etc> etc_;
  std::unique_ptr<deploy::PreloadFile> file_;
};

/// The answer of a command that changes /etc/ld.so.preload, as text for people or as one JSON
/// document at the end.
class DeployReport {
public:
  DeployReport(std::string_view command, bool json, bool dry_run)
      : command_(command), json_(json), dry_run_(dry_run) {}

  /// A line of the text, in the JSON a member.
  void tell(std::string_view key, const std::string& value, const std::string& line);
  void tell_tried(const std::vector<std::string>& programs);
  void diff(const std::string& text);
  void changed(const std::string& line);
  void unchanged(const std::string& line);
  /// A message on stderr; findings are what speaks against the change.
  void finding(const std::string& message);
  void error(const std::string& message);

  /// Does `work` and ends the answer. Returns the exit code: what `work` returned, or that of the
  /// error that it threw.
  int finish(const std::function<int()>& work);
  /// Ends the answer to arguments that parse() complained of already.
  int usage_error(const std::string& message);

private:
  int end(int code) const;

  std::string command_;
  bool json_;
  bool dry_run_;
  bool changed_ = false;
  std::string diff_;
  std::vector<std::pair<std::string, std::string>> members_;
  std::vector<std::string> tried_;
  std::vector<std::string> findings_;
  std::vector<std::string> errors_;
};

/// The options that install and uninstall share.
struct DeployOptions {
  std::string root = "/";
  bool dry_run = false;
  bool json = false;
};

/// One of the two: adds `options` to those that `app` has, reads `arguments`, and does `work`
/// where nothing is wrong with them. Returns the exit code.
int deploy_command(CLI::App& app, Arguments arguments, std::string_view help,
                   DeployOptions& options, const std::function<int(DeployReport&)>& work);

} // namespace sealwax::cli
