// SPDX-License-Identifier: Apache-2.0
#include "model/mapping/maps_line.hpp"

namespace sealwax {
namespace {

class Reader {
public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool number(unsigned base, std::uint64_t& value) {
    value = 0;
    bool any = false;
    for (; !text_.empty(); text_.remove_prefix(1), any = true) {
      const int digit = digit_of(text_.front());
      if (digit < 0 || digit >= static_cast<int>(base))
        break;
      if (__builtin_mul_overflow(value, base, &value) ||
          __builtin_add_overflow(value, static_cast<unsigned>(digit), &value))
        return false;
    }
    return any;
  }
  bool literal(char expected) {
    if (text_.empty() || text_.front() != expected)
      return false;
    text_.remove_prefix(1);
    return true;
  }
  /// One permission letter, or '-' in its place.
  bool flag(char letter, char other, bool& set) {
    set = literal(letter);
    return set || literal(other);
  }
  void skip_spaces() {
    while (literal(' ')) {
    }
  }
  [[nodiscard]] std::string_view rest() const { return text_; }

private:
  static int digit_of(char c) {
    if (c >= '0' && c <= '9')
      return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }
  std::string_view text_;
};

constexpr std::string_view kKernelMappings[] = {"[vdso]",    "[vvar]",    "[vvar_vclock]",
                                                "[sigpage]", "[vectors]", "[uprobes]"};

} // namespace

bool is_kernel_mapping(std::string_view name) {
  for (const std::string_view known : kKernelMappings)
    if (name == known)
      return true;
  return false;
}

bool parse_maps_line(std::string_view line, MapsLine& parsed) {
  Reader reader{line};
  std::uint64_t begin = 0, end = 0, major = 0, minor = 0;
  const bool whole =
      reader.number(16, begin) && reader.literal('-') && reader.number(16, end) &&
      reader.literal(' ') && reader.flag('r', '-', parsed.readable) &&
      reader.flag('w', '-', parsed.writable) && reader.flag('x', '-', parsed.executable) &&
      reader.flag('s', 'p', parsed.shared) && reader.literal(' ') &&
      reader.number(16, parsed.offset) && reader.literal(' ') && reader.number(16, major) &&
      reader.literal(':') && reader.number(16, minor) && reader.literal(' ') &&
      reader.number(10, parsed.inode) && (reader.rest().empty() || reader.literal(' '));
  if (!whole)
    return false;
  parsed.range = Range{begin, end};
  parsed.device_major = static_cast<std::uint32_t>(major);
  parsed.device_minor = static_cast<std::uint32_t>(minor);
  reader.skip_spaces();
  parsed.name = reader.rest();
  return true;
}

} // namespace sealwax
