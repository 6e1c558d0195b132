/* Variables of functions and files, arrays of pointers, tables of records with pointers. */
#include "case.h"
struct a {
  int id;
  struct a *next;
};
struct b {
  double value;
  struct a *list;
};
struct c {
  char name[12];
  struct b *b;
};
static struct a *file_static;
static struct {
  const char *name;
  struct c *c;
} table[] = {{"one"}, {"two"}, {"three"}};
static void count(void) {
  static struct b *inside;
  static struct a *many[5];
  inside = NEW0(struct b);
  inside->list = NEW0(struct a);
  for (int i = 0; i < 5; i++) many[i] = NEW0(struct a);
  KEEP(&inside);
  KEEP(many);
}
CASE {
  count();
  file_static = NEW0(struct a);
  KEEP(&file_static);
  for (int i = 0; i < 3; i++) {
    table[i].c = NEW0(struct c);
    table[i].c->b = NEW0(struct b);
  }
  KEEP(table);
}
