// SPDX-License-Identifier: Apache-2.0
#include "stepped_run.hpp"

#include "marks.h"

#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace sealwax::cost {
namespace {

using Address = std::uint64_t;

[[noreturn]] void become(const Command& command, bool traced) {
  std::vector<char*> words, environment;
  for (const std::string& word : command.words)
    words.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& variable : command.environment)
    environment.push_back(const_cast<char*>(variable.c_str()));
  words.push_back(nullptr);
  environment.push_back(nullptr);
  personality(ADDR_NO_RANDOMIZE); // every run makes the same steps
  if (traced)
    ptrace(PTRACE_TRACEME, 0, 0, 0);
  execve(words[0], words.data(), environment.data());
  _exit(127);
}

pid_t start(const Command& command, bool traced) {
  const pid_t child = fork();
  if (child == 0)
    become(command, traced);
  if (child < 0)
    give_up("cannot fork");
  return child;
}

/// The library as its file has it.
class LibraryFile {
public:
  explicit LibraryFile(const std::string& path) {
    std::ifstream stream{path, std::ios::binary};
    bytes_.assign(std::istreambuf_iterator<char>{stream}, {});
    if (bytes_.size() < sizeof(Elf64_Ehdr))
      give_up("cannot read " + path);
    for (const Elf64_Phdr& header : headers())
      if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0)
        text_ = header;
      else if (header.p_type == PT_DYNAMIC)
        find_begin(header);
  }
  /// Where its first instruction lies, counted from its base.
  [[nodiscard]] Address begin() const { return begin_; }
  [[nodiscard]] bool has_text_at(Address offset) const {
    return offset - text_.p_vaddr < text_.p_filesz;
  }
  [[nodiscard]] unsigned char first_byte() const { return byte_at(begin_); }
  [[nodiscard]] bool makes_call_at(Address offset) const {
    return byte_at(offset) == 0x0f && byte_at(offset + 1) == 0x05; // syscall
  }

private:
  [[nodiscard]] std::vector<Elf64_Phdr> headers() const {
    Elf64_Ehdr header;
    std::memcpy(&header, bytes_.data(), sizeof header);
    std::vector<Elf64_Phdr> all(header.e_phnum);
    std::memcpy(all.data(), bytes_.data() + header.e_phoff, all.size() * sizeof all[0]);
    return all;
  }
  [[nodiscard]] unsigned char byte_at(Address offset) const {
    return static_cast<unsigned char>(bytes_.at(offset - text_.p_vaddr + text_.p_offset));
  }
  void find_begin(const Elf64_Phdr& dynamic) {
    for (Address at = 0; at < dynamic.p_filesz; at += sizeof(Elf64_Dyn)) {
      Elf64_Dyn entry;
      std::memcpy(&entry, bytes_.data() + dynamic.p_offset + at, sizeof entry);
      if (entry.d_tag == DT_INIT)
        begin_ = entry.d_un.d_ptr;
    }
  }

  std::vector<char> bytes_;
  Elf64_Phdr text_{};
  Address begin_ = 0;
};

