// SPDX-License-Identifier: Apache-2.0
// Reading a text file of /proc line by line.
#pragma once

#include "model/bytes.hpp"
#include "shim/kernel/kernel.hpp"

#include <string_view>

namespace sealwax::shim {

/// Holds a descriptor for as long as it lives, and reads into a buffer that the caller owns.
class LineReader {
public:
  LineReader(const char* path, Slice<char> buffer) : buffer_(buffer) {
    const Reply opened = Kernel::open_to_read(path);
    descriptor_ = opened.ok() ? static_cast<int>(opened.value()) : -1;
  }
  ~LineReader() {
    if (descriptor_ >= 0)
      Kernel::close(descriptor_);
  }
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The next line without its newline, valid until the next call. Lines longer than the buffer
  /// are passed over (a process can be in thousands of groups). False at the end and on an error.
  bool next(std::string_view& line) {
    bool too_long = false;
    std::size_t looked = begin_; // up to here there is no newline
    while (true) {
      const char* const text = buffer_.data();
      const char* const newline =
          find_first(text + looked, text + end_, [](Block block) { return block.equal('\n'); });
      looked = static_cast<std::size_t>(newline - text);
      if (looked == end_) {
        if (end_ - begin_ == buffer_.size()) {
          too_long = true;
          begin_ = end_;
        }
        if (!refill(looked))
          return false;
        continue;
      }
      line = {text + begin_, looked - begin_};
      begin_ = ++looked;
      if (!too_long)
        return true;
      too_long = false;
    }
  }

  /// The next line but the file's first that begins with one of two letters. Calls of next() in
  /// between lose a line.
  bool next_of(char one, char other, std::string_view& line) {
    while (true) {
      const char* const text = buffer_.data();
      const char* const newline = find_line(text + begin_, text + end_, one, other);
      if (newline != text + end_) {
        begin_ = static_cast<std::size_t>(newline - text) + 1;
        if (!next(line))
          return false;
        --begin_; // its newline is what the line behind it is found by
        if (line.starts_with(one) || line.starts_with(other)) // else behind one that was too long
          return true;
        continue;
      }
      if (begin_ != end_)
        begin_ = end_ - 1;
      if (std::size_t looked = 0; !refill(looked))
        return false;
    }
  }

private:
  /// Reads on behind `at`, having moved the unfinished line to the buffer's start.
  bool refill(std::size_t& at) {
    if (descriptor_ < 0)
      return false;
    __builtin_memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    at = end_;
    const Reply got = Kernel::read(descriptor_, {buffer_.data() + end_, buffer_.size() - end_});
    if (!got.ok() || got.value() == 0)
      return false;
    end_ += static_cast<std::size_t>(got.value());
    return true;
  }

  Slice<char> buffer_;
  int descriptor_ = -1;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// The number behind a label at the start of a line, such as `Seccomp:`. False: another line.
inline bool number_after(std::string_view line, std::string_view label, std::uint32_t& value) {
  if (!line.starts_with(label))
    return false;
  value = 0;
  for (std::size_t i = label.size(); i < line.size(); ++i)
    if (line[i] >= '0' && line[i] <= '9')
      value = value * 10 + static_cast<std::uint32_t>(line[i] - '0');
  return true;
}

} // namespace sealwax::shim
