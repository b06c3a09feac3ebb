// SPDX-License-Identifier: Apache-2.0
// Threads that take memory, change its size and give it back, and check that it is theirs.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { threads = 4, pieces = 500, rounds = 100 };

static unsigned char* renewed(unsigned char* piece, size_t size, unsigned char mark) {
  piece = realloc(piece, size);
  if (piece == NULL)
    abort();
  memset(piece, mark, size);
  return piece;
}

static void* work(void* number) {
  static _Thread_local unsigned char* held[pieces];
  static _Thread_local size_t sizes[pieces];
  const unsigned char mark = *(unsigned char*)number;
  long wrong = 0;
  for (int round = 0; round < rounds; ++round)
    for (int i = 0; i < pieces; ++i) {
      for (size_t at = 0; at < sizes[i]; at += 97)
        wrong += held[i][at] != mark;
      sizes[i] = (size_t)(i * 37 + round * 1009) % 9000 + 1;
      held[i] = renewed(held[i], sizes[i], mark);
    }
  for (int i = 0; i < pieces; ++i)
    free(held[i]);
  return (void*)wrong;
}

int main(void) {
  pthread_t running[threads];
  unsigned char marks[threads];
  long wrong = 0;
  for (int i = 0; i < threads; ++i) {
    marks[i] = (unsigned char)(i + 1);
    pthread_create(&running[i], NULL, work, &marks[i]);
  }
  for (int i = 0; i < threads; ++i) {
    void* answer;
    pthread_join(running[i], &answer);
    wrong += (long)answer;
  }
  printf("pieces that were somebody else's: %ld\n", wrong);
  usleep(300000); // long enough to be looked at
  return 0;
}
