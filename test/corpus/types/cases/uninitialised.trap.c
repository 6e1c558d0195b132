/* A field that was never set: left from who had the memory before, it leads to a block of another type. */
#include "case.h"
struct old {
  long a, b;
  struct large *c;
};
struct large {
  double values[11];
  int count;
};
struct fresh {
  long a, b;
  struct other *unset;
};
struct other {
  struct other *next;
  char text[8];
};
struct fresh *fresh[20];
struct large *large[20];
CASE {
  struct old *old[20];
  for (int i = 0; i < 20; i++) {
    large[i] = NEW0(struct large);
    for (int j = 0; j < 11; j++) large[i]->values[j] = j + 0.3;
    large[i]->count = 11;
    old[i] = malloc(sizeof(struct old));
    old[i]->c = large[i];
    KEEP(old[i]);
  }
  for (int i = 0; i < 20; i++) free(old[i]);
  for (int i = 0; i < 20; i++) {
    fresh[i] = NEW(struct fresh);
    fresh[i]->a = fresh[i]->b = i;
    KEEP(fresh[i]);
    if (i % 2) fresh[i]->unset = NEW0(struct other);
  }
}
