/* Numbers that happen to be addresses of blocks: hashes, times, sizes. */
#include "case.h"
struct reading {
  long when;
  double value;
  unsigned long hash;
};
struct reading *readings;
void *held[10];
CASE {
  readings = NEW0_ARRAY(struct reading, 50);
  for (int i = 0; i < 50; i++) {
    readings[i] = (struct reading){i, i / 3.0, i * 0x9e3779b97f4a7c15};
    if (i % 5 == 0) readings[i].hash = (uintptr_t)(held[i / 5] = memset(NEW_RAW(sizeof(struct reading)), 0x21, sizeof(struct reading)));
  }
}
