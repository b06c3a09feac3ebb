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
  Range spare; ///< what is mapped with the code's last page, and nobody's

  [[nodiscard]] bool complete() const { return of_glibc && pointers != 0 && !code.empty(); }
};

constexpr std::string_view kGlibcMark = ".note.ABI-tag", kCode = ".text";
/// More sections than any linker makes of a program are not read, nor are longer tables of names.
constexpr std::size_t kMostSections = 128, kMostNames = 4096;
/// Nor are more segments.
constexpr std::size_t kMostSegments = 32;

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

/// Of the segment that holds `code`, behind what the file has of it.
Range spare_behind(Range code, const File& file, const Elf64_Ehdr& whole, PageSize page) {
  Elf64_Phdr headers[kMostSegments];
  const std::size_t count = whole.e_phnum;
  if (whole.e_phentsize != sizeof *headers || count > kMostSegments ||
      !file.read_at(whole.e_phoff, headers, count * sizeof *headers))
    return {};
  Range spare;
  for (const Elf64_Phdr& segment : Slice<const Elf64_Phdr>{headers, count}) {
    const Range in_file{segment.p_vaddr, segment.p_vaddr + segment.p_filesz};
    if (segment.p_type == PT_LOAD && (segment.p_flags & (PF_X | PF_W)) == PF_X &&
        segment.p_filesz == segment.p_memsz && in_file.contains(code))
      spare = {in_file.end, page.up(in_file.end)};
  }
  for (const Elf64_Phdr& segment : Slice<const Elf64_Phdr>{headers, count})
    if (segment.p_type == PT_LOAD && segment.p_vaddr >= spare.begin &&
        page.down(segment.p_vaddr) < spare.end)
      return {}; // which shows another segment then
  return spare;
}

/// By its sections: a program that is not relocated has no dynamic section.
Initialisers initialisers_of(const File& file, PageSize page) {
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
  found.spare = spare_behind(found.code, file, whole, page);
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

std::optional<StartNotice> StartNotice::lay(const File& file, NoticePlace place,
                                            TracedThread& program, RemoteCalls& calls) {
  if (!arch::kHasNotice)
    return std::nullopt;
  const Initialisers found = initialisers_of(file, PageSize{kPage});
  const int signal = unheeded_signal(calls.signal_mask());
  if (!found.complete() || signal == 0)
    return std::nullopt;
  // It stands on its first instruction.
  const Address bias = arch::program_counter(calls.goes_on_with()) - found.entry;
  const auto in_memory = [bias](Range range) {
    return Range{bias + range.begin, bias + range.end};
  };
  StartNotice notice{bias + found.pointers, in_memory(found.code), signal};
  const bool lies =
      (place == NoticePlace::in_code && notice.lies_in_code(in_memory(found.spare), program)) ||
      notice.lies_apart(calls);
  if (!lies)
    return std::nullopt;
  (void)notice.divert(program); // else when it has been relocated
  return notice;
}

/// False: there is too little of it.
bool StartNotice::lies_in_code(Range spare, TracedThread& program) {
  constexpr Address kAlignment = 16;
  const Address begin = (spare.begin + kAlignment - 1) & ~(kAlignment - 1);
  room_ = intersection({begin, begin + kMost}, spare);
  in_code_ = room_.size() >= kLeast &&
             program.read(room_.begin, {reinterpret_cast<std::byte*>(kept_.data()), room_.size()});
  return in_code_;
}

bool StartNotice::lies_apart(RemoteCalls& calls) {
  const long page = calls.call(
      SYS_mmap, {0, kPage, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL, 0});
  const auto at = static_cast<Address>(page);
  room_ = {at, at + kPage};
  return !call_failed(page);
}

bool StartNotice::divert(TracedThread& program) {
  Address initialiser = 0;
  if (!program.read(pointer_, {reinterpret_cast<std::byte*>(&initialiser), sizeof initialiser}) ||
      !code_.contains(initialiser))
    return false;
  initialiser_ = initialiser;
  const auto code = arch::notice_code(program.thread(), signal_, initialiser_);
  static_assert(sizeof code <= kInstructions);
  program.poke(room_.begin, {code.data(), code.size()});
  put_pointer(program, pointer_, room_.begin);
  return true;
}

bool StartNotice::is_given(TracedThread& program, int signal) const {
  return signal == signal_ &&
         arch::program_counter(program.registers()) == room_.begin + arch::kNoticeGiven;
}

void StartNotice::undo(TracedThread& program) const {
  put_pointer(program, pointer_, initialiser_);
  arch::Registers registers = program.registers();
  arch::leave_notice(registers, initialiser_);
  program.set_registers(registers);
}

long StartNotice::unmap(RemoteCalls& calls) const {
  return calls.call(SYS_munmap, {room_.begin, room_.size()});
}

void StartNotice::restore_code(TracedThread& program) const {
  program.poke(room_.begin, {kept_.data(), room_.size()});
}

} // namespace sealwax::outside