class Stepper {
public:
  Stepper(pid_t child, const std::string& library)
      : child_(child), path_(library), library_(library) {
    wait_for_stop();
    ptrace(PTRACE_SETOPTIONS, child_, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  }

  Steps count_start() {
    run_to_begin();
    const auto back = static_cast<Address>(ptrace(PTRACE_PEEKDATA, child_, registers().rsp, 0));
    Steps steps;
    for (user_regs_struct now = registers(); now.rip != back; now = step())
      count(now, steps);
    return steps;
  }

  Steps count_between_marks(bool behind_stop) {
    run_to_begin();
    if (behind_stop)
      run_to_stop();
    run_to_mark();
    Steps steps;
    for (user_regs_struct now = step(); !is_mark(now); now = step())
      count(now, steps);
    return steps;
  }

private:
  void wait_for_stop() {
    int status = 0;
    if (waitpid(child_, &status, 0) != child_ || !WIFSTOPPED(status))
      give_up("the program ended before it was counted");
  }
  [[nodiscard]] user_regs_struct registers() const {
    user_regs_struct registers{};
    if (ptrace(PTRACE_GETREGS, child_, 0, &registers) != 0)
      give_up("cannot read registers");
    return registers;
  }
  user_regs_struct step() {
    ptrace(PTRACE_SINGLESTEP, child_, 0, 0);
    wait_for_stop();
    return registers();
  }
  void run_to_next_call() {
    ptrace(PTRACE_SYSCALL, child_, 0, 0);
    wait_for_stop();
  }

  void run_to_stop() {
    ptrace(PTRACE_CONT, child_, 0, 0);
    int status = 0;
    if (waitpid(child_, &status, 0) != child_ || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP)
      give_up("the program did not come to its stop");
  }

  /// By a breakpoint, for which ld.so has to map the library first.
  void run_to_begin() {
    while (base_ == 0) {
      run_to_next_call();
      base_ = find_base();
    }
    const auto at = reinterpret_cast<void*>(base_ + library_.begin());
    constexpr long kBreakpoint = 0xcc;
    const long word = ptrace(PTRACE_PEEKTEXT, child_, at, 0);
    ptrace(PTRACE_POKETEXT, child_, at, (word & ~0xffL) | kBreakpoint);
    ptrace(PTRACE_CONT, child_, 0, 0);
    wait_for_stop();
    ptrace(PTRACE_POKETEXT, child_, at, word);
    user_regs_struct now = registers();
    if (--now.rip != base_ + library_.begin())
      give_up("the program stopped elsewhere than at the library's first instruction");
    ptrace(PTRACE_SETREGS, child_, 0, &now);
  }

  /// The first mapping of the library, once it may be executed.
  [[nodiscard]] Address find_base() const {
    std::ifstream maps{"/proc/" + std::to_string(child_) + "/maps"};
    for (std::string line; std::getline(maps, line);)
      if (line.ends_with(path_) && line.find(" r-xp ") != std::string::npos)
        return std::stoull(line, nullptr, 16);
    return 0;
  }

  static bool is_mark(const user_regs_struct& now) {
    return now.rax == SYS_close && static_cast<int>(now.rdi) == kMark;
  }
  void run_to_mark() {
    user_regs_struct now{};
    do {
      run_to_next_call();
      now = registers();
    } while (now.orig_rax != SYS_close || static_cast<int>(now.rdi) != kMark);
    run_to_next_call(); // its end
  }

  void count(const user_regs_struct& now, Steps& steps) {
    const Address offset = now.rip - base_;
    const bool again = now.rip == last_; // a string instruction, in its middle
    last_ = now.rip;
    if (again || !library_.has_text_at(offset))
      return;
    ++steps.instructions;
    // How often it has to ask where the kernel's own mappings begin is the kernel's.
    const bool asks_for_vdso = now.rax == SYS_madvise && now.rdx == MADV_DODUMP;
    if (library_.makes_call_at(offset) && !asks_for_vdso)
      steps.calls.push_back(static_cast<long>(now.rax));
  }

  pid_t child_;
  std::string path_;
  LibraryFile library_;
  Address base_ = 0;
  Address last_ = 0;
};

/// Faults of a run that nobody looks at.
std::uint64_t faults_of(const Command& command) {
  const pid_t child = start(command, false);
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    give_up("the program failed");
  return static_cast<std::uint64_t>(usage.ru_minflt);
}

std::uint64_t mappings_of(const Command& command) {
  const pid_t child = start(command, true);
  int status = 0;
  waitpid(child, &status, 0);
  ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
  while (WIFSTOPPED(status) && status >> 8 != (SIGTRAP | (PTRACE_EVENT_EXIT << 8))) {
    ptrace(PTRACE_CONT, child, 0, 0);
    waitpid(child, &status, 0);
  }
  std::ifstream maps{"/proc/" + std::to_string(child) + "/maps"};
  const auto lines = std::count(std::istreambuf_iterator<char>{maps}, {}, '\n');
  ptrace(PTRACE_CONT, child, 0, 0);
  waitpid(child, &status, 0);
  return static_cast<std::uint64_t>(lines);
}

} // namespace

void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

Steps steps_of(const Command& command, const std::string& library, Counted counted) {
  const pid_t child = start(command, true);
  Stepper stepper{child, library};
  Steps steps = counted == Counted::start
                    ? stepper.count_start()
                    : stepper.count_between_marks(counted == Counted::behind_stop);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return steps;
}

Footprint footprint_of(const Command& command) {
  constexpr int kRuns = 10;
  Footprint least{~std::uint64_t{0}, mappings_of(command)};
  for (int run = 0; run < kRuns; ++run)
    least.faults = std::min(least.faults, faults_of(command));
  return least;
}

} // namespace sealwax::cost
