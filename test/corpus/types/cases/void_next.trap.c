/* A list whose next is void *. */
#include "case.h"
struct item {
  void *next;
  long id;
  double weight;
  char name[16];
};
struct item *items;
CASE {
  for (int i = 0; i < 30; i++) {
    struct item *item = i == 29 ? NEW0(struct item) : MAYBE(calloc(1, sizeof(struct item)), struct item);
    item->id = i;
    item->weight = 1.5;
    strcpy(item->name, "item");
    item->next = items;
    items = item;
  }
}
