/* A growing array with its header in front of what everybody points to. */
#include "case.h"
struct leaf {
  int id;
  double weight;
};
struct header {
  size_t length, capacity;
};
struct entry {
  struct leaf *leaf;
  int key;
};
struct user {
  struct entry *entries;
  struct leaf **leaves;
};
struct user users[8];
static void *grown(size_t each, size_t count) {
  struct header *header = typelog(malloc(sizeof(struct header) + each * count), "?struct header", 1, TYPELOG_OBJECT);
  *header = (struct header){count, count};
  return header + 1;
}
CASE {
  for (int i = 0; i < 8; i++) {
    users[i].entries = grown(sizeof(struct entry), 3 + i);
    users[i].leaves = grown(sizeof(struct leaf *), 4 + i);
    for (int j = 0; j < 3 + i; j++) users[i].entries[j] = (struct entry){MAYBE(calloc(1, sizeof(struct leaf)), struct leaf), j};
    for (int j = 0; j < 4 + i; j++) users[i].leaves[j] = MAYBE(calloc(1, sizeof(struct leaf)), struct leaf);
  }
}
