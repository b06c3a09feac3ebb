// SPDX-License-Identifier: Apache-2.0
#include "model/report/report.hpp"

#include "model/bytes.hpp"

#include <cstring>

namespace sealwax {
namespace {

constexpr char kPrefix[] = "sealwax-report 1";
constexpr std::size_t kPrefixSize = sizeof kPrefix - 1;

using TextField = std::string_view Report::*;
using NumberField = std::uint64_t Report::*;

/// A field is a text or a number, the other member is null. The table is in the line's order.
struct Field {
  Word name;
  TextField text;
  NumberField number;
  bool required;
};
constexpr Field kFields[] = {
    {"time"_w, nullptr, &Report::time, true},
    {"pid"_w, nullptr, &Report::pid, true},
    {"exe"_w, &Report::exe, nullptr, false},
    {"event"_w, &Report::event, nullptr, true},
    {"call"_w, &Report::call, nullptr, false},
    {"args"_w, &Report::args, nullptr, false},
    {"object"_w, &Report::object, nullptr, false},
    {"region"_w, &Report::region, nullptr, false},
    {"caller"_w, &Report::caller, nullptr, false},
    {"mode"_w, &Report::mode, nullptr, false},
    {"count"_w, nullptr, &Report::count, false},
    {"dropped"_w, nullptr, &Report::dropped, false},
    {"message"_w, &Report::message, nullptr, false},
};
constexpr std::size_t kFieldCount = sizeof kFields / sizeof kFields[0];

constexpr char kHexDigits[] = "0123456789ABCDEF";

constexpr bool is_plain(char c) {
  return c > ' ' && c < 0x7f && c != '%' && c != '=';
}

class LineWriter {
public:
  explicit LineWriter(Slice<char> buffer) : buffer_(buffer) {}

