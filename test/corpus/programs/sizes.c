/* One thread, every request size: 0 to 4,096 one by one, then up to 256 KB in steps; every function that allocates.
 * Every third block is freed again, so each size has a free neighbour somewhere. */
#include "program.h"

static void *kept[6000];

int main(void) {
  int count = 0;
  for (size_t n = 0; n <= 4096; n++) {
    kept[count] = n % 5 == 0 ? calloc(1, n) : malloc(n);
    if (n % 2 && n) memset(kept[count], 0x41 + (int)(n % 26), n);
    count++;
  }
  for (size_t n = 4200; n < (1u << 18); n += n / 16) kept[count++] = malloc(n);
  for (int i = 0; i < 200; i++) {
    void *p = malloc((size_t)i * 7);
    kept[count++] = realloc(p, (size_t)i * 31 + 1);
  }
  for (int i = 0; i < 100; i++) kept[count++] = strdup("a text that strdup copies into a block of its own");
  for (size_t a = 16; a <= 4096; a *= 2)
    for (size_t n = 1; n < 3000; n = n * 3 + 1) {
      kept[count++] = memalign(a, n);
      if (posix_memalign(&kept[count], a, n) == 0) count++;
      kept[count++] = aligned_alloc(a, n);
    }
  kept[count++] = valloc(100);
  kept[count++] = pvalloc(100);
  for (int i = 0; i < count; i += 3) {
    free(kept[i]);
    kept[i] = 0;
  }
  finish();
}
