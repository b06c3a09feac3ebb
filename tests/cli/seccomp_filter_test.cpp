// SPDX-License-Identifier: Apache-2.0
// Running seccomp filters as the kernel does.
#include "catch.hpp"
#include "cli/commands/doctor/facts/seccomp_filter.hpp"

#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <random>
#include <unistd.h>
#include <vector>

namespace sealwax::cli {
namespace {

using Program = std::vector<sock_filter>;

sock_filter step(unsigned code, std::uint32_t k, unsigned jump_true = 0, unsigned jump_false = 0) {
  return {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(jump_true),
          static_cast<std::uint8_t>(jump_false), k};
}

const sock_filter kReturnA = step(BPF_RET | BPF_A, 0);

seccomp_data call_of(int number, std::uint64_t argument = 0) {
  seccomp_data call{};
  call.nr = number;
  call.arch = AUDIT_ARCH_X86_64;
  call.args[0] = argument;
  return call;
}

std::optional<std::uint32_t> run(const Program& program, const seccomp_data& call = call_of(462)) {
  return run_filter(program, call);
}

/// What the kernel answers to getppid(2) under `program`: 0 where it lets it pass, else the error,
/// or -1 where it kills. nullopt: it does not take the program.
std::optional<int> ask_kernel(Program program, std::uint32_t argument) {
  constexpr int kNotTaken = 255;
  constexpr int kPassed = 254;
  const pid_t child = fork();
  if (child == 0) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
      _exit(kNotTaken);
    const long answer = syscall(SYS_getppid, static_cast<long>(argument));
    _exit(answer >= 0 ? kPassed : errno);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status))
    return -1;
  if (WEXITSTATUS(status) == kNotTaken)
    return std::nullopt;
  return WEXITSTATUS(status) == kPassed ? 0 : WEXITSTATUS(status);
}

