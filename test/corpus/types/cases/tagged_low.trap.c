/* Pointers whose low bits say something: what is there with bit 0 is an entry, without it a table. */
#include "case.h"
struct entry {
  long key;
  double value;
  char name[10];
};
struct table {
  struct table *slots[8];
};
struct table *root;
static struct table *build(int depth) {
  struct table *table = NEW0(struct table);
  for (int i = 0; i < 8; i++) {
    if (depth > 0 && i % 3 == 0) table->slots[i] = build(depth - 1);
    else if (i % 3 == 1) {
      struct entry *entry = MAYBE(calloc(1, sizeof(struct entry)), struct entry);
      entry->key = i;
      table->slots[i] = (struct table *)((uintptr_t)entry | 1);
    }
  }
  return table;
}
CASE { root = build(3); }
