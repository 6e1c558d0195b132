/* A program that moves the break itself, between its mallocs: before the first one, by odd amounts, by pages, and
 * downwards. The main arena goes on behind the foreign piece and fences off the part before it. */
#include "program.h"

static void *kept[3000];

int main(void) {
  uint64_t seed = 5;
  char *own = sbrk(1000);
  memset(own, 0x55, 1000);
  for (int i = 0; i < 3000; i++) {
    kept[i] = malloc(any(&seed, 900));
    if (i % 500 == 250) {
      size_t n = i % 1000 == 250 ? 4096u * 3 : 12345;
      own = sbrk((intptr_t)n);
      memset(own, 0x21, n); /* reads as a chunk size if one walks into it */
    }
    if (i % 7 == 0) {
      int back = (int)any(&seed, (uint32_t)i + 1);
      free(kept[back]), kept[back] = 0;
    }
  }
  for (int i = 0; i < 100; i++) free(kept[i]), kept[i] = 0;
  finish();
}
