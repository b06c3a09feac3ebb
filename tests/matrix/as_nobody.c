// SPDX-License-Identifier: Apache-2.0
// as_nobody PROGRAM [ARGUMENT...]: becomes the program, run by a user who has no rights.
#include <unistd.h>

enum { kNobody = 65534 };

int main(int count, char** words) {
  if (count < 2 || setgid(kNobody) != 0 || setuid(kNobody) != 0)
    return 125;
  execv(words[1], words + 1);
  return 127;
}
