/* What a program knows of its own blocks: which leaked, with which, and which are held, and by what.
 *
 * Addresses are kept inverted, outside the heap, so that neither a conservative scan of this process nor one of its core
 * takes this table for a holder. `tell` prints it, a JSON line a block:
 *
 *   {"leaked":"0x…","usable":24,"requested":8,"group":3,"source":5}    source is null for what only hangs on others
 *   {"held":"0x…","usable":24,"requested":8,"by":"static","hangs":false}    hangs: by way of another block, whose holder `by` is
 *   {"freed":"0x…"}
 *
 * A group is what leaked together, and no other group leads into it. Of the blocks of one source exactly one is a head: a
 * source is one block that nothing else leads to, or a cycle that nothing else leads to.
 *
 * Whatever makes blocks does so in functions that aren't inlined; the functions that outlive them call `scrub`, so that no
 * register and no dead stack frame still holds a pointer. */
#ifndef KNOWN_H
#define KNOWN_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APART __attribute__((noinline, noclone))
#ifdef __clang__
#undef APART
#define APART __attribute__((noinline))
#endif

enum { KNOWN_MAX = 1 << 15, HANGS = -1 };
enum known_kind { UNCLAIMED, LEAKED, HELD, FREED };

struct known {
  uintptr_t inverted;
  size_t requested;
  enum known_kind kind;
  int group, source;
  const char *by;
};
static struct known known[KNOWN_MAX];
static int known_count, groups, sources;

static inline uintptr_t invert(const void *p) { return ~(uintptr_t)p; }
static inline int new_group(void) { return __atomic_fetch_add(&groups, 1, __ATOMIC_RELAXED); }
static inline int new_source(void) { return __atomic_fetch_add(&sources, 1, __ATOMIC_RELAXED); }

static APART struct known *know(const void *p, size_t requested, enum known_kind kind) {
  int i = __atomic_fetch_add(&known_count, 1, __ATOMIC_RELAXED);
  if (i >= KNOWN_MAX) abort();
  known[i].inverted = invert(p);
  known[i].requested = requested;
  known[i].kind = kind;
  return &known[i];
}

static inline void leaked(const void *p, size_t requested, int group, int source) {
  struct known *k = know(p, requested, LEAKED);
  k->group = group;
  k->source = source;
}

/* A block that nothing leads to and that leads to nothing. */
static inline void leaked_alone(const void *p, size_t requested) { leaked(p, requested, new_group(), new_source()); }

static inline void held(const void *p, size_t requested, const char *by) { know(p, requested, HELD)->by = by; }

/* Held by way of another block, which is held by `by`. */
static inline void held_behind(const void *p, size_t requested, const char *by) {
  struct known *k = know(p, requested, HELD);
  k->by = by;
  k->source = HANGS;
}

/* Frees it, and remembers that. It must not be handed out again. */
static inline void freed(void *p) {
  know(p, 0, FREED);
  free(p);
}

/* Content that leads nowhere. malloc hands out more than it is asked for: there, too, nothing is left of what was before. */
static inline void *fill(void *p) { return memset(p, 0xa5, malloc_usable_size(p)); }

/* Overwrites the stack below the caller's frame, and the vector registers. */
static APART void scrub(void) {
  volatile unsigned char below[200000];
  for (size_t i = 0; i < sizeof below; i++) below[i] = 0;
  __asm__ volatile("pxor %%xmm0, %%xmm0\n pxor %%xmm1, %%xmm1\n pxor %%xmm2, %%xmm2\n pxor %%xmm3, %%xmm3\n"
                   "pxor %%xmm4, %%xmm4\n pxor %%xmm5, %%xmm5\n pxor %%xmm6, %%xmm6\n pxor %%xmm7, %%xmm7\n"
                   "pxor %%xmm8, %%xmm8\n pxor %%xmm9, %%xmm9\n pxor %%xmm10, %%xmm10\n pxor %%xmm11, %%xmm11\n"
                   "pxor %%xmm12, %%xmm12\n pxor %%xmm13, %%xmm13\n pxor %%xmm14, %%xmm14\n pxor %%xmm15, %%xmm15\n"
                   "xor %%r8d, %%r8d\n xor %%r9d, %%r9d\n xor %%r10d, %%r10d\n xor %%esi, %%esi\n xor %%edi, %%edi\n xor %%edx, %%edx" ::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "r8", "r9", "r10", "rsi", "rdi", "rdx", "memory");
}

static APART void tell(void) {
  static char buffer[1 << 16]; /* or it would be a block, in the place of a freed one */
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  for (int i = 0; i < known_count; i++) {
    struct known *k = &known[i];
    void *p = (void *)~k->inverted;
    if (k->kind == LEAKED) {
      printf("{\"leaked\":\"%p\",\"usable\":%zu,\"requested\":%zu,\"group\":%d,\"source\":", p, malloc_usable_size(p), k->requested, k->group);
      if (k->source == HANGS) printf("null}\n");
      else printf("%d}\n", k->source);
    } else if (k->kind == HELD)
      printf("{\"held\":\"%p\",\"usable\":%zu,\"requested\":%zu,\"by\":\"%s\",\"hangs\":%s}\n", p, malloc_usable_size(p), k->requested, k->by, k->source == HANGS ? "true" : "false");
    else if (k->kind == FREED) printf("{\"freed\":\"%p\"}\n", p);
    else abort();
  }
  fflush(stdout);
}

/* The end of main: tells, and waits to have its core taken, or returns, where the only argument is `exit`. */
static APART int finish(int argc, char **argv) {
  tell();
  scrub();
  if (argc > 1 && strcmp(argv[1], "exit") == 0) return 0;
  if (write(1, "ready\n", 6) != 6) return 1;
  for (;;) {
    scrub();
    pause();
  }
}
#endif
