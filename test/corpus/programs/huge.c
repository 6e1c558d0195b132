/* Sizes beyond 32 bits: a chunk of 4.2 GB inside the main arena (mmap is forbidden to malloc), a mmapped block of
 * 5 GB, free chunks of 2.5 GB, and small blocks behind each. All of it untouched: the core is a sparse file. */
#include "program.h"

static void *small[300];

int main(void) {
  int count = 0;
  void *mmapped = malloc(5ull << 30);
  for (int i = 0; i < 100; i++) small[count++] = malloc((size_t)i * 3);
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  void *inside = malloc(4200ull << 20);
  for (int i = 0; i < 100; i++) small[count++] = malloc((size_t)i * 3);
  void *hole = malloc(2500ull << 20);
  for (int i = 0; i < 100; i++) small[count++] = malloc((size_t)i * 3);
  if (!mmapped || !inside || !hole) return 4;
  free(hole);
  for (int i = 0; i < count; i += 5) free(small[i]);
  finish();
}
