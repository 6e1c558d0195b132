/* Blocks that neither lead anywhere nor are led to, of many sizes and by every function of the malloc family, leaked and
 * held in turn; and large blocks, with a mapping of their own, that lead to others from far behind their beginning. */
#include "known.h"

#define HELD_MAX 4000
/* Holders have external linkage, or the compiler drops what is never read. */
void *holds[HELD_MAX];
static int holding;

static APART void take(void *p, size_t n, int keep) {
  fill(p);
  if (!keep) leaked_alone(p, n);
  else holds[holding++] = p, held(p, n, "static array");
}

static APART void *of_family(int i, size_t n) {
  void *p = NULL;
  switch (i % 6) {
  case 0: return malloc(n);
  case 1: return calloc(1, n);
  case 2: return realloc(malloc(n / 2), n);
  case 3: return memalign(64, n);
  case 4: return posix_memalign(&p, 256, n) ? NULL : p;
  default: return aligned_alloc(32, n);
  }
}

static APART void small(void) {
  for (int i = 0; i < 16; i++) take(malloc(0), 0, i % 2);
  for (size_t n = 1; n < 1100; n += n < 200 ? 1 : 17)
    for (int keep = 0; keep < 2; keep++) take(malloc(n), n, keep);
  for (int i = 0; i < 600; i++) {
    size_t n = 32 + (size_t)i * 7919 % 3000 / 32 * 32; /* what aligned_alloc may be asked for */
    take(of_family(i, n), n, i / 6 % 2);
  }
  for (size_t n = 4096; n < 120000; n += 9001)
    for (int keep = 0; keep < 2; keep++) take(malloc(n), n, keep);
}

static APART void mapped(void) {
  for (size_t n = 130 << 10; n < 1200 << 10; n += 77777)
    for (int keep = 0; keep < 2; keep++) take(malloc(n), n, keep);
  for (int i = 0; i < 2; i++) take(memalign(1 << 16, 300000), 300000, i);
}

static APART void mapped_that_own(int keep) {
  size_t n = 700000;
  void **owner = fill(malloc(n));
  int group = new_group();
  if (keep) holds[holding++] = owner, held(owner, n, "static array");
  else leaked(owner, n, group, new_source());
  for (int i = 0; i < 50; i++) {
    size_t m = i % 5 ? 50 + (size_t)i : 200000;
    void *child = fill(malloc(m));
    owner[87000 - i * 1000] = child;
    if (keep) held(child, m, "mapped block");
    else leaked(child, m, group, HANGS);
  }
}

int main(int argc, char **argv) {
  small();
  mapped();
  mapped_that_own(0);
  mapped_that_own(1);
  scrub();
  return finish(argc, argv);
}
