// SPDX-License-Identifier: Apache-2.0
// An open file, and what is in it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sealwax::cli {

/// A descriptor that is closed with its owner.
class Descriptor {
public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool open() const { return number_ >= 0; }

private:
  int number_ = -1;
};

/// One read, not cut short by a signal. -1, and errno: it failed.
[[nodiscard]] ssize_t read_some(int descriptor, std::span<char> buffer);

/// No file that this tool reads whole has as many bytes: a sparse one, or a device, would fill the
/// memory.
inline constexpr std::size_t kMostBytes = std::size_t{128} << 20U;

/// Everything up to the file's end. nullopt, and errno: it could not be read; EFBIG: it has more
/// than `most` bytes.
[[nodiscard]] std::optional<std::string> read_all(int descriptor, std::size_t most = kMostBytes);

/// What was opened with O_PATH, for reading without waiting for it, if it is a regular file; else
/// as it is: fstat(2) says what it is, and nothing can be read. Not open, and errno: it may not be
/// read.
[[nodiscard]] Descriptor reopened_to_read(Descriptor seen);
/// Why that, or to read it, failed, in words; `error`: the errno.
[[nodiscard]] const char* reading_problem(int error);

/// The number behind `label` in a text file of /proc; nullopt: neither.
[[nodiscard]] std::optional<long> number_behind(const std::string& path, std::string_view label);

} // namespace sealwax::cli
