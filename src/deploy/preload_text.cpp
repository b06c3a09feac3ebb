// SPDX-License-Identifier: Apache-2.0
#include "deploy/preload_text.hpp"

#include <cstring>

namespace sealwax::deploy {
namespace {

constexpr std::string_view kSeparators = ": \t\n";

bool separates(char byte) {
  return kSeparators.find(byte) != std::string_view::npos;
}

/// The first `size` bytes; unlike std::string_view::substr, without a way to throw.
std::string_view head(std::string_view text, std::size_t size) {
  return {text.data(), size < text.size() ? size : text.size()};
}

/// Takes the bytes that `belongs` is true for off the front of `text`.
template <typename Belongs>
std::string_view take_while(std::string_view& text, Belongs belongs) {
  std::size_t size = 0;
  while (size < text.size() && belongs(text[size]))
    ++size;
  const std::string_view taken = head(text, size);
  text.remove_prefix(size);
  return taken;
}

std::string_view take_word(std::string_view& text) {
  return take_while(text, [](char byte) { return !separates(byte) && byte != '#'; });
}

std::string_view take_line(std::string_view& text) {
  const std::size_t newline = text.find('\n');
  const std::string_view line =
      head(text, newline == std::string_view::npos ? text.size() : newline + 1);
  text.remove_prefix(line.size());
  return line;
}

/// Writes a text in which the first own entry is `replacement`, which can be empty, and the others
/// are gone.
class Rewriting {
public:
  Rewriting(std::string_view replacement, char* out) : replacement_(replacement), out_(out) {}

  void add_line(std::string_view line) {
    if (own_entries(line) == 0)
      put(line);
    else
      add_without_own(line);
  }

  void put(std::string_view text) {
    if (!text.empty())
      std::memcpy(out_ + size_, text.data(), text.size());
    size_ += text.size();
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool ends_within_a_line() const { return size_ != 0 && out_[size_ - 1] != '\n'; }

private:
  /// An entry goes with the separators before it, or the first of a line with those behind it.
  void add_without_own(std::string_view line) {
    const std::size_t begin = size_;
    bool holds_something = false;
    bool drop_separators = false;
    for (bool first = true;; first = false) {
      const std::string_view separators = take_while(line, separates);
      const std::string_view word = take_word(line);
      if (word.empty()) {
        // With neither entry nor comment the line itself goes.
        if (holds_something || !line.empty())
          put(drop_separators ? std::string_view{} : separators);
        else
          size_ = begin;
        put(line); // the comment
        return;
      }
      const std::string_view kept = is_own(word) ? take_replacement() : word;
      if (!kept.empty()) {
        put(drop_separators ? std::string_view{} : separators);
        put(kept);
        holds_something = true;
        drop_separators = false;
      } else if (!holds_something) {
        put(first ? separators : std::string_view{});
        drop_separators = true;
      }
    }
  }

  std::string_view take_replacement() {
    const std::string_view taken = replacement_;
    replacement_ = {};
    return taken;
  }

  std::string_view replacement_;
  char* out_;
  std::size_t size_ = 0;
};

Rewriting rewrite(std::string_view text, std::string_view replacement, char* out) {
  Rewriting result{replacement, out};
  while (!text.empty())
    result.add_line(take_line(text));
  return result;
}

/// Behind the lines that say something, where a line of spaces has room for `size` bytes: such a
/// one is left where an entry was blanked out. Else npos.
std::size_t blanked_line(std::string_view text, std::size_t size) {
  std::size_t place = std::string_view::npos;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t at = text.size() - rest.size();
    std::string_view line = take_line(rest);
    if (line.find_first_not_of(kSeparators) != std::string_view::npos)
      place = std::string_view::npos;
    else if (place == std::string_view::npos &&
             take_while(line, [](char byte) { return byte == ' '; }).size() >= size)
      place = at;
  }
  return place;
}

/// On a line of its own behind all others, in place of an entry that was blanked out there.
std::size_t add_entry(std::string_view text, std::string_view entry, char* out) {
  Rewriting result = rewrite(text, {}, out);
  if (const std::size_t place = blanked_line(text, entry.size()); place != std::string_view::npos) {
    std::memcpy(out + place, entry.data(), entry.size());
    return result.size();
  }
  result.put(result.ends_within_a_line() ? "\n" : "");
  result.put(entry);
  result.put("\n");
  return result.size();
}

} // namespace

std::string_view Entries::next() {
  while (!rest_.empty()) {
    take_while(rest_, separates);
    if (const std::string_view word = take_word(rest_); !word.empty())
      return word;
    take_while(rest_, [](char byte) { return byte != '\n'; });
  }
  return {};
}

bool is_own(std::string_view entry) {
  if (!entry.ends_with(kLibraryName))
    return false;
  return entry.size() == kLibraryName.size() ||
         entry[entry.size() - kLibraryName.size() - 1] == '/';
}

std::size_t own_entries(std::string_view text) {
  std::size_t count = 0;
  Entries entries{text};
  for (std::string_view entry = entries.next(); !entry.empty(); entry = entries.next())
    if (is_own(entry))
      ++count;
  return count;
}

std::size_t put_entry(std::string_view text, std::string_view entry, char* out) {
  if (own_entries(text) == 0)
    return add_entry(text, entry, out);
  return rewrite(text, entry, out).size();
}

std::size_t end_of_common(std::string_view before, std::string_view after) {
  const std::size_t last = before.find_last_not_of(kSeparators);
  // The line that it ends in stays as it is: a comment goes on to its end.
  const std::size_t newline = last == std::string_view::npos ? last : before.find('\n', last);
  const std::size_t kept = last == std::string_view::npos      ? 0
                           : newline == std::string_view::npos ? before.size()
                                                               : newline + 1;
  return after.size() >= before.size() && after.starts_with(head(before, kept))
             ? kept
             : std::string_view::npos;
}

std::size_t take_out(std::string_view text, char* out) {
  return rewrite(text, {}, out).size();
}

} // namespace sealwax::deploy
