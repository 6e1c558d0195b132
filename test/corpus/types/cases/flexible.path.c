/* Flexible array members as C99, gcc and the old have them: pointers, records, characters. */
#include "case.h"
struct leaf {
  int id;
  double weight;
};
struct entry {
  int key;
  struct leaf *leaf;
};
struct c99 {
  int count;
  struct leaf *leaves[];
};
struct gnu {
  int count;
  struct entry entries[0];
};
struct old {
  int count;
  struct entry entries[1];
};
struct text {
  int length;
  char bytes[];
};
struct all {
  struct c99 *c99;
  struct gnu *gnu;
  struct old *old;
  struct text *text;
};
struct all all[8];
CASE {
  for (int i = 0; i < 8; i++) {
    int n = i + 3;
    all[i].c99 = NEW_FLEX(struct c99, n * sizeof(struct leaf *));
    all[i].gnu = NEW_FLEX(struct gnu, n * sizeof(struct entry));
    all[i].old = NEW_FLEX(struct old, (n - 1) * sizeof(struct entry));
    all[i].text = NEW0_FLEX(struct text, 10 * n + 1);
    all[i].c99->count = all[i].gnu->count = all[i].old->count = n;
    all[i].text->length = 10 * n;
    memset(all[i].text->bytes, 't', 10 * n);
    for (int j = 0; j < n; j++) {
      all[i].c99->leaves[j] = NEW0(struct leaf);
      all[i].gnu->entries[j] = (struct entry){j, NEW0(struct leaf)};
      all[i].old->entries[j] = (struct entry){j, NEW0(struct leaf)};
    }
  }
}
