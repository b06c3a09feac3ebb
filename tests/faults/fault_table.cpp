// SPDX-License-Identifier: Apache-2.0
#include "fault_table.hpp"

#include "shim/kernel/call_numbers.hpp"

#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <vector>

namespace sealwax::faults {
namespace {

struct Row {
  long call;
  const char* name;
  std::vector<Answer> answers;

  Row(long number, const char* text, std::initializer_list<int> errors,
      std::initializer_list<Answer::Kind> others = {})
      : call(number), name(text) {
    for (const int error : errors)
      answers.push_back({Answer::error, error});
    for (const Answer::Kind kind : others)
      answers.push_back({kind, kind == Answer::error_after ? EIO : 0});
  }
};

// The manual's errno values, and what security modules add; those first that are met in life. What
// ends a process, or gives it back its signals, does not fail. ENOENT is how the kernel says that
// nothing is mapped, and other bytes of a program's own file are what it would have run bare: about
// neither does it say what is not so.
const std::vector<Row>& rows() {
  using enum Answer::Kind;
  static const std::vector<Row> table = {
      {SYS_openat, "openat", {EMFILE, EACCES, ENOENT, ENFILE, ENOMEM, EINTR, EPERM}},
      {shim::kOpenat2, "openat2", {EMFILE, ENOSYS, EACCES, ELOOP, EAGAIN, EINTR, ENOENT, ENOSPC}},
      {SYS_read, "read", {EIO, EINTR, ESRCH, ENOMEM}, {empty, cut, garbage}},
      {SYS_memfd_create, "memfd_create", {EMFILE, EACCES, EINVAL, ENOMEM, ENOSYS}},
      {SYS_fcntl, "fcntl", {EMFILE, EINVAL}},
      {SYS_pread64, "pread64", {EIO, EINTR}, {empty, cut}},
      {SYS_close, "close", {}, {error_after}},
      {SYS_mmap, "mmap", {ENOMEM, EAGAIN, EPERM, EACCES}},
      {SYS_mprotect, "mprotect", {ENOMEM, EACCES, EPERM}},
      {SYS_munmap, "munmap", {ENOMEM, EPERM}},
      {SYS_mremap, "mremap", {ENOMEM, EPERM, EAGAIN, EFAULT, EINVAL}},
      {shim::kMseal, "mseal", {ENOMEM, EPERM, EINVAL, ENOSYS}},
      {SYS_madvise, "madvise", {ENOMEM, EINVAL, EAGAIN, EPERM, ENOSYS, EFAULT}},
      {SYS_ioctl, "ioctl", {ENOMEM, ENOTTY, EPERM, ESRCH, EINTR, EFAULT}},
      {SYS_statx, "statx", {ENOMEM, ENOSYS, EACCES, EPERM, EIO}},
      {SYS_fstat, "fstat", {ENOMEM, EIO, EACCES}},
      {SYS_statfs, "statfs", {ENOMEM, EACCES, EIO, ENOSYS, EINTR}},
      {SYS_getpid, "getpid", {ENOSYS}},
      {SYS_geteuid, "geteuid", {ENOSYS}},
      {SYS_clock_gettime, "clock_gettime", {ENOSYS, EINVAL}},
      {SYS_socket, "socket", {EMFILE, EACCES, ENOMEM, EAFNOSUPPORT}},
      {SYS_sendto, "sendto", {EAGAIN, ECONNREFUSED, ENOENT, ENOBUFS, EINTR}},
      {SYS_write, "write", {EAGAIN, ENOSPC, EIO, EINTR, EPIPE}, {cut}},
      {SYS_pwritev2, "pwritev2", {EAGAIN, EOPNOTSUPP, EIO, EINTR, ENOSYS, EPIPE}},
      {SYS_rt_sigprocmask, "rt_sigprocmask", {}},
      {SYS_rt_sigpending, "rt_sigpending", {}},
      {SYS_rt_sigtimedwait, "rt_sigtimedwait", {EAGAIN, EINTR}},
      {SYS_prlimit64, "prlimit64", {EPERM}},
      {SYS_prctl, "prctl", {EINVAL, EPERM}},
      {SYS_clone, "clone", {EAGAIN, ENOMEM, EPERM}},
      {SYS_wait4, "wait4", {EINTR, ECHILD}},
      {SYS_futex, "futex", {EAGAIN, EINTR}},
      {SYS_exit_group, "exit_group", {}},
      {SYS_kill, "kill", {EPERM}},
  };
  return table;
}

const Row* row_of(long call) {
  for (const Row& row : rows())
    if (row.call == call)
      return &row;
  return nullptr;
}

} // namespace

std::span<const Answer> answers_to(long call) {
  const Row* const row = row_of(call);
  return row == nullptr ? std::span<const Answer>{} : std::span<const Answer>{row->answers};
}

std::string name_of_call(long call) {
  const Row* const row = row_of(call);
  return row == nullptr ? "call " + std::to_string(call) : row->name;
}

std::string name_of(const Answer& answer) {
  switch (answer.kind) {
  case Answer::error:
  case Answer::error_after:
    return strerrorname_np(answer.number);
  case Answer::empty:
    return "nothing";
  case Answer::cut:
    return "one byte";
  case Answer::garbage:
    return "garbage";
  }
  return {};
}

} // namespace sealwax::faults
