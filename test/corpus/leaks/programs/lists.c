/* Singly linked lists, trees and structs that own others, whose first block is lost; lists that two lost ones share; held
 * lists that were cut, and lists whose links lead into the middle of the next node. */
#include "known.h"
#include <stddef.h>

struct node {
  struct node *next;
  char *payload;
  char text[24];
};
struct tree {
  uint64_t key;
  struct tree *left, *right;
};
struct link {
  struct link *next;
};
struct intrusive {
  uint64_t pad[5];
  struct link link;
  uint64_t more[2];
};
struct owner {
  uint64_t id;
  struct node *list;
  void *table;
  struct tree *tree;
  char *name;
};

struct node *held_lists[64];
struct tree *held_tree;
struct link *held_links;

/* `group` < 0: held. */
static APART void *block(size_t n, int group, int source, const char *by) {
  void *p = fill(malloc(n));
  if (group < 0) held(p, n, by);
  else leaked(p, n, group, source);
  return p;
}

static APART struct node *list(int length, int payloads, int group, int source) {
  struct node *first = NULL, *last = NULL;
  for (int i = 0; i < length; i++) {
    struct node *n = block(sizeof *n, group, i ? HANGS : source, "list");
    n->next = NULL;
    n->payload = payloads && i % payloads == 0 ? block(10 + (size_t)i * 3 % 300, group, HANGS, "node") : NULL;
    if (last) last->next = n;
    else first = n;
    last = n;
  }
  return first;
}

static APART struct tree *tree(int depth, int group, int source) {
  struct tree *t = block(sizeof *t, group, source, "tree");
  t->key = (uint64_t)depth;
  t->left = depth ? tree(depth - 1, group, HANGS) : NULL;
  t->right = depth ? tree(depth - 1, group, HANGS) : NULL;
  return t;
}

static APART void lost_lists(void) {
  for (int length = 1; length <= 200; length += length < 10 ? 1 : 19) list(length, length % 3, new_group(), new_source());
}

static APART void lost_trees(void) {
  for (int depth = 0; depth < 7; depth++) tree(depth, new_group(), new_source());
}

static APART void lost_owners(void) {
  for (int i = 0; i < 40; i++) {
    int group = new_group();
    struct owner *o = block(sizeof *o, group, new_source(), "");
    void **table = block(32 * sizeof *table, group, HANGS, "");
    for (int k = 0; k < 32; k++) table[k] = k % 3 ? NULL : block(8 * (size_t)k, group, HANGS, "");
    o->id = (uint64_t)i;
    o->table = table;
    o->list = list(i % 7, 2, group, HANGS);
    o->tree = i % 2 ? tree(2, group, HANGS) : NULL;
    o->name = block(20, group, HANGS, "");
  }
}

/* Two lists that end in the same nodes: both first nodes leaked by themselves. */
static APART void lost_shared(void) {
  for (int i = 0; i < 20; i++) {
    int group = new_group();
    struct node *shared = list(5, 1, group, HANGS);
    for (int k = 0; k < 2; k++) {
      struct node *first = list(3, 0, group, new_source());
      first->next->next->next = shared;
    }
  }
}

/* The rest of a held list leaked when its last held node let go of it. */
static APART void cut_lists(void) {
  for (int i = 0; i < 32; i++) {
    held_lists[i] = list(10, 3, -1, 0);
    struct node *last = held_lists[i];
    while (last->next) last = last->next;
    last->next = list(i + 1, 3, new_group(), new_source());
    last->next = NULL;
  }
}

/* A lost list may lead to held blocks: those are held all the same. */
static APART void lost_that_lead_to_held(void) {
  for (int i = 32; i < 64; i++) {
    held_lists[i] = list(4, 1, -1, 0);
    list(1, 0, new_group(), new_source())->next = held_lists[i];
  }
}

static APART struct link *intrusive(int length, int group, int source) {
  struct link *next = NULL;
  for (int i = length; i > 0; i--) {
    struct intrusive *n = block(sizeof *n, group, i == 1 ? source : HANGS, "pointer to a member");
    n->link.next = next;
    next = &n->link;
  }
  return next;
}

static APART void hold(void) {
  held_tree = tree(7, -1, 0);
  held_links = intrusive(60, -1, 0);
}

static APART void lost_intrusive(void) {
  for (int length = 1; length < 30; length += 4) intrusive(length, new_group(), new_source());
}

int main(int argc, char **argv) {
  lost_lists();
  lost_trees();
  lost_owners();
  lost_shared();
  cut_lists();
  lost_that_lead_to_held();
  hold();
  lost_intrusive();
  scrub();
  return finish(argc, argv);
}
