// SPDX-License-Identifier: Apache-2.0
#include "cli/elf/ld_cache.hpp"
#include "fuzz.hpp"

#include <array>
#include <string>

using sealwax::cli::LdCache;
using sealwax::fuzz::expect;

/// An /etc/ld.so.cache.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kEntry = 24;
  constexpr std::array<std::string_view, 2> kLevels = {"x86-64-v3", "x86-64-v2"};
  const LdCache cache{std::string{reinterpret_cast<const char*>(data), size}};
  expect(cache.size() <= size / kEntry, "no more entries than there is room for");
  for (const char* name : {"libc.so.6", "libx.so.1", ""})
    for (const std::int32_t kind : {0x303, 0xa03, 3})
      expect(cache.find(name, kind, kLevels).size() < size || size == 0, "a path is of the file");
  return 0;
}
