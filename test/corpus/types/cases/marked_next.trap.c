/* A lock-free list: the low bit of next marks what is to be removed. */
#include "case.h"
struct node {
  struct node *next;
  long key;
  char text[20];
};
struct node *head;
CASE {
  for (int i = 0; i < 30; i++) {
    struct node *node = i < 20 ? MAYBE(calloc(1, sizeof(struct node)), struct node) : NEW0(struct node);
    node->key = i;
    strcpy(node->text, "node");
    node->next = i == 20 ? (struct node *)((uintptr_t)head | 1) : head;
    head = node;
  }
}
