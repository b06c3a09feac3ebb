// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/run/early_end.hpp"

#include "cli/arch/arch.hpp"

#include <sys/ptrace.h>

#include <csignal>
#include <cstdint>
#include <exception>

namespace sealwax::cli {

void end_before_its_begin(const Tracee& program) {
  try {
    program.set_signal_mask(~std::uint64_t{0});
    program.poke(arch::program_counter(program.registers()), arch::kExit125);
    program.resume(PTRACE_DETACH, 0);
  } catch (const std::exception&) {
    kill(program.thread(), SIGKILL);
  }
}

} // namespace sealwax::cli
