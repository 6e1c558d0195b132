/* Pointers in freed blocks, and to them: in the tcache, in a fastbin, in the unsorted bin. */
#include "case.h"
struct target {
  long id;
  struct target *next;
  double weight[3];
};
struct node {
  long a, b;
  struct target *target;
  struct node *next;
};
struct node *alive, *dangling[30];
void *held[30];
CASE {
  for (int i = 0; i < 30; i++) {
    dangling[i] = malloc(sizeof(struct node));
    held[i] = memset(NEW_RAW(sizeof(struct target)), 0x41, sizeof(struct target));
    *dangling[i] = (struct node){1, 2, held[i], i > 0 ? dangling[i - 1] : NULL};
    KEEP(dangling[i]);
  }
  for (int i = 0; i < 30; i++) free(dangling[i]);
  alive = calloc(1, 200);
  free(alive);
  alive = NEW0_ARRAY(struct node, 9);
  alive->target = calloc(1, 300);
  free(alive->target);
  alive->target = NULL;
}
