// SPDX-License-Identifier: Apache-2.0
#include "cli/system/descriptor.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace sealwax::cli {

Descriptor::~Descriptor() {
  if (number_ >= 0)
    close(number_);
}

ssize_t read_some(int descriptor, std::span<char> buffer) {
  ssize_t size = 0;
  do
    size = ::read(descriptor, buffer.data(), buffer.size());
  while (size < 0 && errno == EINTR);
  return size;
}

std::optional<std::string> read_all(int descriptor, std::size_t most) {
  std::string text;
  char buffer[16384];
  ssize_t size = 0;
  while (text.size() <= most && (size = read_some(descriptor, buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(size));
  if (size < 0)
    return std::nullopt;
  if (text.size() > most) {
    errno = EFBIG;
    return std::nullopt;
  }
  return text;
}

Descriptor reopened_to_read(Descriptor seen) {
  struct stat status = {};
  if (!seen.open() || fstat(seen.number(), &status) != 0 || !S_ISREG(status.st_mode))
    return seen;
  const std::string path = "/proc/self/fd/" + std::to_string(seen.number());
  return Descriptor{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
}

const char* reading_problem(int error) {
  return error == EBADF ? "not a regular file" : std::strerror(error); // open(2), O_PATH
}

std::optional<long> number_behind(const std::string& path, std::string_view label) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const std::string text = file.open() ? read_all(file.number()).value_or("") : std::string{};
  const std::size_t at = text.find(label);
  long number = 0;
  if (at == std::string::npos ||
      std::from_chars(text.data() + at + label.size(), text.data() + text.size(), number).ec !=
          std::errc{})
    return std::nullopt;
  return number;
}

} // namespace sealwax::cli
