// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "shim/kernel/call_numbers.hpp"
#include "shim/kernel/seccomp_filter.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <new>
#include <string>
#include <unistd.h>

using namespace sealwax::shim;

namespace {

/// What a forked child has to say, in memory that it shares.
template <typename Answer, typename Question>
Answer in_a_child(Question question) {
  auto* const shared = static_cast<Answer*>(
      mmap(nullptr, sizeof(Answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  REQUIRE(shared != MAP_FAILED);
  new (shared) Answer{};
  const pid_t child = fork();
  if (child == 0) {
    for (const int fatal : {SIGILL, SIGSEGV, SIGSYS}) // Catch2 would tell of a death that is wanted
      std::signal(fatal, SIG_DFL);
    *shared = question();
    syscall(SYS_exit, 0); // exit_group may be forbidden
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  const Answer answer = *shared;
  munmap(shared, sizeof(Answer));
  return answer;
}

/// From here on this process's call `number` is answered by `action`; all others are made.
void filter(long number, std::uint32_t action) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{4, program};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

FilterVerdict verdict_under(long number, std::uint32_t action) {
  return in_a_child<FilterVerdict>([&] {
    filter(number, action);
    return probe_filter();
  });
}

/// The calls that pass, one letter each.
std::string passed(const FilterVerdict& verdict) {
  std::string text;
  for (unsigned call = 0; call < kCallCount; ++call)
    text += verdict.passed.has(static_cast<Call>(call)) ? '+' : '-';
  return text;
}

/// Those that pass where nothing is forbidden, but one.
std::string passed_but(Call call) {
  static const FilterVerdict free = in_a_child<FilterVerdict>([] { return probe_filter(); });
  std::string text = passed(free);
  text[static_cast<unsigned>(call)] = '-';
  return text;
}

bool kernel_has_mseal() {
  return syscall(kMseal, 0, 0, 0) == 0;
}

} // namespace

TEST_CASE("without a filter every call passes that the kernel has") {
  const FilterVerdict verdict = probe_filter();
  CHECK_FALSE(verdict.forbids_mseal);
  CHECK(verdict.passed.has(Call::mseal) == kernel_has_mseal());
  for (const Call call : {Call::mremap, Call::madvise, Call::fstat, Call::getpid, Call::write,
                          Call::socket, Call::protect_code, Call::rt_sigtimedwait})
    CHECK(verdict.passed.has(call));
}

TEST_CASE("a call that is answered by an error of the filter does not pass, and all others do") {
  CHECK(passed(verdict_under(SYS_mremap, SECCOMP_RET_ERRNO | EPERM)) == passed_but(Call::mremap));
  CHECK(passed(verdict_under(SYS_statfs, SECCOMP_RET_ERRNO | ENOSYS)) == passed_but(Call::statfs));
  CHECK(passed(verdict_under(SYS_sendto, SECCOMP_RET_ERRNO | EPERM)) == passed_but(Call::sendto));
}

TEST_CASE("a call that is death does not pass, all others do, and this process lives") {
  CHECK(passed(verdict_under(SYS_mremap, SECCOMP_RET_KILL_PROCESS)) == passed_but(Call::mremap));
  CHECK(passed(verdict_under(SYS_futex, SECCOMP_RET_KILL_PROCESS)) == passed_but(Call::futex));
  CHECK(passed(verdict_under(SYS_rt_sigtimedwait, SECCOMP_RET_TRAP)) ==
        passed_but(Call::rt_sigtimedwait));
}

TEST_CASE("an answer that the kernel would not give is a filter's") {
  CHECK(passed(verdict_under(SYS_pread64, SECCOMP_RET_ERRNO | EINTR)) == passed_but(Call::pread));
  CHECK(passed(verdict_under(SYS_mremap, SECCOMP_RET_ERRNO | 0)) == passed_but(Call::mremap));
}

TEST_CASE(
    "what keeps the child from limits, from waiting or from its end keeps nothing from passing") {
  std::string all = passed_but(Call::mremap);
  all[static_cast<unsigned>(Call::mremap)] = '+';
  CHECK(passed(verdict_under(SYS_wait4, SECCOMP_RET_KILL_PROCESS)) == all);
  CHECK(passed(verdict_under(SYS_wait4, SECCOMP_RET_ERRNO | EPERM)) == all);
  CHECK(passed(verdict_under(SYS_exit_group, SECCOMP_RET_ERRNO | EPERM)) == all);
  CHECK(passed(verdict_under(SYS_prlimit64, SECCOMP_RET_KILL_PROCESS)) ==
        passed_but(Call::prlimit64));
}

TEST_CASE("where no child can be made nothing passes") {
  const FilterVerdict verdict = verdict_under(SYS_clone, SECCOMP_RET_ERRNO | EPERM);
  CHECK(passed(verdict) == std::string(kCallCount, '-'));
}

TEST_CASE("a filter that forbids mseal is told from a kernel that has none") {
  const FilterVerdict verdict = verdict_under(kMseal, SECCOMP_RET_ERRNO | EPERM);
  CHECK(verdict.forbids_mseal);
  CHECK_FALSE(verdict.passed.has(Call::mseal));
  const FilterVerdict missing = verdict_under(kMseal, SECCOMP_RET_ERRNO | ENOSYS);
  CHECK_FALSE(missing.forbids_mseal);
  CHECK_FALSE(missing.passed.has(Call::mseal));
}

TEST_CASE("only what was asked about is tried") {
  const FilterVerdict verdict = in_a_child<FilterVerdict>([] {
    filter(SYS_mremap, SECCOMP_RET_KILL_PROCESS);
    return probe_filter(CallSet::only(Call::madvise));
  });
  for (unsigned call = 0; call < kCallCount; ++call)
    CHECK(verdict.passed.has(static_cast<Call>(call)) ==
          (call == static_cast<unsigned>(Call::madvise)));
}

TEST_CASE("a filter is counted, and a tracer seen") {
  const FilterState before = FilterState::read(false);
  CHECK(before.known);
  const FilterState filtered = in_a_child<FilterState>([] {
    filter(SYS_mremap, SECCOMP_RET_ERRNO | EPERM);
    return FilterState::read(false);
  });
  CHECK(filtered.known);
  CHECK(filtered.count == before.count + 1);
  CHECK_FALSE(filtered == before);
  const FilterState traced = in_a_child<FilterState>([] {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    return FilterState::read(true);
  });
  CHECK(traced.traced);
  CHECK(traced.count == before.count);
}
