/* A thread arena of several heaps (64 MB each), with holes that span most of a heap, and another arena that grew
 * over a heap's end and shrank back. Large blocks stay untouched, so the core is a sparse file. */
#include "program.h"

enum { BIG = 2400 };
static pthread_barrier_t idle;

static void *grow(void *unused) {
  (void)unused;
  static void *kept[BIG];
  uint64_t seed = 99;
  for (int i = 0; i < BIG; i++) kept[i] = malloc(i % 10 ? 60000 + any(&seed, 40000) : any(&seed, 500));
  for (int i = 700; i < 1200; i++) free(kept[i]), kept[i] = 0;
  for (int i = 1300; i < 2300; i += 7) free(kept[i]), kept[i] = 0;
  pthread_barrier_wait(&idle);
  rest();
}

static void *growAndShrink(void *unused) {
  (void)unused;
  static void *kept[1500];
  for (int i = 0; i < 1500; i++) kept[i] = malloc(90000);
  for (int i = 1499; i > 100; i--) free(kept[i]), kept[i] = 0;
  for (int i = 0; i < 50; i++) kept[200 + i] = malloc(100);
  pthread_barrier_wait(&idle);
  rest();
}

int main(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  pthread_barrier_init(&idle, 0, 3);
  pthread_t a, b;
  pthread_create(&a, 0, grow, 0);
  pthread_create(&b, 0, growAndShrink, 0);
  pthread_barrier_wait(&idle);
  usleep(50000);
  finish();
}
