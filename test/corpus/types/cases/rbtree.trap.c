/* The kernel's tree: the colour lies in the parent pointer, nodes lie in their objects. */
#include "case.h"
struct rb_node {
  unsigned long parent_color;
  struct rb_node *right, *left;
};
struct rb_root {
  struct rb_node *node;
};
struct area {
  unsigned long start, end;
  struct rb_node rb;
  struct backing *backing;
};
struct backing {
  int users;
  char name[36];
};
struct rb_root areas;
static void insert(struct area *area) {
  struct rb_node **link = &areas.node, *parent = NULL;
  while (*link) {
    parent = *link;
    struct area *other = (struct area *)((char *)parent - offsetof(struct area, rb));
    link = area->start < other->start ? &parent->left : &parent->right;
  }
  area->rb.parent_color = (unsigned long)parent | (area->start & 1);
  *link = &area->rb;
}
CASE {
  for (int i = 0; i < 60; i++) {
    struct area *area = NEW0(struct area);
    area->start = i * 37 % 61;
    area->end = area->start + 1;
    area->backing = NEW0(struct backing);
    strcpy(area->backing->name, "backing");
    insert(area);
  }
}
