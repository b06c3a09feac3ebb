// A policy's text, line by line, and the place of what is wrong with it.
#pragma once

#include "model/bytes.hpp"
#include "model/policy.hpp"

#include <cstddef>
#include <cstdint>
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
  [[nodiscard]] constexpr Span trimmed() const {
    Span inner = *this;
    while (!inner.empty() && is_blank(*inner.begin))
      ++inner.begin;
    while (!inner.empty() && is_blank(inner.end[-1]))
      --inner.end;
    return inner;
  }
  [[nodiscard]] constexpr bool starts_with(std::string_view text) const {
    return size() >= text.size() && std::string_view{begin, text.size()} == text;
  }
};

class PolicyText {
public:
  explicit PolicyText(std::string_view text)
      : next_(text.data()), limit_(text.data() + text.size()) {}

  /// Goes on to the next line. False: there is none, or it has a fault, which is in error().
  [[nodiscard]] bool advance();
  /// The current line without its line feed.
  [[nodiscard]] Span line() const { return line_; }
  [[nodiscard]] Word word(Span span) const { return load_word(span.begin, span.size(), limit_); }

  /// Records what is wrong in the current line; false, for the caller to return.
  [[nodiscard]] bool fail(const char* at, const char* message, Span about = {});
  [[nodiscard]] bool failed() const { return error_.message != nullptr; }
  [[nodiscard]] const PolicyError& error() const { return error_; }

private:
  const char* next_;
  const char* limit_;
  Span line_;
  std::uint32_t number_ = 0;
  PolicyError error_;
};

} // namespace sealwax
