#include "model/policy_text.hpp"

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

bool PolicyText::advance() {
  if (next_ == limit_)
    return false;
  line_ = {next_, find_control(next_, limit_)};
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
