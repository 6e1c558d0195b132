/* Words beyond sizeof, left from who had the memory before. */
#include "case.h"
struct target {
  long id;
  struct target *next;
  double weight[3];
};
struct large {
  long a[5];
  struct target *at40;
  struct target *at48;
};
struct small {
  long a[4];
  struct target *mine;
  int last;
};
struct small *kept;
void *held[2];
CASE {
  struct large *old = malloc(sizeof(struct large));
  held[0] = NEW_RAW(sizeof(struct target));
  memset(held[0], 0x41, sizeof(struct target));
  old->at48 = held[0];
  KEEP(old);
  free(old);
  kept = typelog(malloc(sizeof(struct large) - 8), "struct small", 1, TYPELOG_OBJECT);
  kept->mine = NEW0(struct target);
  kept->last = 3;
  KEEP(kept);
}
