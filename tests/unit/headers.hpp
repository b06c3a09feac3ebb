// SPDX-License-Identifier: Apache-2.0
// Program headers by hand, and layouts as text, for the tests.
#pragma once

#include "model/object/elf_object.hpp"
#include "model/object/plan.hpp"
#include "print.hpp"

#include <cstdint>
#include <elf.h>
#include <sstream>
#include <string>
#include <vector>

namespace sealwax::test {

inline Elf64_Phdr header(std::uint32_t type, std::uint32_t flags, std::uint64_t address,
                         std::uint64_t size) {
  Elf64_Phdr phdr{};
  phdr.p_type = type;
  phdr.p_flags = flags;
  phdr.p_vaddr = address;
  phdr.p_filesz = size;
  phdr.p_memsz = size;
  return phdr;
}
inline Elf64_Phdr load(std::uint32_t flags, std::uint64_t address, std::uint64_t size) {
  return header(PT_LOAD, flags, address, size);
}

inline std::string text(Range range) {
  std::ostringstream out;
  out << range;
  return out.str();
}

/// "text 1000-2000, data 3000-4000"
template <typename Pieces>
std::string text_of_pieces(const Pieces& pieces) {
  std::string out;
  for (const Piece& piece : pieces)
    out += (out.empty() ? "" : ", ") + std::string{region_name(piece.region)} + ' ' +
           text(piece.range);
  return out;
}

template <typename Ranges>
std::string text_of_ranges(const Ranges& ranges) {
  std::string out;
  for (const PageRange& range : ranges)
    out += (out.empty() ? "" : ", ") + text(range);
  return out;
}

struct LaidOut {
  LayoutError error;
  ObjectLayout layout;
};

inline LaidOut lay(const std::vector<Elf64_Phdr>& headers, Address bias = 0,
                   std::size_t page = 0x1000) {
  LaidOut out{};
  out.error = lay_out(bias, {headers.data(), headers.size()}, PageSize{page}, out.layout);
  return out;
}

/// The pieces, or the error where there is one.
inline std::string pieces(const std::vector<Elf64_Phdr>& headers, Address bias = 0,
                          std::size_t page = 0x1000) {
  const LaidOut out = lay(headers, bias, page);
  return out.error == LayoutError::none ? text_of_pieces(out.layout.pieces)
                                        : std::string{describe(out.error)};
}

inline constexpr std::uint32_t kR = PF_R;
inline constexpr std::uint32_t kRX = PF_R | PF_X;
inline constexpr std::uint32_t kRW = PF_R | PF_W;
inline constexpr std::uint32_t kRWX = PF_R | PF_W | PF_X;

} // namespace sealwax::test
