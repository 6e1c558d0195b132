/* Pointers to a first member are all there is: it is no array of numbers, nor characters only. */
#include "case.h"
struct counter {
  long value;
  struct counter *next;
  double rate;
};
struct watch {
  long *value;
  struct watch *next;
};
struct watch *watches;
CASE {
  struct counter *before = NULL;
  for (int i = 0; i < 20; i++) {
    struct watch *watch = NEW0(struct watch);
    struct counter *counter = MAYBE(calloc(1, sizeof(struct counter)), struct counter);
    *counter = (struct counter){i, before, i / 3.0};
    before = counter;
    *watch = (struct watch){&counter->value, watches};
    watches = watch;
  }
}
