// SPDX-License-Identifier: Apache-2.0
#include "model/report/journal_entry.hpp"

namespace sealwax {
namespace {

/// Facility auth (4), severity warning (4), as the line has it where it goes to syslog. The number
/// of the message is this kind of entry's alone.
constexpr std::string_view kHead = "MESSAGE_ID=52a2540f324e489a824f4b6f6f50c45b\n"
                                   "PRIORITY=4\n"
                                   "SYSLOG_FACILITY=4\n"
                                   "SYSLOG_IDENTIFIER=sealwax\n"
                                   "MESSAGE=";

class EntryWriter {
public:
  explicit EntryWriter(Slice<char> buffer) : buffer_(buffer) {}

  void put(char c) {
    if (used_ < buffer_.size())
      buffer_[used_] = c;
    ++used_;
  }
  void put(std::string_view text) {
    for (const char c : text)
      put(c);
  }
  /// NAME=VALUE, of which the name is in capitals there.
  void put_field(std::string_view field) {
    bool in_name = true;
    put("SEALWAX_");
    for (const char c : field) {
      in_name = in_name && c != '=';
      put(in_name && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
    put('\n');
  }
  [[nodiscard]] std::size_t size() const { return used_ <= buffer_.size() ? used_ : 0; }

private:
  Slice<char> buffer_;
  std::size_t used_ = 0;
};

} // namespace

std::size_t format_journal_entry(std::string_view line, Slice<char> buffer) {
  EntryWriter entry{buffer};
  entry.put(kHead);
  entry.put(line);
  entry.put('\n');
  // Words of the prefix are no fields.
  for (std::string_view rest = line; !rest.empty();) {
    std::size_t end = 0;
    bool is_field = false;
    for (; end != rest.size() && rest[end] != ' '; ++end)
      is_field = is_field || rest[end] == '=';
    if (is_field)
      entry.put_field(rest.substr(0, end));
    rest.remove_prefix(end == rest.size() ? end : end + 1);
  }
  return entry.size();
}

} // namespace sealwax
