// SPDX-License-Identifier: Apache-2.0
// How many system calls and instructions the library makes while a program works, step by step:
//
//     steps LIBRARY PROGRAM ARGUMENT...
//
// PROGRAM sends itself a SIGSTOP and makes two marks (tests/cost/marks.h); what is between them is
// counted. It has this program's environment, with the library preloaded.
#include "stepped_run.hpp"

#include <cstdio>
#include <unistd.h>

using namespace sealwax::cost;

int main(int count, char** words) {
  if (count < 3)
    give_up("usage: steps LIBRARY PROGRAM ARGUMENT...");
  const std::string library = words[1];
  Command command{{words + 2, words + count}, {"LD_PRELOAD=" + library}};
  for (char** variable = environ; *variable != nullptr; ++variable)
    command.environment.emplace_back(*variable);
  const Steps steps = steps_of(command, library, Counted::behind_stop);
  std::printf("%zu %llu\n", steps.calls.size(),
              static_cast<unsigned long long>(steps.instructions));
}
