// SPDX-License-Identifier: Apache-2.0
#include "cli/process/smaps.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace sealwax::cli {
namespace {

/// Takes fields off the front of one line; `ok()` stays false after the first that is not there.
class Fields {
public:
  explicit Fields(std::string_view text) : rest_(text) {}

  std::uint64_t number(int base, char terminator) {
    std::uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, base);
    const auto length = static_cast<std::size_t>(end - rest_.data());
    // The last field of a line may lack its blank.
    const bool last = length == rest_.size() && terminator == ' ';
    if (error != std::errc{} ||
        (!last && (length == rest_.size() || rest_[length] != terminator))) {
      ok_ = false;
      return 0;
    }
    rest_.remove_prefix(last ? length : length + 1);
    return value;
  }

  std::array<char, 4> permissions() {
    std::array<char, 4> result{'-', '-', '-', 'p'};
    if (rest_.size() < 5 || rest_[4] != ' ') {
      ok_ = false;
      return result;
    }
    rest_.copy(result.data(), result.size());
    rest_.remove_prefix(5);
    return result;
  }

  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }

private:
  std::string_view rest_;
  bool ok_ = true;
};

/// The kernel writes a newline in a file's name as \012 and nothing else (fs/proc/task_mmu.c).
std::string unescaped(std::string_view name) {
  constexpr std::string_view kNewline = "\\012";
  std::string result;
  for (std::size_t at; (at = name.find(kNewline)) != std::string_view::npos;
       name.remove_prefix(at + kNewline.size())) {
    result += name.substr(0, at);
    result += '\n';
  }
  result += name;
  return result;
}

/// `address-address perms offset major:minor inode      name`
std::optional<Mapping> parse_header(std::string_view text) {
  Fields fields{text};
  Mapping mapping;
  mapping.range.begin = fields.number(16, '-');
  mapping.range.end = fields.number(16, ' ');
  mapping.permissions = fields.permissions();
  mapping.offset = fields.number(16, ' ');
  mapping.file.device = fields.number(16, ':') << 32U;
  mapping.file.device |= fields.number(16, ' ');
  mapping.file.inode = fields.number(10, ' ');
  if (!fields.ok())
    return std::nullopt;
  if (const std::size_t name = fields.rest().find_first_not_of(' '); name != std::string_view::npos)
    mapping.name = unescaped(fields.rest().substr(name));
  return mapping;
}

/// Whether a VmFlags line's list of two-letter words has `word`.
bool lists(std::string_view flags, std::string_view word) {
  for (std::size_t at = 0; (at = flags.find(word, at)) != std::string_view::npos; ++at)
    if ((at == 0 || flags[at - 1] == ' ') &&
        (at + word.size() == flags.size() || flags[at + word.size()] == ' '))
      return true;
  return false;
}

bool are_alike(const Mapping& one, const Mapping& other) {
  return one.range == other.range && one.permissions == other.permissions &&
         one.offset == other.offset && one.file == other.file && one.name == other.name;
}

} // namespace

std::vector<Mapping> parse_maps(std::string_view text) {
  std::vector<Mapping> mappings;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (std::optional<Mapping> mapping = parse_header(text.substr(0, end)))
      mappings.push_back(std::move(*mapping));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return mappings;
}

bool are_alike_at(std::span<const Range> ranges, std::span<const Mapping> before,
                  std::span<const Mapping> now) {
  const auto lies_there = [ranges](const Mapping& mapping) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&mapping](Range range) { return range.overlaps(mapping.range); });
  };
  const auto next = [&lies_there](auto at, std::span<const Mapping> mappings) {
    return std::find_if(at, mappings.end(), lies_there);
  };
  auto one = next(before.begin(), before);
  auto other = next(now.begin(), now);
  while (one != before.end() && other != now.end() && are_alike(*one, *other)) {
    one = next(one + 1, before);
    other = next(other + 1, now);
  }
  return one == before.end() && other == now.end();
}

const Mapping* mapping_at(std::span<const Mapping> mappings, Address at) {
  const auto found =
      std::partition_point(mappings.begin(), mappings.end(),
                           [at](const Mapping& mapping) { return mapping.range.end <= at; });
  return found != mappings.end() && found->range.contains(at) ? &*found : nullptr;
}

void SmapsParser::feed(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      partial_ += text;
      return;
    }
    if (partial_.empty()) {
      line(text.substr(0, end));
    } else {
      partial_ += text.substr(0, end);
      line(std::exchange(partial_, {}));
    }
    text.remove_prefix(end + 1);
  }
}

std::vector<Mapping> SmapsParser::take() {
  return std::exchange(mappings_, {});
}

void SmapsParser::line(std::string_view text) {
  constexpr std::string_view kFlags = "VmFlags:";
  if (text.empty())
    return;
  // Mappings start with a lower-case hexadecimal number, their details with a capital letter.
  if (text[0] < 'A' || text[0] > 'Z') {
    start_mapping(text);
  } else if (open_ && text.starts_with(kFlags)) {
    mappings_.back().sealed = lists(text.substr(kFlags.size()), "sl");
    open_ = false;
  }
}

void SmapsParser::start_mapping(std::string_view text) {
  malformed_ |= open_;
  std::optional<Mapping> mapping = parse_header(text);
  open_ = mapping.has_value();
  if (!mapping) {
    malformed_ = true;
    return;
  }
  mappings_.push_back(std::move(*mapping));
}

} // namespace sealwax::cli
