// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/run/entry_diversion.hpp"

#include "cli/arch/arch.hpp"
#include "cli/elf/elf_file.hpp"
#include "cli/frame/command_error.hpp"
#include "cli/process/procfs.hpp"

#include <fmt/format.h>

#include <elf.h>
#include <optional>
#include <span>

namespace sealwax::cli {
namespace {

/// The last page of the kernel's half, where nothing of a program ever is.
constexpr Address kNowhere = ~Address{0xfff};

constexpr std::size_t kWord = sizeof(std::uint64_t);

std::uint64_t word_at(const Tracee& tracee, Address at) {
  std::uint64_t word = 0;
  if (!tracee.read(at, std::as_writable_bytes(std::span{&word, 1})))
    throw CommandError("cannot tell where the program begins: its memory cannot be read");
  return word;
}

void put_word(const Tracee& tracee, Address at, std::uint64_t word) {
  std::uint8_t bytes[kWord];
  __builtin_memcpy(bytes, &word, kWord);
  tracee.poke(at, bytes);
}

/// Where the value is of the last entry of type `wanted` in a list that ends with one of type 0: an
/// auxiliary vector, or a dynamic section. 0: there is none.
Address value_in(const Tracee& tracee, Address list, std::uint64_t wanted) {
  Address found = 0;
  std::uint64_t type = word_at(tracee, list);
  while (type != 0) {
    if (type == wanted)
      found = list + kWord;
    list += 2 * kWord;
    type = word_at(tracee, list);
  }
  return found;
}

/// Behind the arguments and the environment, on the stack as the kernel leaves it (fs/binfmt_elf.c,
/// create_elf_tables).
Address auxiliary_vector(const Tracee& tracee) {
  const Address stack = arch::stack_pointer(tracee.registers());
  Address at = stack + kWord * (word_at(tracee, stack) + 2);
  while (word_at(tracee, at) != 0)
    at += kWord;
  return at + kWord;
}

/// Of several, the loaders heed the last.
Address dynamic_section(const ElfFile& elf) {
  Address found = 0;
  for (const Elf64_Phdr& segment : elf.segments)
    if (segment.p_type == PT_DYNAMIC)
      found = segment.p_vaddr;
  return found;
}

} // namespace

/// glibc's loader initialises all libraries before it jumps to AT_ENTRY. With musl the program's
/// start code does it, and calls the program's own DT_INIT last (ldso/dynlink.c,
/// __libc_start_init).
EntryDiversion::EntryDiversion(const Tracee& tracee)
    : pointer_(value_in(tracee, auxiliary_vector(tracee), AT_ENTRY)) {
  const std::optional<ElfFile> elf = read_elf_file(fmt::format("/proc/{}/exe", tracee.thread()));
  if (pointer_ == 0 || !elf)
    throw CommandError("cannot tell where the program begins; is /proc mounted?");
  target_ = word_at(tracee, pointer_);
  Address bias = 0;
  if (elf->interpreter.find("/ld-musl-") != std::string::npos) {
    if (elf->init == 0)
      throw CommandError("cannot tell where the program begins: it uses musl and has no "
                         "DT_INIT; run it without --require");
    bias = target_ - elf->entry;
    target_ = bias + elf->init;
    pointer_ = value_in(tracee, bias + dynamic_section(*elf), DT_INIT);
  }
  original_ = word_at(tracee, pointer_);
  put_word(tracee, pointer_, kNowhere - bias);
}

bool EntryDiversion::is_reached(const Tracee& tracee) const {
  // Positive: from the kernel, not sent by a process.
  return tracee.signal_info().si_code > 0 && arch::program_counter(tracee.registers()) == kNowhere;
}

void EntryDiversion::undo(const Tracee& tracee) const {
  put_word(tracee, pointer_, original_);
  tracee.set_program_counter(target_);
}

} // namespace sealwax::cli
