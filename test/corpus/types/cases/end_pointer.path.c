/* A pointer to the end of an array says nothing of what lies there: of the next block, above all. */
#include "case.h"
struct point {
  int x, y;
};
struct span {
  struct point *first, *end;
};
struct span spans[20];
void *others[20];
CASE {
  for (int i = 0; i < 20; i++) {
    /* 24 and 40 bytes fill a block */
    int count = i % 2 ? 3 : 5;
    spans[i].first = NEW_ARRAY(struct point, count);
    for (int j = 0; j < count; j++) spans[i].first[j] = (struct point){i, j};
    spans[i].end = spans[i].first + count;
    others[i] = memset(NEW_RAW(i % 2 ? 40 : 24), 0xcc, 24);
  }
}
