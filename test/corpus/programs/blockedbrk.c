/* The break can't grow: a foreign map lies right behind it. The main arena goes on in mmapped regions of its own
 * (1 MB at least), which are not contiguous and may lie below or above each other. */
#include "program.h"
#include <sys/mman.h>

static void *kept[6000];

int main(void) {
  uint64_t seed = 6;
  for (int i = 0; i < 6000; i++) {
    kept[i] = malloc(any(&seed, 1800));
    if (i == 400) {
      char *end = (char *)(((uintptr_t)sbrk(0) + 4095) & ~(uintptr_t)4095);
      if (mmap(end, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != end) return 2;
    }
    if (i % 4 == 0) {
      int back = (int)any(&seed, (uint32_t)i + 1);
      free(kept[back]), kept[back] = 0;
    }
  }
  for (int i = 5000; i < 5600; i++) free(kept[i]), kept[i] = 0;
  for (int i = 0; i < 10; i++) kept[5000 + i] = malloc(100000);
  finish();
}
