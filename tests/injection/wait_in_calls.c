// SPDX-License-Identifier: Apache-2.0
/* A thread for each way of waiting in the kernel, time and again; the answers that nobody
   interrupts them with are asserted. Ends with 0 when its input does, after a line with the number
   of rounds. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <errno.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 20 };
static atomic_bool over;
static atomic_long rounds;

static bool interrupts_are_fine;
static atomic_long interrupts;

static void is(const char* what, long answer, long wanted, int error) {
  if (answer == wanted && (wanted >= 0 || errno == error))
    return;
  if (answer == -1 && errno == EINTR && interrupts_are_fine) {
    ++interrupts;
    return;
  }
  printf("%s: %ld, %s\n", what, answer, answer < 0 ? strerror(errno) : "no error");
  _exit(1);
}

static const struct timespec wait_time = {0, WAIT_MS * 1000000L};

static void in_nanosleep(void) {
  is("nanosleep", nanosleep(&wait_time, NULL), 0, 0);
}
static void in_clock_nanosleep(void) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += WAIT_MS * 1000000L;
  if (until.tv_nsec >= 1000000000L) {
    until.tv_nsec -= 1000000000L;
    until.tv_sec += 1;
  }
  is("clock_nanosleep", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0, 0);
}
static void in_poll(void) {
  is("poll", poll(NULL, 0, WAIT_MS), 0, 0);
}
static void in_ppoll(void) {
  sigset_t none;
  sigemptyset(&none);
  is("ppoll", ppoll(NULL, 0, &wait_time, &none), 0, 0);
}
static void in_select(void) {
  struct timeval time = {0, WAIT_MS * 1000L};
  is("select", select(0, NULL, NULL, NULL, &time), 0, 0);
}
static void in_epoll_wait(void) {
  const int file = epoll_create1(0);
  struct epoll_event event;
  is("epoll_wait", epoll_wait(file, &event, 1, WAIT_MS), 0, 0);
  sigset_t none;
  sigemptyset(&none);
  is("epoll_pwait", epoll_pwait(file, &event, 1, WAIT_MS, &none), 0, 0);
  close(file);
}
static void in_recv(void) {
  int ends[2];
  const struct timeval time = {0, WAIT_MS * 1000L};
  char byte;
  socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
  setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  is("recv", recv(ends[0], &byte, 1, 0), -1, EAGAIN);
  is("read of a socket", read(ends[0], &byte, 1), -1, EAGAIN);
  close(ends[0]);
  close(ends[1]);
}
static void in_accept(void) {
  const int file = socket(AF_UNIX, SOCK_STREAM, 0);
  const struct timeval time = {0, WAIT_MS * 1000L};
  const sa_family_t family = AF_UNIX; /* a name of the kernel's choice */
  bind(file, (const struct sockaddr*)&family, sizeof family);
  listen(file, 1);
  setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  is("accept", accept(file, NULL, NULL), -1, EAGAIN);
  close(file);
}
static void in_semtimedop(void) {
  const int set = semget(IPC_PRIVATE, 1, 0600);
  struct sembuf take = {0, -1, 0};
  const long answer = semtimedop(set, &take, 1, &wait_time);
  const int error = errno;
  semctl(set, 0, IPC_RMID);
  errno = error;
  is("semtimedop", answer, -1, EAGAIN);
}
static void in_sigtimedwait(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  is("sigtimedwait", sigtimedwait(&set, NULL, &wait_time), -1, EAGAIN);
}
static void in_sem_timedwait(void) {
  sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += WAIT_MS * 1000000L;
  if (until.tv_nsec >= 1000000000L) {
    until.tv_nsec -= 1000000000L;
    until.tv_sec += 1;
  }
  is("sem_timedwait", sem_timedwait(&semaphore, &until), -1, ETIMEDOUT);
}
static void in_read(void) {
  int ends[2];
  char byte = 'x';
  pipe(ends);
  const pid_t child = fork();
  if (child == 0) {
    nanosleep(&wait_time, NULL);
    _exit(write(ends[1], &byte, 1) == 1 ? 5 : 6);
  }
  is("read of a pipe", read(ends[0], &byte, 1), 1, 0);
  int status = 0;
  is("waitpid", waitpid(child, &status, 0), child, 0);
  is("the child", WEXITSTATUS(status), 5, 0);
  close(ends[0]);
  close(ends[1]);
}
static void in_vfork(void) {
  const pid_t child = vfork();
  if (child == 0)
    _exit(5);
  int status = 0;
  is("waitpid behind vfork", waitpid(child, &status, 0), child, 0);
  is("the child of a vfork", WEXITSTATUS(status), 5, 0);
  usleep(WAIT_MS * 1000);
}
static _Thread_local char* other_stack;
static _Thread_local bool was_there;
static void look_where_it_is(int number) {
  const char* here = (const char*)&number;
  was_there = here >= other_stack && here < other_stack + SIGSTKSZ;
}
static void on_another_stack(void) {
  other_stack = malloc((size_t)SIGSTKSZ);
  const stack_t stack = {.ss_sp = other_stack, .ss_size = (size_t)SIGSTKSZ};
  const stack_t none = {.ss_flags = SS_DISABLE};
  sigaltstack(&stack, NULL);
  raise(SIGURG);
  is("a handler on a stack of its own", was_there, 1, 0);
  sigaltstack(&none, NULL);
  free(other_stack);
}
static void* end_with_lock(void* lock) {
  pthread_mutex_lock(lock);
  return NULL;
}
static void in_robust_lock(void) {
  pthread_mutexattr_t robust;
  pthread_mutexattr_init(&robust);
  pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_t lock;
  pthread_mutex_init(&lock, &robust);
  pthread_t thread;
  pthread_create(&thread, NULL, end_with_lock, &lock);
  is("a lock whose owner ends", pthread_mutex_lock(&lock) % EOWNERDEAD, 0, 0);
  pthread_mutex_consistent(&lock);
  pthread_mutex_unlock(&lock);
  pthread_join(thread, NULL);
  usleep(WAIT_MS * 1000);
}
static void in_restartable_sequences(void) {
  const struct rseq* area =
      (const struct rseq*)((const char*)__builtin_thread_pointer() + __rseq_offset);
  for (int i = 0; i < 100000; ++i) {
    const int number = (int)*(volatile const uint32_t*)&area->cpu_id;
    is("rseq's processor", number >= 0 && number < sysconf(_SC_NPROCESSORS_CONF), 1, 0);
  }
}
static void in_floating_point(void) {
  volatile double value = 1;
  for (int i = 0; i < 2000000; ++i)
    value = value * 1.0000001 + 1e-9;
  is("arithmetic", value > 1.2 && value < 1.3, 1, 0);
}

