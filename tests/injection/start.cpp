// SPDX-License-Identifier: Apache-2.0
// start DEATH PROGRAM [ARGUMENT...]: executes a static program that is sealed as it starts. Who
// seals it kills itself at step DEATH.
#include "cli/commands/run/static_seal.hpp"
#include "steps.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

int main(int, char** arguments) {
  death = std::atol(arguments[1]);
  if (const std::string why = sealwax::cli::seal_static_from_here(nullptr); !why.empty())
    std::puts(why.c_str());
  execv(arguments[2], arguments + 2);
  return 127;
}
