// SPDX-License-Identifier: Apache-2.0
#include "model/policy/policy_text.hpp"

namespace sealwax {
namespace {

constexpr char kDelete = 0x7f;

/// The first control character but a tab. That is the line's end, so that one pass over the text
/// finds both the line ends and what has no place in a text.
const char* find_control(const char* at, const char* limit) {
  const auto controls = [](Block block) { return block.below(' ') | block.equal(kDelete); };
  while ((at = find_first(at, limit, controls)) != limit && *at == '\t')
    ++at;
  return at;
}

const char* complaint_about(char control) {
  switch (control) {
  case '\r':
    return "carriage return: lines must end in a line feed alone";
  case '\0':
    return "NUL byte: this is not a text file";
  default:
    return "control character";
  }
}

} // namespace

/// Moves what is left of the text to the window's front and reads the next piece behind it. False:
/// there is none, or no room for it.
bool PolicyText::read_on() {
  char* const front = input_.window.data();
  const auto kept = static_cast<std::size_t>(limit_ - next_);
  if (kept >= input_.window.size())
    return false;
  std::memmove(front, next_, kept);
  next_ = front;
  limit_ = front + kept;
  const std::size_t size = input_.read(input_.source, {front + kept, input_.window.size() - kept});
  limit_ += size;
  return size != 0;
}

bool PolicyText::advance() {
  line_ = {next_, find_control(next_, limit_)};
  for (bool more = true; more && line_.end == limit_ && line_.size() <= ProgramPolicy::kMaxLine;) {
    more = read_on();
    line_ = {next_, find_control(next_ + line_.size(), limit_)};
  }
  if (next_ == limit_)
    return false;
  ++number_;
  if (line_.size() > ProgramPolicy::kMaxLine)
    return fail(line_.begin + ProgramPolicy::kMaxLine, "line longer than 4096 bytes");
  next_ = line_.end;
  if (next_ == limit_)
    return true;
  if (*next_ != '\n')
    return fail(next_, complaint_about(*next_));
  ++next_;
  return true;
}

bool PolicyText::fail(const char* at, const char* message, Span about) {
  error_.line = number_ == 0 ? 1 : number_; // An empty text fails before its first line.
  error_.column = static_cast<std::uint32_t>(at - line_.begin) + 1;
  error_.message = message;
  error_.word = about.view();
  return false;
}

} // namespace sealwax
