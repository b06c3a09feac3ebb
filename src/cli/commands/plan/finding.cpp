// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/plan/finding.hpp"

#include "cli/output/output.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sealwax::cli {
namespace {

class Findings {
public:
  explicit Findings(const LoadedFile& file) : file_(file) {}

  void add_if(bool holds, std::string_view kind, std::string what) {
    if (holds)
      found_.push_back({kind, file_.path, std::move(what)});
  }
  std::vector<Finding> take() { return std::move(found_); }

private:
  const LoadedFile& file_;
  std::vector<Finding> found_;
};

bool has_segment(const ElfFile& elf, std::uint32_t type) {
  return std::any_of(elf.segments.begin(), elf.segments.end(),
                     [type](const Elf64_Phdr& segment) { return segment.p_type == type; });
}

/// glibc and, for a library, musl take a missing PT_GNU_STACK for the wish to execute the stack.
bool wants_executable_stack(const ElfFile& elf) {
  bool wanted = true;
  for (const Elf64_Phdr& segment : elf.segments)
    if (segment.p_type == PT_GNU_STACK)
      wanted = (segment.p_flags & PF_X) != 0;
  return wanted;
}

bool has_writable_code(const ElfFile& elf) {
  return std::any_of(elf.segments.begin(), elf.segments.end(), [](const Elf64_Phdr& segment) {
    return segment.p_type == PT_LOAD && (segment.p_flags & PF_W) != 0 &&
           (segment.p_flags & PF_X) != 0;
  });
}

/// The table through which calls are bound is behind what RELRO covers, if only in part.
bool binds_calls_in_data(const LoadedFile& file) {
  return std::any_of(
      file.layout.pieces.begin(), file.layout.pieces.end(), [&file](const Piece& piece) {
        return piece.region == Region::data && file.elf.jump_slots.overlaps(piece.range);
      });
}

/// Of what the file marks as mutable: all, and what is no data, where the mark has no effect.
struct MutableBytes {
  std::uint64_t all = 0;
  std::uint64_t without_effect = 0;
};

MutableBytes mutable_bytes(const LoadedFile& file) {
  MutableBytes bytes;
  for (const Elf64_Phdr& segment : file.elf.segments) {
    if (!is_mutable_mark(segment))
      continue;
    bytes.all += segment.p_memsz;
    for (const Piece& piece : file.layout.pieces)
      if (piece.region != Region::data)
        bytes.without_effect +=
            intersection(piece.range, {segment.p_vaddr, segment.p_vaddr + segment.p_memsz}).size();
  }
  return bytes;
}

} // namespace

bool is_static_program(const ElfFile& file) {
  return file.interpreter.empty() && (file.type == ET_EXEC || (file.flags_1 & DF_1_PIE) != 0);
}

std::vector<Finding> findings_of_file(const LoadedFile& file) {
  Findings found{file};
  const bool dynamic = has_segment(file.elf, PT_DYNAMIC);
  const bool relro = has_segment(file.elf, PT_GNU_RELRO);
  found.add_if(dynamic && !relro, "no-relro",
               "the tables that the loader fills in stay writable; link it with -z relro -z now");
  found.add_if(relro && binds_calls_in_data(file), "partial-relro",
               "the table of its calls into libraries stays writable; link it with -z now");
  found.add_if(file.elf.text_relocations, "text-relocations",
               "the loader has to write into its code; compile all of it with -fPIC");
  found.add_if(wants_executable_stack(file.elf), "executable-stack",
               "it asks for a stack that can be executed; link it with -z noexecstack");
  found.add_if(has_writable_code(file.elf), "writable-code",
               "a segment is writable and executable, and counts as data; link it without -N");
  const MutableBytes bytes = mutable_bytes(file);
  found.add_if(bytes.all != bytes.without_effect, "mutable",
               fmt::format("{} bytes are marked as mutable, whose pages stay open",
                           bytes.all - bytes.without_effect));
  found.add_if(
      bytes.without_effect != 0, "mark-without-effect",
      fmt::format("{} bytes that are marked as mutable are no data, and are sealed all the "
                  "same",
                  bytes.without_effect));
  return found.take();
}

std::vector<Finding> findings_of_program(const LoadedFile& program, const ElfFile& library) {
  const ElfFile& elf = program.elf;
  const mode_t mode = program.status.st_mode;
  const auto privileged = [](std::string_view how) {
    return fmt::format(
        "it {}, so that its loader ignores LD_PRELOAD; /etc/ld.so.preload reaches it", how);
  };
  Findings found{program};
  found.add_if(elf.elf_class == ELFCLASS32, "32-bit",
               "mseal(2) is for 64-bit programs only; build it for 64 bits");
  found.add_if(elf.elf_class == ELFCLASS64 && !elf.same_machine(library), "other-machine",
               fmt::format("it is a {} program and the library is for {}; name one that is built "
                           "for it with --library",
                           describe_machine(elf), describe_machine(library)));
  found.add_if(
      is_static_program(elf) && !elf.packed, "static",
      "no loader reads LD_PRELOAD for it; 'sealwax run' seals it, and 'sealwax seal' where "
      "it runs already");
  found.add_if(
      elf.packed, "packed",
      "it is packed by UPX, which hides what there is to be sealed; unpack it (upx -d), or "
      "'sealwax seal' it once it runs");
  found.add_if((mode & S_ISUID) != 0, "setuid", privileged("is setuid"));
  found.add_if((mode & S_ISGID) != 0 && (mode & S_IXGRP) != 0, "setgid", privileged("is setgid"));
  found.add_if(program.privileged_by_capabilities, "file-capabilities",
               privileged("has file capabilities"));
  found.add_if(needs_asan_runtime(elf), "asan",
               "AddressSanitizer ends it under a preloaded library; set "
               "ASAN_OPTIONS=verify_asan_link_order=0");
  found.add_if(elf.defines_load_hook, "no-load-hook",
               "it has a __gmon_start__ of its own, so that what it loads late is sealed late; "
               "build it without -pg");
  return found.take();
}

Finding finding_of_starter(const LoadedFile& program, const LoadedFile& starter) {
  return {"no-loader", program.path,
          fmt::format("it is started by {}, which reads no LD_PRELOAD; 'sealwax run' seals it, and "
                      "'sealwax seal' where it runs already",
                      printable(starter.path))};
}

std::vector<Finding> findings_of_library(const LoadedFile& library) {
  Findings found{library};
  found.add_if(!library.elf.calls_load_hook, "no-load-hook",
               "it has no usual _init, so that where it is loaded late it is sealed late; link it "
               "without -nostartfiles");
  return found.take();
}

} // namespace sealwax::cli
