/* Pointers to a member in the middle lead to the object, where one type has such a member there. */
#include "case.h"
struct link {
  struct link *next;
  int key;
};
struct first {
  long id;
  char name[16];
  struct link link;
  struct first *other;
};
struct table {
  struct link *links[4];
};
struct table table;
CASE {
  for (int i = 0; i < 40; i++) {
    struct first *one = NEW0(struct first);
    one->id = i;
    one->link.key = i;
    one->link.next = table.links[i % 4];
    table.links[i % 4] = &one->link;
  }
}
