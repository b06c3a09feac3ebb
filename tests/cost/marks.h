// SPDX-License-Identifier: Apache-2.0
/* How a scene tells the steps that are counted from those that are not. */
#pragma once
#include <sys/syscall.h>

/* Nobody has this descriptor: closing it does nothing. */
enum { kMark = -4242 };

#ifndef __cplusplus
#include <unistd.h>
static inline void mark(void) {
  syscall(SYS_close, kMark);
}
#endif
