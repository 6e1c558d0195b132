/* Every place where a free chunk of one arena can be: tcache bins full and half full, fastbins, the unsorted bin,
 * small and large bins with several sizes in one, the last remainder, holes that were merged, a trimmed top. */
#include "program.h"

enum { COUNT = 12000 };
static void *kept[COUNT];
static size_t asked[COUNT];

static void drop(int i) {
  free(kept[i]);
  kept[i] = 0;
}

int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], 0, 0) : 4711;
  if (getenv("MXFAST")) mallopt(M_MXFAST, atoi(getenv("MXFAST")));
  for (int i = 0; i < COUNT; i++) {
    asked[i] = any(&seed, 10) < 8 ? any(&seed, 200) : any(&seed, 6000);
    kept[i] = malloc(asked[i]);
    memset(kept[i], i, asked[i] < 32 ? asked[i] : 32);
  }
  /* Small ones one by one: tcache bins of 7 fill, then the fastbins grow. */
  for (int i = 0; i < 3000; i += 2) drop(i);
  /* Neighbours: they merge with each other, and take the fastbins along once 64 KB come together. */
  for (int i = 3000; i < 4000; i++) drop(i);
  /* Larger requests sort the unsorted bin into small and large bins and leave remainders. */
  for (int i = 3000; i < 3050; i++) kept[i] = malloc(1200 + (size_t)any(&seed, 3000));
  for (int i = 4001; i < 8000; i += 3) drop(i);
  for (int i = 4001; i < 5000; i += 6) kept[i] = malloc(2500 + (size_t)any(&seed, 500));
  /* A block between two that stay: sizes 1,500 to 40,000 end in the large bins, twins in one list. */
  for (int i = 8000; i < 9000; i++) {
    if (kept[i]) drop(i);
    if (i % 2) kept[i] = malloc(64);
  }
  static void *wide[400];
  for (int i = 0; i < 400; i++) wide[i] = malloc(i % 2 ? 40 : 1500 + (size_t)(i / 4) * 400);
  for (int i = 0; i < 400; i += 2) free(wide[i]), wide[i] = 0;
  free(malloc(90000));
  for (int i = 0; i < 30; i++) wide[i * 2] = malloc(100 + (size_t)i);
  /* Shrinking and growing in place, and moving. */
  for (int i = 9000; i < 10000; i++) kept[i] = realloc(kept[i], i % 3 ? asked[i] / 2 + 1 : asked[i] * 3 + 1);
  /* A high end that goes back to the system. */
  static void *high[300];
  for (int i = 0; i < 300; i++) high[i] = malloc(4000);
  for (int i = 299; i >= 20; i--) free(high[i]);
  if (argc > 2) malloc_trim(0);
  /* Fresh fastbins and an unsorted bin that nobody has sorted. */
  for (int i = 10000; i < 11000; i += 2) drop(i);
  for (int i = 11000; i < 11400; i += 4) drop(i);
  finish();
}
