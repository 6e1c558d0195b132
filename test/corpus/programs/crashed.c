/* Programs that die inside the allocator. Argument: double (free twice, noticed by the tcache), invalid (free of
 * what is no block), top (malloc finds its top chunk's size broken), unlink (a broken list is noticed). */
#include "program.h"

static void *kept[1000];

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "double";
  uint64_t seed = 12;
  for (int i = 0; i < 1000; i++) kept[i] = malloc(any(&seed, 300));
  for (int i = 0; i < 300; i += 3) free(kept[i]);
  if (strcmp(how, "double") == 0) free(kept[297]);
  if (strcmp(how, "invalid") == 0) {
    char *inside = (char *)kept[500] + 4;
    free(inside);
  }
  if (strcmp(how, "top") == 0) {
    char *last = malloc(5000), *end = last + malloc_usable_size(last);
    memset(end, 0xff, 8);
    truth_damage(last, end + 8);
    for (;;) kept[0] = malloc(100000);
  }
  if (strcmp(how, "unlink") == 0) {
    char *big = malloc(2000), *next = malloc(2000), *guard = malloc(600);
    free(big);
    ((uint64_t *)big)[0] = 0x4141414141414141;
    truth_damage(big, guard);
    free(next);
  }
  return 1;
}
