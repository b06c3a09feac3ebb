// SPDX-License-Identifier: Apache-2.0
// Whether there is a seccomp filter is looked for while the policy is open, or behind that: a
// program that may make no child shows whether it was found out.
//
// machine:
//   no more processes
// policy:
//   sealwax-policy 1
//   [program *policy_is_read_with_one_descriptor_to_spare]
//   relro = in-place
// with the shim, exit 0:
//   relro: sealed, in its file
// without it, exit 0:
//   relro: open, in its file
#include "objects.h"

#include <sys/resource.h>

#include <unistd.h>

extern char** environ;

int main(int count, char** arguments) {
  if (count == 1) {
    const struct rlimit one_more_than_standard = {4, 4};
    setrlimit(RLIMIT_NOFILE, &one_more_than_standard);
    close_range(3, ~0U, 0);
    char* again[] = {arguments[0], "again", NULL};
    execve(arguments[0], again, environ);
  }
  const struct object object = object_named("libc");
  const struct region_tallies t = tallies_of(&object);
  say("relro: ", t.relro.open == 0 ? "sealed" : "open", ", ",
      t.relro.anonymous == 0 ? "in its file" : "private", "\n");
}
