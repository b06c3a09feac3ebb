// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/run/start_notice.hpp"

#include "cli/arch/arch.hpp"
#include "cli/elf/elf_handle.hpp"
#include "cli/system/kernel_probe.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <array>
#include <csignal>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <span>

namespace sealwax::cli {
namespace {

constexpr std::size_t kPage = 4096;

/// What a file says of its initialisers, by its addresses.
struct Initialisers {
  bool of_glibc = false; ///< it begins with glibc's start code, whose crt1.o bears the mark
  Address entry = 0;
  Address pointers = 0;
  Range code;

  [[nodiscard]] bool complete() const { return of_glibc && pointers != 0 && !code.empty(); }
};

/// By its sections: a program that is not relocated has no dynamic section.
Initialisers initialisers_of(int file) {
  Initialisers found;
  elf_version(EV_CURRENT);
  const ElfHandle elf{elf_begin(file, ELF_C_READ, nullptr)};
  std::size_t names = 0;
  GElf_Ehdr whole;
  if (!elf || gelf_getehdr(elf.get(), &whole) == nullptr ||
      elf_getshdrstrndx(elf.get(), &names) != 0)
    return found;
  found.entry = whole.e_entry;
  GElf_Shdr header;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
    if (gelf_getshdr(section, &header) == nullptr)
      continue;
    const char* const name = elf_strptr(elf.get(), names, header.sh_name);
    found.of_glibc |= name != nullptr && std::strcmp(name, ".note.ABI-tag") == 0;
    if (header.sh_type == SHT_INIT_ARRAY && header.sh_size >= sizeof(Address))
      found.pointers = header.sh_addr;
    else if (name != nullptr && std::strcmp(name, ".text") == 0)
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

void put_pointer(const Tracee& program, Address at, Address value) {
  std::array<std::uint8_t, sizeof value> bytes;
  std::memcpy(bytes.data(), &value, sizeof value);
  program.poke(at, bytes);
}

} // namespace

std::optional<StartNotice> StartNotice::lay(const Tracee& program, RemoteCalls& calls) {
  // A filter that was inherited can kill for a call that the program does not make itself.
  if (!arch::kHasNotice || may_be_filtered())
    return std::nullopt;
  const std::string name = fmt::format("/proc/{}/exe", program.thread());
  const Descriptor file{open(name.c_str(), O_RDONLY | O_CLOEXEC)};
  const Initialisers found = file.open() ? initialisers_of(file.number()) : Initialisers{};
  const int signal = unheeded_signal(calls.signal_mask());
  if (!found.complete() || signal == 0)
    return std::nullopt;
  const long page = calls.call(
      SYS_mmap, {0, kPage, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, ~0ULL, 0});
  if (call_failed(page))
    return std::nullopt;
  // It stands on its first instruction.
  const Address bias = arch::program_counter(calls.goes_on_with()) - found.entry;
  const auto at = static_cast<Address>(page);
  return StartNotice{{at, at + kPage},
                     bias + found.pointers,
                     {bias + found.code.begin, bias + found.code.end},
                     signal};
}

bool StartNotice::divert(const Tracee& program) {
  if (!program.read(pointer_, std::as_writable_bytes(std::span{&initialiser_, 1})) ||
      !code_.contains({initialiser_, initialiser_ + 1}))
    return false;
  program.poke(page_.begin, arch::notice_code(program.thread(), signal_, initialiser_));
  put_pointer(program, pointer_, page_.begin);
  return true;
}

bool StartNotice::is_given(const Tracee& program, int signal) const {
  const Address at = arch::program_counter(program.registers());
  return signal == signal_ && page_.contains({at, at + 1});
}

void StartNotice::undo(const Tracee& program) const {
  put_pointer(program, pointer_, initialiser_);
  arch::Registers registers = program.registers();
  arch::leave_notice(registers, initialiser_);
  program.set_registers(registers);
}

std::string StartNotice::clear(RemoteCalls& calls) const {
  const long answer = calls.call(SYS_munmap, {page_.begin, page_.size()});
  return call_failed(answer) ? why_not("unmap", page_, answer) : std::string{};
}

} // namespace sealwax::cli
