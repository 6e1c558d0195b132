/* Sixty thousand maps, close to what the kernel allows by default: alternate pages with alternate rights. The heap
 * and mmapped blocks lie among them. */
#include "program.h"
#include <sys/mman.h>

enum { MAPS = 60000 };
static void *kept[2000];

int main(void) {
  uint64_t seed = 21;
  for (int i = 0; i < 1000; i++) kept[i] = malloc(any(&seed, 500));
  char *maps = mmap(0, MAPS * 4096ul, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < MAPS; i += 2)
    if (mprotect(maps + i * 4096ul, 4096, PROT_READ) != 0) break;
  for (int i = 1000; i < 2000; i++) kept[i] = malloc(i % 50 ? any(&seed, 500) : 200000);
  for (int i = 0; i < 2000; i += 3) free(kept[i]);
  finish();
}
