// SPDX-License-Identifier: Apache-2.0
#include "outside/start/start_notice.hpp"

#include "outside/arch/arch.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <array>
#include <csignal>
#include <cstring>
#include <elf.h>
#include <string_view>

namespace sealwax::outside {
namespace {

/// What a file says of its initialisers, by its addresses.
struct Initialisers {
  bool of_glibc = false; ///< it begins with glibc's start code, whose crt1.o bears the mark
  Address entry = 0;
  Address pointers = 0;
  Range code;

  [[nodiscard]] bool complete() const { return of_glibc && pointers != 0 && !code.empty(); }
};

constexpr std::string_view kGlibcMark = ".note.ABI-tag", kCode = ".text";
/// More sections than any linker makes of a program are not read, nor are longer tables of names.
constexpr std::size_t kMostSections = 128, kMostNames = 4096;

/// A file's sections and their names, which anybody can have written.
struct Sections {
  std::size_t count = 0;
  Elf64_Shdr headers[kMostSections];
  std::size_t names_size = 0;
  char names[kMostNames];

  [[nodiscard]] bool is_named(const Elf64_Shdr& header, std::string_view name) const {
    return header.sh_name < names_size && names_size - header.sh_name > name.size() &&
           std::string_view{names + header.sh_name, name.size()} == name &&
           names[header.sh_name + name.size()] == '\0';
  }
};

bool read_sections(const File& file, const Elf64_Ehdr& whole, Sections& sections) {
  sections.count = whole.e_shnum;
  if (whole.e_shentsize != sizeof(Elf64_Shdr) || sections.count > kMostSections ||
      whole.e_shstrndx >= sections.count ||
      !file.read_at(whole.e_shoff, sections.headers, sections.count * sizeof(Elf64_Shdr)))
    return false;
  const Elf64_Shdr& names = sections.headers[whole.e_shstrndx];
  sections.names_size = names.sh_size;
  return sections.names_size <= kMostNames &&
         file.read_at(names.sh_offset, sections.names, sections.names_size);
}

/// By its sections: a program that is not relocated has no dynamic section.
Initialisers initialisers_of(const File& file) {
  Initialisers found;
  Elf64_Ehdr whole;
  Sections sections;
  if (!file.open() || !file.read_at(0, &whole, sizeof whole) ||
      !read_sections(file, whole, sections))
    return found;
  found.entry = whole.e_entry;
  for (const Elf64_Shdr& header : Slice<const Elf64_Shdr>{sections.headers, sections.count}) {
    found.of_glibc |= sections.is_named(header, kGlibcMark);
    if (header.sh_type == SHT_INIT_ARRAY && header.sh_size >= sizeof(Address))
      found.pointers = header.sh_addr;
    else if (sections.is_named(header, kCode))
      found.code = {header.sh_addr, header.sh_addr + header.sh_size};
  }
  return found;
}

/// One that does nothing to who has no handler for it, and is not blocked; 0: none.
int unheeded_signal(std::uint64_t blocked) {
  for (const int signal : {SIGURG, SIGWINCH, SIGCHLD})
    if ((blocked >> (signal - 1) & 1) == 0)
      return signal;
  return 0;
}

void put_pointer(TracedThread& program, Address at, Address value) {
  std::array<std::uint8_t, sizeof value> bytes;
  std::memcpy(bytes.data(), &value, sizeof value);
  program.poke(at, {bytes.data(), bytes.size()});
}

} // namespace

std::optional<StartNotice> StartNotice::lay(const File& file, std::size_t spare,
                                            RemoteCalls& calls) {
  if (!arch::kHasNotice)
    return std::nullopt;
  const Initialisers found = initialisers_of(file);
  const int signal = unheeded_signal(calls.signal_mask());
  if (!found.complete() || signal == 0)
    return std::nullopt;
  const long page = calls.call(
      SYS_mmap, {0, kPage + spare, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL, 0});
  if (call_failed(page))
    return std::nullopt;
  // It stands on its first instruction.
  const Address bias = arch::program_counter(calls.goes_on_with()) - found.entry;
  const auto at = static_cast<Address>(page);
  return StartNotice{{at, at + kPage + spare},
                     bias + found.pointers,
                     {bias + found.code.begin, bias + found.code.end},
                     signal};
}

bool StartNotice::divert(TracedThread& program) {
  if (!program.read(pointer_, {reinterpret_cast<std::byte*>(&initialiser_), sizeof initialiser_}) ||
      !code_.contains({initialiser_, initialiser_ + 1}))
    return false;
  const auto code = arch::notice_code(program.thread(), signal_, initialiser_);
  program.poke(page_.begin, {code.data(), code.size()});
  put_pointer(program, pointer_, page_.begin);
  return true;
}

bool StartNotice::is_given(TracedThread& program, int signal) const {
  const Address at = arch::program_counter(program.registers());
  return signal == signal_ && page_.contains({at, at + 1});
}

void StartNotice::undo(TracedThread& program) const {
  put_pointer(program, pointer_, initialiser_);
  arch::Registers registers = program.registers();
  arch::leave_notice(registers, initialiser_);
  program.set_registers(registers);
}

long StartNotice::clear(RemoteCalls& calls) const {
  return calls.call(SYS_munmap, {page_.begin, page_.size()});
}

} // namespace sealwax::outside
