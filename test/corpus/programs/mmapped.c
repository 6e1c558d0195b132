/* Mmapped blocks: many that lie wall to wall, some freed, some grown and shrunk by mremap, some with alignments
 * far over a page; a low threshold, so that small requests are mmapped too; and foreign maps between them. */
#include "program.h"
#include <sys/mman.h>

static void *kept[600];

int main(void) {
  int count = 0;
  for (int i = 0; i < 60; i++) {
    kept[count++] = malloc(140000 + (size_t)i * 5000);
    kept[count++] = malloc(50);
  }
  for (int i = 0; i < 60; i += 3) free(kept[i * 2]), kept[i * 2] = 0;
  mallopt(M_MMAP_THRESHOLD, 5000);
  for (int i = 0; i < 100; i++) {
    kept[count] = malloc(5000 + (size_t)i * 97);
    *(char *)kept[count++] = 1;
    if (i % 20 == 0) {
      char *map = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      memset(map, i, 8192);
      *(uint64_t *)map = 0;
    }
  }
  for (size_t a = 32; a <= (1u << 21); a *= 2) {
    if (posix_memalign(&kept[count], a, 100) == 0) count++;
    if (posix_memalign(&kept[count], a, 70000) == 0) count++;
    kept[count++] = memalign(a, 20000);
    kept[count++] = aligned_alloc(a, a);
  }
  kept[count++] = valloc(30000);
  kept[count++] = pvalloc(30000);
  for (int i = 125; i < 150; i++) kept[i] = realloc(kept[i], 40000);
  for (int i = 150; i < 170; i++) kept[i] = realloc(kept[i], 6000);
  for (int i = 170; i < 200; i += 2) free(kept[i]), kept[i] = 0;
  kept[count++] = calloc(1000, 100);
  finish();
}
