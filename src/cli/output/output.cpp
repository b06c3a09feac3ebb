// SPDX-License-Identifier: Apache-2.0
#include "cli/output/output.hpp"

#include "cli/output/character.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace sealwax::cli {
namespace {

const char* escape(Style style) {
  switch (style) {
  case Style::plain:
    break;
  case Style::heading:
    return "\033[1m";
  case Style::good:
    return "\033[32m";
  case Style::bad:
    return "\033[31m";
  case Style::fair:
    return "\033[33m";
  case Style::faint:
    return "\033[2m";
  }
  return "";
}

/// Code points, which is what a terminal's columns mostly are.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
  }));
}

} // namespace

void answer(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

bool finish_answer() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)
    return true;
  complain("cannot write the answer to stdout: {}; it is cut short", std::strerror(errno));
  return false;
}

void complain_text(std::string_view text) {
  // One write, so that lines of several processes on one terminal stay whole.
  const std::string line = fmt::format("sealwax: {}\n", text);
  (void)!write(STDERR_FILENO, line.data(), line.size());
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

std::string printable(std::string_view text) {
  std::string result;
  for_each_character(text, [&result](const Character& character) {
    if (!character.misleads())
      result += character.bytes;
    else
      for (const char byte : character.bytes)
        result += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
  });
  return result;
}

bool wants_color(ColorChoice choice) {
  if (choice != ColorChoice::automatic)
    return choice == ColorChoice::always;
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') &&
         (terminal == nullptr || std::strcmp(terminal, "dumb") != 0);
}

std::string styled(std::string_view text, Style style, bool color) {
  if (!color || style == Style::plain || text.empty())
    return std::string{text};
  return fmt::format("{}{}\033[0m", escape(style), text);
}

std::string Table::text(bool color) const {
  std::vector<std::size_t> widths(columns_.size());
  for (const std::vector<Cell>& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width(row[i].text));

  std::string result;
  for (const std::vector<Cell>& row : rows_) {
    std::string blanks; // due before the next cell that is not empty
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string filler(widths[i] - width(row[i].text), ' ');
      const bool right = columns_[i] == Align::right;
      if (right)
        blanks += filler;
      if (!row[i].text.empty()) {
        result += blanks + styled(row[i].text, row[i].style, color);
        blanks.clear();
      }
      if (!right)
        blanks += filler;
      blanks += "  ";
    }
    result += '\n';
  }
  return result;
}

} // namespace sealwax::cli
