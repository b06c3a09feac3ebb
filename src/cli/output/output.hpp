// SPDX-License-Identifier: Apache-2.0
// The answer on stdout, messages on stderr, tables and colour.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sealwax::cli {

/// Writes a part of the answer to stdout.
void answer(std::string_view text);

/// Whether all of the answer has left the process. False, after a message: a full disk, say.
[[nodiscard]] bool finish_answer();

/// One line on stderr, behind the tool's name.
void complain_text(std::string_view text);

template <typename... Values>
void complain(fmt::format_string<Values...> format, Values&&... values) {
  complain_text(fmt::format(format, std::forward<Values>(values)...));
}

/// Text from elsewhere (a file's name, say) such that it cannot steer a terminal or break a line:
/// the bytes of characters that mislead() become \xHH.
[[nodiscard]] std::string printable(std::string_view text);

/// "1 host", "2 hosts"
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one, std::string_view more);

enum class ColorChoice : std::uint8_t { automatic, always, never };

/// Whether stdout gets colour: `automatic` means a terminal, and none where NO_COLOR is set to
/// anything (no-color.org) or TERM is dumb.
[[nodiscard]] bool wants_color(ColorChoice choice);

enum class Style : std::uint8_t { plain, heading, good, bad, fair, faint };

struct Cell {
  std::string text;
  Style style = Style::plain;
};

/// `text` in `style`, for a terminal that shows colour or for none.
[[nodiscard]] std::string styled(std::string_view text, Style style, bool color);

/// Columns as wide as their widest cell, two blanks between, no blanks at a line's end.
class Table {
public:
  enum class Align : std::uint8_t { left, right };

  explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::string text(bool color) const;

private:
  std::vector<Align> columns_;
  std::vector<std::vector<Cell>> rows_;
};

} // namespace sealwax::cli
