// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/doctor/facts/seccomp_filter.hpp"
#include "fuzz.hpp"

#include <cstring>
#include <vector>

using namespace sealwax::cli;
using sealwax::fuzz::expect;

/// A call as filters see it, then a filter.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seccomp_data call{};
  if (size < sizeof call)
    return 0;
  std::memcpy(&call, data, sizeof call);
  std::vector<sock_filter> program((size - sizeof call) / sizeof(sock_filter));
  if (!program.empty())
    std::memcpy(program.data(), data + sizeof call, program.size() * sizeof(sock_filter));
  const auto action = run_filter(program, call);
  expect(action == run_filter(program, call), "a filter answers the same twice");
  if (!action)
    return 0;
  (void)answer_of(*action);
  program.insert(program.begin(), sock_filter{BPF_LD | BPF_IMM, 0, 0, 0});
  expect(run_filter(program, call) == action, "the accumulator begins as zero");
  return 0;
}
