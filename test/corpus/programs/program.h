/* What every program of the corpus shares: a seeded generator, and how it ends so that its core can be taken. */
#ifndef PROGRAM_H
#define PROGRAM_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../truth.h"

/* xorshift64*: the same blocks in every run. */
static inline uint32_t any(uint64_t *seed, uint32_t below) {
  uint64_t x = *seed;
  x ^= x >> 12, x ^= x << 25, x ^= x >> 27;
  *seed = x;
  return (uint32_t)((x * 0x2545f4914f6cdd1du) >> 33) % below;
}

__attribute__((noreturn)) static inline void rest(void) {
  for (;;) pause();
}

/* FINISH=abort or segv: the kernel writes the core. Otherwise the program says "ready <pid>" and waits. */
__attribute__((noreturn)) static inline void finish(void) {
  const char *how = getenv("FINISH");
  if (how && strcmp(how, "abort") == 0) abort();
  if (how && strcmp(how, "segv") == 0) *(volatile int *)8 = 1;
  char line[32];
  int n = snprintf(line, sizeof line, "ready %d\n", (int)getpid());
  if (write(1, line, (size_t)n) != n) _exit(3);
  rest();
}
#endif