typedef void Way(void);
static Way* const ways[] = {in_nanosleep, in_clock_nanosleep, in_poll, in_ppoll, in_select,
                            in_epoll_wait, in_recv, in_accept, in_semtimedop, in_sigtimedwait,
                            in_sem_timedwait, on_another_stack, in_robust_lock,
                            in_restartable_sequences, in_floating_point,
                            /* these have children that end */
                            in_read, in_vfork};
enum { WAYS = sizeof ways / sizeof *ways, WAYS_WITH_CHILDREN = 2 };
/* Those that answer EINTR to whatever wakes them up, beside one that has children. */
static Way* const easily_interrupted[] = {in_epoll_wait, in_epoll_wait,   in_recv, in_semtimedop,
                                          in_semtimedop, in_sigtimedwait, in_read};

static void* wait_often(void* way) {
  while (!over) {
    (*(Way* const*)way)();
    ++rounds;
  }
  return NULL;
}

static void count_signal(int number) {
  (void)number;
}

static void* send_signals(void* first) {
  while (!over) {
    pthread_kill(*(pthread_t*)first, SIGUSR1);
    usleep(1000);
  }
  return NULL;
}

static bool is_among(char** arguments, const char* word) {
  for (; *arguments != NULL; ++arguments)
    if (strcmp(*arguments, word) == 0)
      return true;
  return false;
}

/* As sshd has it before it knows its user: who waits has never needed that call. */
static void forbid_restart(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_restart_syscall, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  is("no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0, 0);
  is("filter", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0, 0);
}

int main(int count, char** arguments) {
  (void)count;
  if (is_among(arguments, "filtered"))
    forbid_restart();
  const bool signals = is_among(arguments, "signals");
  const bool counts = is_among(arguments, "count");
  interrupts_are_fine = counts || is_among(arguments, "interrupts");
  setvbuf(stdout, NULL, _IONBF, 0);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  /* Blocks nothing while it runs, so that who looks from outside always sees the same mask. */
  const struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_RESTART | SA_NODEFER};
  sigaction(SIGUSR1, &action, NULL);
  const struct sigaction on_stack = {.sa_handler = look_where_it_is, .sa_flags = SA_ONSTACK};
  sigaction(SIGURG, &on_stack, NULL);
  /* The ends of several threads' children can interrupt one that is not traced yet, or no more. */
  const bool parent = is_among(arguments, "parent");
  Way* const* const chosen = parent ? easily_interrupted : ways;
  const int started = parent ? (int)(sizeof easily_interrupted / sizeof *ways)
                      : interrupts_are_fine && !counts ? WAYS
                                                       : WAYS - WAYS_WITH_CHILDREN;
  pthread_t threads[WAYS + 1], self = pthread_self();
  for (int i = 0; i < started; ++i)
    pthread_create(&threads[i], NULL, wait_often, (void*)&chosen[i]);
  if (signals)
    pthread_create(&threads[started], NULL, send_signals, &self);
  if (parent) { /* the first thread would be woken up first, and repeats what it waits in */
    sigaddset(&blocked, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
  }
  puts("waiting");
  char byte;
  while (read(0, &byte, 1) > 0)
    ;
  over = true;
  for (int i = 0; i < started + signals; ++i)
    pthread_join(threads[i], NULL);
  if (counts)
    printf("interrupted %ld times in ", (long)interrupts);
  printf("%ld\n", (long)rounds);
  return 0;
}
