// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/learn/watching.hpp"

#include "cli/output/text_parts.hpp"
#include "model/policy/policy.hpp"

namespace sealwax::cli::learn {
namespace {

/// The line in place of `line`.
std::string_view watching_line(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos)
    return line;
  const std::string_view key = trimmed(line.substr(0, equals));
  if (key == "report-to")
    return "report-to = journal";
  return key == "mode" && trimmed(line.substr(equals + 1)) == "enforce" ? "mode = audit" : line;
}

} // namespace

std::string watching(std::string_view policy) {
  std::string text;
  bool is_first = true;
  for (std::string_view rest = policy.empty() ? kPolicyFirstLine : policy; !rest.empty();) {
    const std::string_view line = take_line(rest);
    text.append(is_first ? line : watching_line(line)) += '\n';
    // Whatever follows may say otherwise.
    if (is_first)
      text += "\n[defaults]\nmode = audit\nreport-to = journal\n";
    is_first = false;
  }
  return text;
}

} // namespace sealwax::cli::learn
