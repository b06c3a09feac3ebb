// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/plan/finding.hpp"
#include "cli/elf/elf_file.hpp"
#include "cli/elf/library_search.hpp"
#include "fuzz.hpp"

#include <sys/mman.h>

#include <optional>
#include <string_view>
#include <unistd.h>

using namespace sealwax;
using namespace sealwax::cli;
using sealwax::fuzz::expect;

namespace {

std::optional<OpenFile> file_of(const std::uint8_t* data, std::size_t size) {
  OpenFile file;
  file.descriptor = Descriptor{memfd_create("fuzz", MFD_CLOEXEC)};
  const int number = file.descriptor.number();
  if (write(number, data, size) != static_cast<ssize_t>(size) || fstat(number, &file.status) != 0)
    return std::nullopt;
  file.path = "/usr/lib/libfuzz.so";
  return file;
}

void check_layout(const ObjectLayout& layout) {
  Address last_end = 0;
  for (const Piece& piece : layout.pieces) {
    expect(!piece.range.empty() && piece.range.begin() >= last_end, "pieces ascend");
    last_end = piece.range.end();
  }
  expect(last_end <= (Address{1} << 56U) + 0x10000, "sums of sizes cannot overflow");
}

void check_findings(const LoadedFile& file) {
  for (const auto& findings :
       {findings_of_file(file), findings_of_program(file, file.elf), findings_of_library(file)})
    for (const Finding& finding : findings) {
      bool known = false;
      for (const std::string_view kind : kFindingKinds)
        known |= kind == finding.kind;
      expect(known && !finding.what.empty(), "a finding is of a known kind, and says what is so");
    }
}

} // namespace

/// A file, as `plan` reads it.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::optional<OpenFile> file = file_of(data, size);
  if (!file)
    return 0;
  try {
    const LoadedFile loaded = load(std::move(*file), "libfuzz.so");
    expect(!loaded.elf.segments.empty() && loaded.elf.segments.size() <= 2048,
           "what is loaded has segments, and as many as the kernel takes");
    check_layout(loaded.layout);
    check_findings(loaded);
  } catch (const ElfError& error) {
    expect(std::string_view{error.what()}.size() > 5, "an error says what is wrong");
  }
  return 0;
}
