// SPDX-License-Identifier: Apache-2.0
// attach PID TIMES [slow | DEATH]: stops a process TIMES times, has its first thread make calls,
// and lets it go on; where it is not willing, once more. With DEATH this process kills itself at
// that step of the first time. Prints how many steps there were, or why there was none.
#include "cli/injection/seals_to_do.hpp"
#include "cli/injection/stopped_process.hpp"
#include "outside/calls/remote_calls.hpp"
#include "steps.hpp"

#include <sys/syscall.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <unistd.h>

namespace {

using namespace sealwax::cli;

/// False: it was at something at which it is left alone.
bool visit(const Process& process, const CallInstructions& instructions) {
  StoppedProcess stopped{process, std::chrono::seconds{2}};
  sealwax::outside::TracedThread first{stopped.first().thread()};
  sealwax::outside::RemoteCalls calls{first, stopped.first_goes_on(), instructions};
  bool right = calls.goes_back_alone();
  for (int i = 0; i < 3 && right; ++i)
    right = calls.call(SYS_getpid, {}) == process.pid();
  calls.end();
  return right;
}

} // namespace

int main(int, char** arguments) {
  const Process process{std::atoi(arguments[1])};
  const int times = std::atoi(arguments[2]);
  const CallInstructions instructions = find_call_instructions(survey(process));
  slow = arguments[3] != nullptr && std::strcmp(arguments[3], "slow") == 0;
  death = arguments[3] != nullptr && !slow ? std::atol(arguments[3]) : -1;
  for (int done = 0; done < times;) {
    try {
      if (!visit(process, instructions)) {
        std::puts("a call had a wrong answer");
        return 1;
      }
      ++done;
    } catch (const Unwilling& reason) {
      if (!reason.may_change() && kill(process.pid(), 0) != 0) {
        std::puts(reason.what());
        return 1;
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds{500});
  }
  std::printf("%ld\n", steps);
  return 0;
}
