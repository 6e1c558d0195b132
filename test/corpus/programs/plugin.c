/* The plugin of twolibcs.c, linked with truth.c by --wrap, since LD_PRELOAD doesn't reach its namespace. */
#include "program.h"

static void *kept[4000];
static int count;

void work(void) {
  uint64_t seed = 77 + (uint64_t)count;
  int from = count;
  for (int i = 0; i < 1500; i++) kept[count++] = malloc(any(&seed, 700));
  kept[count++] = malloc(300000);
  for (int i = from; i < count; i += 4) free(kept[i]), kept[i] = 0;
}
