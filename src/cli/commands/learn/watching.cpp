#include "cli/commands/learn/watching.hpp"

#include <algorithm>

namespace sealwax::cli::learn {
namespace {

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

/// The line in place of `line`.
std::string_view watching_line(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos)
    return line;
  const std::string_view key = without_blanks(line.substr(0, equals));
  if (key == "report-to")
    return "report-to = journal";
  return key == "mode" && without_blanks(line.substr(equals + 1)) == "enforce" ? "mode = audit"
                                                                               : line;
}

} // namespace

std::string watching(std::string_view policy) {
  std::string text;
  bool is_first = true;
  for (std::string_view rest = policy.empty() ? "sealwax-policy 1\n" : policy; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    text.append(is_first ? line : watching_line(line)) += '\n';
    // Whatever follows may say otherwise.
    if (is_first)
      text += "\n[defaults]\nmode = audit\nreport-to = journal\n";
    is_first = false;
  }
  return text;
}

} // namespace sealwax::cli::learn
