/* Mmapped blocks of one page, from the first malloc on: the kernel puts them into the holes that lie highest, which
 * may be those between the segments of a library (ld.so of glibc 2.31 has one). */
#include "program.h"

static void *kept[300];

int main(void) {
  mallopt(M_MMAP_THRESHOLD, 1000);
  for (int i = 0; i < 200; i++) kept[i] = malloc(1000 + (size_t)i * 14);
  for (int i = 3; i < 200; i += 5) free(kept[i]), kept[i] = 0;
  for (int i = 200; i < 300; i++) kept[i] = malloc(100);
  finish();
}