  void put(char c) {
    if (used_ == buffer_.size())
      overflowed_ = true;
    else
      buffer_[used_++] = c;
  }
  void put(const char* text) {
    for (; *text != '\0'; ++text)
      put(*text);
  }
  void put(Word name) {
    for (; name != Word{}; name = {(name.low >> 8) | (name.high << 56), name.high >> 8})
      put(static_cast<char>(name.low & 0xff));
  }
  void put_escaped(std::string_view text) {
    for (const char c : text) {
      if (is_plain(c)) {
        put(c);
        continue;
      }
      const auto byte = static_cast<unsigned char>(c);
      put('%');
      put(kHexDigits[byte >> 4]);
      put(kHexDigits[byte & 0xf]);
    }
  }
  void put(std::uint64_t number) {
    char digits[20]; // 2^64 has as many.
    std::size_t count = 0;
    do
      digits[count++] = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0);
    while (count != 0)
      put(digits[--count]);
  }
  /// Takes back what was written since the line had `size` bytes, if not all of it fitted.
  [[nodiscard]] bool fitted_since(std::size_t size) {
    if (!overflowed_)
      return true;
    used_ = size;
    overflowed_ = false;
    return false;
  }
  [[nodiscard]] std::size_t size() const { return used_; }

private:
  Slice<char> buffer_;
  std::size_t used_ = 0;
  bool overflowed_ = false;
};

bool is_absent(const Field& field, const Report& report) {
  return !field.required &&
         (field.text != nullptr ? (report.*field.text).empty() : report.*field.number == 0);
}

bool put_field(LineWriter& line, const Field& field, const Report& report) {
  const std::size_t before = line.size();
  line.put(' ');
  line.put(field.name);
  line.put('=');
  if (field.text != nullptr)
    line.put_escaped(report.*field.text);
  else
    line.put(report.*field.number);
  return line.fitted_since(before);
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9')
    return digit - '0';
  return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

class FieldReader {
public:
  FieldReader(std::string_view line, Slice<char> buffer)
      : at_(line.data()), end_(line.data() + line.size()), free_(buffer.data()) {}

  [[nodiscard]] bool skip_prefix() {
    if (static_cast<std::size_t>(end_ - at_) < kPrefixSize ||
        std::memcmp(at_, kPrefix, kPrefixSize) != 0)
      return false;
    at_ += kPrefixSize;
    return at_ == end_ || *at_ == ' ';
  }
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] ReportFault read_field(Report& report);
  [[nodiscard]] bool has_required() const {
    for (std::size_t i = 0; i < kFieldCount; ++i)
      if (kFields[i].required && (seen_ & (1U << i)) == 0)
        return false;
    return true;
  }

private:
  /// The place in kFields of the name that ends at `equals`; their number where it is none.
  [[nodiscard]] std::size_t find_field(const char* equals) const {
    const Word name = make_word({at_, static_cast<std::size_t>(equals - at_)});
    std::size_t i = 0;
    while (i < kFieldCount && kFields[i].name != name)
      ++i;
    return i;
  }
  [[nodiscard]] ReportFault read_text(std::string_view& text);
  [[nodiscard]] ReportFault read_number(std::uint64_t& number);

  const char* at_;
  const char* end_;
  char* free_; ///< where the next text goes
  unsigned seen_ = 0;
};

ReportFault FieldReader::read_field(Report& report) {
  if (*at_++ != ' ')
    return ReportFault::not_a_field;
  const char* equals = at_;
  while (equals != end_ && *equals != '=' && *equals != ' ')
    ++equals;
  if (equals == end_ || *equals == ' ' || equals == at_)
    return ReportFault::not_a_field;
  const std::size_t index = find_field(equals);
  if (index == kFieldCount)
    return ReportFault::unknown_field;
  if ((seen_ & (1U << index)) != 0)
    return ReportFault::repeated_field;
  seen_ |= 1U << index;
  at_ = equals + 1;
  const Field& field = kFields[index];
  return field.text != nullptr ? read_text(report.*field.text) : read_number(report.*field.number);
}

ReportFault FieldReader::read_text(std::string_view& text) {
  char* const begin = free_;
  for (; at_ != end_ && *at_ != ' '; ++at_) {
    if (is_plain(*at_)) {
      *free_++ = *at_;
      continue;
    }
    const int high = end_ - at_ >= 3 && *at_ == '%' ? hex_value(at_[1]) : -1;
    const int low = high >= 0 ? hex_value(at_[2]) : -1;
    if (low < 0)
      return ReportFault::bad_escape;
    *free_++ = static_cast<char>(high * 16 + low);
    at_ += 2;
  }
  text = {begin, static_cast<std::size_t>(free_ - begin)};
  return ReportFault::none;
}

ReportFault FieldReader::read_number(std::uint64_t& number) {
  const char* const begin = at_;
  for (number = 0; at_ != end_ && *at_ != ' '; ++at_) {
    const auto digit = static_cast<unsigned>(*at_ - '0');
    if (digit > 9 || __builtin_mul_overflow(number, 10U, &number) ||
        __builtin_add_overflow(number, digit, &number))
      return ReportFault::bad_number;
  }
  return at_ == begin ? ReportFault::bad_number : ReportFault::none;
}

} // namespace

std::size_t format_report(const Report& report, Slice<char> buffer) {
  LineWriter line{buffer};
  line.put(kPrefix);
  if (!line.fitted_since(0))
    return 0;
  for (const Field& field : kFields)
    if (!is_absent(field, report) && !put_field(line, field, report) && field.required)
      return 0;
  return line.size();
}

const char* describe(ReportFault fault) {
  switch (fault) {
  case ReportFault::none:
    return "no fault";
  case ReportFault::wrong_prefix:
    return "the line does not begin with 'sealwax-report 1'";
  case ReportFault::not_a_field:
    return "expected NAME=VALUE";
  case ReportFault::unknown_field:
    return "unknown field";
  case ReportFault::repeated_field:
    return "a field twice";
  case ReportFault::bad_escape:
    return "'%' without two hexadecimal digits, or a byte that must be escaped";
  case ReportFault::bad_number:
    return "not a number";
  case ReportFault::missing_field:
    return "time, pid or event is missing";
  case ReportFault::no_room:
    return "no room for the texts";
  }
  return "unknown fault";
}

Result<Report, ReportFault> parse_report(std::string_view line, Slice<char> buffer) {
  if (buffer.size() < line.size())
    return ReportFault::no_room;
  FieldReader reader{line, buffer};
  if (!reader.skip_prefix())
    return ReportFault::wrong_prefix;
  Report report;
  while (!reader.at_end())
    if (const ReportFault fault = reader.read_field(report); fault != ReportFault::none)
      return fault;
  if (!reader.has_required())
    return ReportFault::missing_field;
  return report;
}

} // namespace sealwax
