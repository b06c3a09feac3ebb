// SPDX-License-Identifier: Apache-2.0
// How a command tells of what it changes in a system.
#pragma once

#include "cli/frame/exit_code.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sealwax::cli {

/// The options that every command has that changes a system.
struct ChangeOptions {
  std::string root = "/";
  bool dry_run = false;
  bool json = false;
};

/// The answer, as text for people or as one JSON document at the end.
class ChangeReport {
public:
  /// `options` need not have been read yet.
  ChangeReport(std::string_view command, const ChangeOptions& options)
      : command_(command), options_(options) {}

  /// A line of the text, in the JSON a member.
  void tell(std::string_view key, const std::string& value, const std::string& line);
  void tell_tried(const std::vector<std::string>& programs);
  void diff(const std::string& text);
  void changed(const std::string& line);
  void unchanged(const std::string& line);
  /// A message on stderr; findings are what speaks against the change.
  void finding(const std::string& message);

  /// Ends the answer, and returns `code`.
  int finish(int code) const;
  /// Ends the answer of a command that failed as a document.
  void fail(const std::string& message, ExitCode code);

private:
  void answer_document(int code) const;

  std::string command_;
  const ChangeOptions& options_;
  bool changed_ = false;
  std::string diff_;
  std::vector<std::pair<std::string, std::string>> members_;
  std::vector<std::string> tried_;
  std::vector<std::string> findings_;
  std::vector<std::string> errors_;
};

} // namespace sealwax::cli
