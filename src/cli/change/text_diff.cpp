// SPDX-License-Identifier: Apache-2.0
#include "cli/change/text_diff.hpp"

#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

namespace sealwax::cli {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t kContext = 3;

/// Each with its newline, but for a last one that has none.
Lines split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    const std::size_t size = newline == std::string_view::npos ? text.size() : newline + 1;
    lines.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

std::string visible(std::string_view line) {
  std::string result;
  for (;;) {
    const std::size_t tab = line.find('\t');
    result += printable(line.substr(0, tab));
    if (tab == std::string_view::npos)
      return result;
    result += '\t';
    line.remove_prefix(tab + 1);
  }
}

std::string marked(char mark, std::string_view line) {
  const bool ended = line.ends_with('\n');
  line.remove_suffix(ended ? 1 : 0);
  return fmt::format("{}{}\n{}", mark, visible(line),
                     ended ? "" : "\\ No newline at end of file\n");
}

/// "4,7": where a hunk is, as POSIX's diff -u counts: an empty one lies behind the line before it.
std::string place(std::size_t first, std::size_t count) {
  if (count == 1)
    return fmt::format("{}", first + 1);
  return fmt::format("{},{}", count == 0 ? first : first + 1, count);
}

} // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after) {
  if (before == after)
    return {};
  const Lines old = split(before);
  const Lines now = split(after);
  const std::size_t shorter = std::min(old.size(), now.size());
  std::size_t front = 0;
  while (front < shorter && old[front] == now[front])
    ++front;
  std::size_t back = 0;
  while (back < shorter - front && old[old.size() - 1 - back] == now[now.size() - 1 - back])
    ++back;

  const std::size_t first = front - std::min(front, kContext);
  const std::size_t behind = std::min(back, kContext);
  const std::size_t old_end = old.size() - back;
  const std::size_t now_end = now.size() - back;
  std::string result =
      fmt::format("--- {}\n+++ {}\n@@ -{} +{} @@\n", before.empty() ? "/dev/null" : name,
                  after.empty() ? "/dev/null" : name, place(first, old_end + behind - first),
                  place(first, now_end + behind - first));
  for (std::size_t i = first; i < front; ++i)
    result += marked(' ', old[i]);
  for (std::size_t i = front; i < old_end; ++i)
    result += marked('-', old[i]);
  for (std::size_t i = front; i < now_end; ++i)
    result += marked('+', now[i]);
  for (std::size_t i = old_end; i < old_end + behind; ++i)
    result += marked(' ', old[i]);
  return result;
}

} // namespace sealwax::cli
