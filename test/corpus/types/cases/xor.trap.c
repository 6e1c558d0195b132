/* A list of exclusive-ored neighbours: only its ends can be known. */
#include "case.h"
struct node {
  uintptr_t both;
  int id;
  double value;
};
struct list {
  struct node *first, *last;
};
struct list list;
CASE {
  struct node *before = NULL, *node = NULL;
  for (int i = 0; i < 30; i++) {
    struct node *next = i == 0 || i == 29 ? NEW0(struct node) : MAYBE(calloc(1, sizeof(struct node)), struct node);
    next->id = i;
    if (node) node->both = (uintptr_t)before ^ (uintptr_t)next;
    else list.first = next;
    before = node;
    node = next;
  }
  node->both = (uintptr_t)before;
  list.last = node;
}
