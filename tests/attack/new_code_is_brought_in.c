// SPDX-License-Identifier: Apache-2.0
// Write code into memory of one's own and run it: made executable afterwards, mapped writable and
// executable at once, or with a file's mapping in between; in a worker process too.
//
// policy:
//   sealwax-policy 1
//   [defaults]
//   exec-gain = deny
//   report-to = none
// with the shim, exit 0:
//   made executable: refused
//   mapped for all: refused
//   over a file's code: refused
//   made executable: refused
//   mapped for all: refused
//   over a file's code: refused
// without it, exit 0:
//   made executable: answers 666
//   mapped for all: answers 666
//   over a file's code: answers 666
//   made executable: answers 666
//   mapped for all: answers 666
//   over a file's code: answers 666
#include "attack.h"

#include <sys/wait.h>

#include <fcntl.h>
#include <unistd.h>

static char* map(int protection, int flags, int file) {
  return (char*)raw_call(SYS_mmap, 0, (long)page_size(), protection, flags, file, 0);
}

static void run(const char* how, char* code, long allowed) {
  if (allowed < 0) {
    say(how, ": refused\n");
    return;
  }
  __builtin___clear_cache(code, code + sizeof foreign_code);
  int (*const function)(void) = (int (*)(void))(uintptr_t)code;
  say(how, ": answers ", decimal(function()), "\n");
}

static void attack(void) {
  enum { rw = PROT_READ | PROT_WRITE, rx = PROT_READ | PROT_EXEC };
  char* const made = map(rw, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  copy_bytes(made, foreign_code, sizeof foreign_code);
  run("made executable", made, raw3(SYS_mprotect, made, page_size(), rx));

  char* const mapped = map(rw | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  const bool is_mapped = (long)mapped > 0 || (long)mapped < -4095;
  if (is_mapped) {
    copy_bytes(mapped, foreign_code, sizeof foreign_code);
  }
  run("mapped for all", mapped, is_mapped ? 0 : -1);

  char* const of_file = map(rx, MAP_PRIVATE, open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  raw3(SYS_mprotect, of_file, page_size(), rw);
  copy_bytes(of_file, foreign_code, sizeof foreign_code);
  run("over a file's code", of_file, raw3(SYS_mprotect, of_file, page_size(), rx));
}

int main(void) {
  attack();
  const pid_t worker = fork();
  if (worker == 0) {
    attack();
    _exit(0);
  }
  waitpid(worker, NULL, 0);
}
