// SPDX-License-Identifier: Apache-2.0
// System calls without a C library, which has its own idea of errno and of what a process is.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sealwax::outside {

/// The kernel's answer: -errno where it failed. All that this room does goes by here.
long kernel_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                 long f = 0);

/// Of what it answered.
[[nodiscard]] constexpr bool call_failed(long answer) {
  return answer < 0 && answer > -4096;
}

/// As an argument.
template <typename Object>
[[nodiscard]] long address_of(Object* object) {
  return reinterpret_cast<long>(object);
}

/// The number of mseal(2), on every architecture that has it.
inline constexpr long kMseal = 462;

/// A file that is open while this lives.
class File {
public:
  explicit File(const char* path, int flags = 0);
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();

  [[nodiscard]] bool open() const { return !call_failed(number_); }
  [[nodiscard]] long number() const { return number_; } ///< -errno: it could not be opened
  /// From the present place on; as kernel_call() answers.
  long read(void* into, std::size_t size) const;
  /// False: not all of it is there.
  [[nodiscard]] bool read_at(std::uint64_t offset, void* into, std::size_t size) const;

private:
  long number_;
};

} // namespace sealwax::outside