/// Lets every call pass but getppid, whose answer is an error that `body` leaves in the
/// accumulator's last seven bits.
Program guarded(const Program& body) {
  Program program = {step(BPF_LD | BPF_W | BPF_ABS, 0),
                     step(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0),
                     step(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  program.insert(program.end(), body.begin(), body.end());
  program.push_back(step(BPF_ALU | BPF_AND | BPF_K, 0x7f));
  program.push_back(step(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO | 1));
  program.push_back(kReturnA);
  return program;
}

/// Steps that the kernel takes, picked at random.
Program random_body(std::mt19937& random) {
  const auto pick = [&](std::initializer_list<unsigned> codes) {
    return codes.begin()[random() % codes.size()];
  };
  Program body = {step(BPF_ST, 0), step(BPF_ST, 1), step(BPF_LDX | BPF_IMM, 3)};
  for (int i = 0; i < 12; ++i)
    switch (random() % 6) {
    case 0:
      body.push_back(step(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(random() % 2) * 4 +
                                                        (random() % 2 == 0 ? 0 : 16)));
      break;
    case 1:
      body.push_back(step(pick({BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM, BPF_ST, BPF_STX}),
                          static_cast<std::uint32_t>(random() % 2)));
      break;
    case 2:
      body.push_back(step(pick({BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA}), 0));
      break;
    case 3:
      body.push_back(step(pick({BPF_LD | BPF_IMM, BPF_LDX | BPF_IMM}),
                          static_cast<std::uint32_t>(random() % 40)));
      break;
    case 4:
      body.push_back(step(BPF_ALU | pick({BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR}) |
                              pick({BPF_K, BPF_X}),
                          static_cast<std::uint32_t>(random())));
      break;
    default:
      body.push_back(step(BPF_ALU | pick({BPF_LSH, BPF_RSH, BPF_DIV}) | BPF_K,
                          1 + static_cast<std::uint32_t>(random() % 31)));
    }
  const unsigned compare = pick({BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET});
  body.push_back(step(BPF_JMP | compare | pick({BPF_K, BPF_X}),
                      static_cast<std::uint32_t>(random() % 64), 0, 1));
  body.push_back(step(BPF_ALU | BPF_NEG, 0));
  return body;
}

} // namespace

TEST_CASE("A filter's answer is the constant or the accumulator") {
  CHECK(run({step(BPF_RET | BPF_K, 7)}) == 7U);
  CHECK(run({step(BPF_LD | BPF_IMM, 8), kReturnA}) == 8U);
}

TEST_CASE("A filter sees the call's number, architecture and arguments") {
  const auto load = [](std::uint32_t at) {
    return Program{step(BPF_LD | BPF_W | BPF_ABS, at), kReturnA};
  };
  const seccomp_data call = call_of(462, 0x1122334455667788);
  CHECK(run(load(0), call) == 462U);
  CHECK(run(load(4), call) == AUDIT_ARCH_X86_64);
  CHECK(run(load(16), call) == 0x55667788U);
  CHECK(run(load(20), call) == 0x11223344U);
  CHECK(run({step(BPF_LD | BPF_W | BPF_LEN, 0), kReturnA}) == sizeof(seccomp_data));
}

TEST_CASE("What the kernel would not take has no answer") {
  for (const Program& program :
       {Program{}, Program{step(BPF_LD | BPF_IMM, 1)}, // no end
        Program{step(BPF_JMP | BPF_JA, 5), kReturnA},  // out of it
        Program{step(BPF_JMP | BPF_JA, 0xffffffff), kReturnA},
        Program{step(BPF_LD | BPF_W | BPF_ABS, 2), kReturnA},
        Program{step(BPF_LD | BPF_W | BPF_ABS, 64), kReturnA},
        Program{step(BPF_LD | BPF_W | BPF_ABS, 0xfffffffc), kReturnA},
        Program{step(BPF_LD | BPF_W | BPF_IND, 0), kReturnA},
        Program{step(BPF_LD | BPF_MEM, 16), kReturnA}, Program{step(BPF_ST, 16), kReturnA},
        Program{step(BPF_ALU | BPF_DIV | BPF_X, 0), kReturnA},
        Program{step(BPF_ALU | 0xf0, 0), kReturnA}, Program{step(BPF_JMP | 0xf0, 0), kReturnA}})
    CHECK_FALSE(run(program).has_value());
}

TEST_CASE("Filters answer here what they answer in the kernel") {
  std::mt19937 random{462};
  for (int i = 0; i < 300; ++i) {
    const Program program = guarded(random_body(random));
    const auto argument = static_cast<std::uint32_t>(random());
    seccomp_data call = call_of(SYS_getppid, argument);
#if defined(__aarch64__)
    call.arch = AUDIT_ARCH_AARCH64;
#endif
    const std::optional<std::uint32_t> action = run(program, call);
    const std::optional<int> kernel = ask_kernel(program, argument);
    INFO(i);
    REQUIRE(kernel.has_value());
    REQUIRE(action.has_value());
    REQUIRE((*action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO);
    REQUIRE(static_cast<int>(*action & SECCOMP_RET_DATA) == *kernel);
  }
}

TEST_CASE("Each action is an answer to mseal") {
  CHECK(answer_of(SECCOMP_RET_ALLOW) == FilterAnswer::allows);
  CHECK(answer_of(SECCOMP_RET_LOG) == FilterAnswer::allows);
  CHECK(answer_of(SECCOMP_RET_ERRNO | EPERM) == FilterAnswer::refuses);
  CHECK(answer_of(SECCOMP_RET_KILL_PROCESS) == FilterAnswer::kills);
  CHECK(answer_of(SECCOMP_RET_KILL_THREAD) == FilterAnswer::kills);
  CHECK(answer_of(SECCOMP_RET_TRAP) == FilterAnswer::kills);
  CHECK(answer_of(SECCOMP_RET_TRACE) == FilterAnswer::unknown);
  CHECK(answer_of(SECCOMP_RET_USER_NOTIF) == FilterAnswer::unknown);
  CHECK(answer_of(0x00010000) == FilterAnswer::kills);
}

TEST_CASE("A process that is not there answers nothing") {
  const pid_t child = fork();
  if (child == 0)
    _exit(0);
  waitpid(child, nullptr, 0);
  CHECK(ask_filters(child) == FilterAnswer::unknown);
}

} // namespace sealwax::cli
