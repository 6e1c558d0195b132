/* Blocks with 16 bytes more than malloc rounds to: what would be left of a free chunk is too small to be one. */
#include "case.h"
struct leaf {
  struct leaf *next;
  long id;
  double weight;
};
struct leaf *leaves;
CASE {
  void *large[8], *between[8];
  for (int i = 0; i < 8; i++) {
    large[i] = malloc(2000);
    between[i] = NEW_RAW(40);
    memset(between[i], 0x11, 40);
    KEEP(between[i]);
  }
  for (int i = 0; i < 8; i++) free(large[i]);
  for (int i = 0; i < 8; i++) {
    /* 2016 bytes of chunk: 1968 go, 48 are left */
    KEEP(memset(NEW_RAW(1960), 0x22, 1960));
    struct leaf *leaf = NEW0(struct leaf);
    leaf->id = i;
    leaf->weight = i / 3.0;
    leaf->next = leaves;
    leaves = leaf;
  }
}
