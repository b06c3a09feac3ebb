// SPDX-License-Identifier: Apache-2.0
// seccomp filters from rules that a person can read: `CALL=kill`, `CALL=EPERM`, `CALL=EINVAL`,
// `CALL=ENOSYS`, `CALL=allow`. The first rule that fits a call decides; without any it is allowed.
// The name `outside-system-service` fits every call that systemd 252's @system-service with
// libseccomp 2.5 leaves to the filter's default.
#pragma once

#include "raw.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <errno.h>

#define MOST_STEPS 96

struct filter {
  unsigned short length;
  struct sock_filter steps[MOST_STEPS];
};

struct named_call {
  const char* name;
  unsigned number;
};

static const struct named_call nameable_calls[] = {
    {"mseal", SYS_mseal},     {"mremap", SYS_mremap},     {"ioctl", SYS_ioctl},
    {"socket", SYS_socket},   {"madvise", SYS_madvise},   {"clone", SYS_clone},
    {"prctl", SYS_prctl},     {"getpid", SYS_getpid},     {"clock_gettime", SYS_clock_gettime},
    {"sendto", SYS_sendto},   {"fstat", SYS_fstat},       {"openat2", SYS_openat2},
    {"kill", SYS_kill},       {"wait4", SYS_wait4},       {"ptrace", SYS_ptrace},
    {"statx", SYS_statx},     {"pwritev2", SYS_pwritev2}, {"rt_sigtimedwait", SYS_rt_sigtimedwait},
    {"unshare", SYS_unshare},
#ifdef SYS_clone3
    {"clone3", SYS_clone3},
#endif
#ifdef SYS_fork
    {"fork", SYS_fork},       {"vfork", SYS_vfork},
#endif
};

/// The part of the calls outside @system-service that a program can be expected to try.
static const unsigned outside_system_service[] = {
    SYS_ptrace,          SYS_process_vm_readv, SYS_process_vm_writev,
    SYS_mount,           SYS_umount2,          SYS_pivot_root,
    SYS_chroot,          SYS_reboot,           SYS_swapon,
    SYS_swapoff,         SYS_init_module,      SYS_finit_module,
    SYS_delete_module,   SYS_kexec_load,       SYS_bpf,
    SYS_perf_event_open, SYS_userfaultfd,      SYS_settimeofday,
    SYS_clock_settime,   SYS_adjtimex,         SYS_acct,
    SYS_lookup_dcookie,  SYS_quotactl,         SYS_vhangup,
};

static inline void add_step(struct filter* filter, struct sock_filter step) {
  if (filter->length < MOST_STEPS) {
    filter->steps[filter->length++] = step;
  }
}

/// Leaves the program with `action` where the call's number compares so.
static inline void add_decision(struct filter* filter, unsigned comparison, unsigned number,
                                unsigned action) {
  add_step(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | comparison | BPF_K, number, 0, 1));
  add_step(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static inline bool take_action(const char* word, unsigned* action) {
  static const struct {
    const char* word;
    unsigned action;
  } actions[] = {{"kill", SECCOMP_RET_KILL_PROCESS},
                 {"kill-thread", SECCOMP_RET_KILL_THREAD},
                 {"trap", SECCOMP_RET_TRAP},
                 {"allow", SECCOMP_RET_ALLOW},
                 {"EPERM", SECCOMP_RET_ERRNO | EPERM},
                 {"EINVAL", SECCOMP_RET_ERRNO | EINVAL},
                 {"ENOSYS", SECCOMP_RET_ERRNO | ENOSYS}};
  for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
    if (same_text(word, actions[i].word)) {
      *action = actions[i].action;
      return true;
    }
  }
  return false;
}

static inline void decide_outside_system_service(struct filter* filter, unsigned action) {
  // libseccomp 2.5.4 has no number after set_mempolicy_home_node's.
  enum { newest_known_call = 450 };
  const size_t count = sizeof outside_system_service / sizeof *outside_system_service;
  add_decision(filter, BPF_JGT, newest_known_call, action);
  for (size_t i = 0; i < count; i++) {
    add_decision(filter, BPF_JEQ, outside_system_service[i], action);
  }
}

/// Adds one `CALL=ACTION`; false where it is none.
static inline bool add_rule(struct filter* filter, const char* rule) {
  const char* equals = rule;
  while (*equals != 0 && *equals != '=') {
    equals++;
  }
  unsigned action;
  if (*equals == 0 || !take_action(equals + 1, &action)) {
    return false;
  }
  if (starts_with(rule, "outside-system-service=")) {
    decide_outside_system_service(filter, action);
    return true;
  }
  for (size_t i = 0; i < sizeof nameable_calls / sizeof *nameable_calls; i++) {
    const char* name = nameable_calls[i].name;
    if (starts_with(rule, name) && rule[length_of(name)] == '=') {
      add_decision(filter, BPF_JEQ, nameable_calls[i].number, action);
      return true;
    }
  }
  return false;
}

static inline struct filter new_filter(void) {
  struct filter filter = {.length = 0};
  add_step(&filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                 offsetof(struct seccomp_data, nr)));
  return filter;
}

static inline bool install(struct filter* filter) {
  add_step(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const struct sock_fprog program = {filter->length, filter->steps};
  return filter->length < MOST_STEPS && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
