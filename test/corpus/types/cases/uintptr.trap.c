/* Pointers kept as numbers. */
#include "case.h"
struct target {
  int id;
  double weight;
  char name[20];
};
struct keeper {
  uintptr_t first;
  long second;
  unsigned long long third;
  int id;
};
struct keeper *keepers;
void *raw[20];
CASE {
  keepers = NEW0_ARRAY(struct keeper, 20);
  for (int i = 0; i < 20; i++) {
    keepers[i].first = (uintptr_t)MAYBE(calloc(1, sizeof(struct target)), struct target);
    keepers[i].second = (long)MAYBE(calloc(1, sizeof(struct target)), struct target);
    keepers[i].third = (uintptr_t)memset(NEW_RAW(sizeof(struct target)), 0x77, sizeof(struct target));
    keepers[i].id = i;
  }
}
