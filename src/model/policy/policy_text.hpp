// SPDX-License-Identifier: Apache-2.0
// A policy's text, line by line, and the place of what is wrong with it.
#pragma once

#include "model/bytes.hpp"
#include "model/policy/policy.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sealwax {

[[nodiscard]] constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// Part of a line; the same as a string_view, without the members that can throw.
struct Span {
  const char* begin = nullptr;
  const char* end = nullptr;

  [[nodiscard]] constexpr bool empty() const { return begin == end; }
  [[nodiscard]] constexpr std::size_t size() const { return static_cast<std::size_t>(end - begin); }
  [[nodiscard]] constexpr std::string_view view() const { return {begin, size()}; }
  [[nodiscard]] constexpr Span trimmed_left() const {
    const char* at = begin;
    while (at != end && is_blank(*at))
      ++at;
    return {at, end};
  }
  [[nodiscard]] constexpr Span trimmed_right() const {
    const char* at = end;
    while (at != begin && is_blank(at[-1]))
      --at;
    return {begin, at};
  }
  template <std::size_t N>
  [[nodiscard]] bool starts_with(const char (&text)[N]) const {
    return size() >= N - 1 && std::memcmp(begin, text, N - 1) == 0;
  }
  template <std::size_t N>
  [[nodiscard]] bool is(const char (&text)[N]) const {
    return size() == N - 1 && std::memcmp(begin, text, N - 1) == 0;
  }
};

class PolicyText {
public:
  explicit PolicyText(std::string_view text)
      : next_(text.data()), limit_(text.data() + text.size()) {}
  explicit PolicyText(const PolicyInput& input)
      : input_(input), next_(input.window.data()), limit_(input.window.data() + input.filled) {}

  /// Goes on to the next line. False: there is none, or it has a fault, which is in error(). What
  /// earlier lines were is gone then.
  [[nodiscard]] bool advance();
  /// The current line without its line feed.
  [[nodiscard]] Span line() const { return line_; }
  [[nodiscard]] Word word(Span span) const { return load_word(span.begin, span.size(), limit_); }

  /// The first `wanted` in the line; its end where there is none. Looks further than that end, so
  /// call it only where the one is rare or an error.
  [[nodiscard]] const char* find(Span part, char wanted) const {
    const char* const at =
        find_first(part.begin, limit_, [wanted](Block block) { return block.equal(wanted); });
    return at < part.end ? at : part.end;
  }
  /// Likewise the first blank: for words, which are short.
  [[nodiscard]] const char* find_blank(Span part) const {
    const char* const at = find_first(
        part.begin, limit_, [](Block block) { return block.equal(' ') | block.equal('\t'); });
    return at < part.end ? at : part.end;
  }

  /// Records what is wrong in the current line; false, for the caller to return.
  [[nodiscard]] bool fail(const char* at, const char* message, Span about = {});
  [[nodiscard]] bool failed() const { return error_.message != nullptr; }
  [[nodiscard]] const PolicyError& error() const { return error_; }

private:
  [[nodiscard]] bool read_on();

  PolicyInput input_; ///< without a window where the text is there as a whole
  const char* next_;
  const char* limit_; ///< the end of what has been read
  Span line_;
  std::uint32_t number_ = 0;
  PolicyError error_;
};

} // namespace sealwax
