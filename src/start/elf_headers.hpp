// SPDX-License-Identifier: Apache-2.0
// The headers of a file that is to be executed or preloaded.
#pragma once

#include "model/slice.hpp"
#include "outside/kernel/kernel_call.hpp"

#include <cstddef>
#include <elf.h>

namespace sealwax::start {

/// Of an object for this processor whose headers lie where linkers put them.
class ElfHeaders {
public:
  /// False: it is another file, or too much else.
  [[nodiscard]] bool read(const outside::File& file);

  [[nodiscard]] const Elf64_Ehdr& whole() const {
    return *reinterpret_cast<const Elf64_Ehdr*>(bytes_);
  }
  [[nodiscard]] Slice<const Elf64_Phdr> segments() const {
    return {reinterpret_cast<const Elf64_Phdr*>(bytes_ + whole().e_phoff), whole().e_phnum};
  }
  [[nodiscard]] const Elf64_Phdr* segment(Elf64_Word type) const;
  /// Whether UPX has packed it: its mark lies behind the program headers (upx,
  /// src/stub/src/include/ linux.h).
  [[nodiscard]] bool is_packed() const;
  /// Whether it neither needs ld.so nor is it.
  [[nodiscard]] bool is_static(const outside::File& file) const;

private:
  std::size_t size_ = 0;
  alignas(Elf64_Ehdr) char bytes_[1024]; // 17 segments
};

} // namespace sealwax::start
