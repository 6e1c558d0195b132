/* A pool of equal slots, free ones linked through the memory of their objects. */
#include "case.h"
struct leaf {
  int id;
  double weight;
};
struct slot {
  union {
    struct slot *free;
    struct {
      struct leaf *leaf;
      long number, more;
    } used;
  };
};
struct pool {
  struct slot *slots;
  struct slot *free;
  int count;
};
struct pool pools[3];
CASE {
  for (int p = 0; p < 3; p++) {
    struct slot *slots = pools[p].slots = NEW0_ARRAY(struct slot, 20);
    pools[p].count = 20;
    for (int i = 0; i < 20; i++) {
      if (i % 4 == 0) slots[i].free = pools[p].free, pools[p].free = &slots[i];
      else {
        slots[i].used.leaf = MAYBE(calloc(1, sizeof(struct leaf)), struct leaf);
        slots[i].used.number = i;
      }
    }
  }
}
