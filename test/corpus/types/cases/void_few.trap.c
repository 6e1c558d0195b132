/* void * to one type, three times as far as is known: too little to tell what the fourth is, which has its size. */
#include "case.h"
struct record {
  double weight;
  int id, more;
  char name[16];
};
struct holder {
  int id;
  void *data;
};
struct holder holders[4];
struct record *records[3];
CASE {
  for (int i = 0; i < 4; i++) {
    holders[i].id = i;
    if (i < 3) {
      records[i] = holders[i].data = NEW0(struct record);
      records[i]->weight = 1.5;
      strcpy(records[i]->name, "record");
    } else {
      holders[i].data = memset(NEW_RAW(sizeof(struct record)), 0x1c, sizeof(struct record));
    }
  }
}
