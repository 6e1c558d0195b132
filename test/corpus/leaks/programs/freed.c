/* Freed blocks of every bin that still hold the only pointer to a block: that block leaked. So did what the rest of a
 * shrunken block leads to, and what a held dangling pointer leads to by way of a freed block. */
#include "known.h"

/* The first words of a freed chunk are the allocator's. */
enum { STALE = 4, LARGE_WORDS = 300 };

void *kept[400];
int keeping;
/* Freed when all blocks are made: a block made later could take its place. Inverted addresses. */
static uintptr_t doomed[400];
static int dooming;

static APART void doom(void *p) { doomed[dooming++] = invert(p); }

/* Keeps freed neighbours apart, so that each stays a chunk of its own. */
static APART void barrier(void) {
  void *p = fill(malloc(24));
  kept[keeping++] = p;
  held(p, 24, "barrier");
}

/* A block that owns a block. */
static APART void *target(size_t n) {
  int group = new_group();
  void **p = fill(malloc(n));
  leaked(p, n, group, new_source());
  p[1] = fill(malloc(n + 50));
  leaked(p[1], n + 50, group, HANGS);
  return p;
}

/* @param dangling its address stays in a held place */
static APART void *stale(size_t n, int dangling) {
  void **p = fill(malloc(n));
  for (size_t at = STALE; at < n / 8; at += 9) p[at] = target(40 + at % 100);
  if (dangling) kept[keeping++] = p;
  barrier();
  return p;
}

static APART void doom_many(size_t n, int count) {
  for (int i = 0; i < count; i++) doom(stale(n, i % 3 == 0));
}

/* Up to seven of a size go to the tcache, the next to a fastbin if small, else to the unsorted bin. */
static APART void all_bins(void) {
  for (size_t n = 56; n <= 120; n += 16) doom_many(n, 7), doom_many(n, 10);
  for (size_t n = 200; n < 1000; n += 200) doom_many(n, 14);
  for (int i = 0; i < 10; i++) doom_many(1200 + 400 * (size_t)i, 2);
}

/* What it leads to by its first part stays held. */
static APART void shrink(void) {
  for (int i = 0; i < 8; i++) {
    void **p = fill(malloc(LARGE_WORDS * 8)), **child = fill(malloc(100));
    p[0] = child;
    held(child, 100, "shrunken block");
    p[LARGE_WORDS / 2] = target(64);
    barrier();
    p = realloc(p, 160);
    held(p, 160, "static array");
    kept[keeping++] = p;
  }
}

/* Lost blocks that lead to a freed one, which leads to another lost one: two leaks. */
static APART void through_freed(void) {
  for (int i = 0; i < 20; i++) {
    void **p = fill(malloc(72));
    leaked_alone(p, 72);
    p[3] = stale(1500, 0);
    doom(p[3]);
  }
}

/* A freed list: none of its nodes leads anywhere any more. */
static APART void freed_lists(void) {
  for (int i = 0; i < 10; i++) {
    void **nodes[12];
    for (int k = 0; k < 12; k++) {
      nodes[k] = fill(malloc(88));
      if (k) nodes[k][5] = nodes[k - 1];
      nodes[k][6] = target(48);
    }
    for (int k = 0; k < 12; k++) doom(nodes[k]);
  }
}

/* At the end of the heap: it becomes part of the top chunk, which keeps its bytes. */
static APART void into_top(void) {
  void *last = target(64);
  void **p = fill(malloc(3000));
  p[200] = last;
  doom(p);
}

/* A large request between the first and the last puts what is freed by then into small and large bins. */
static APART void free_doomed(void) {
  for (int i = 0; i < dooming; i++) {
    if (i == dooming - 30) kept[keeping++] = fill(malloc(100000)), held(kept[keeping - 1], 100000, "static array");
    freed((void *)~doomed[i]);
  }
}

int main(int argc, char **argv) {
  all_bins();
  shrink();
  through_freed();
  freed_lists();
  into_top();
  free_doomed();
  scrub();
  return finish(argc, argv);
}
