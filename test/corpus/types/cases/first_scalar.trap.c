/* Pointers to a first member, a number or characters, beside pointers to the object. */
#include "case.h"
struct counter {
  int value;
  int limit;
  struct counter *next;
  char unit[8];
};
struct person {
  char name[24];
  struct person *friend;
};
struct watch {
  int *value;
  const char *name;
  struct watch *next;
};
struct watch *watches;
struct counter *counters;
struct person *people;
CASE {
  for (int i = 0; i < 20; i++) {
    struct watch *watch = NEW0(struct watch);
    struct counter *counter = NEW0(struct counter);
    struct person *person = NEW0(struct person);
    *counter = (struct counter){i, 100, counters, "s"};
    counters = counter;
    strcpy(person->name, "a person");
    person->friend = people;
    people = person;
    *watch = (struct watch){&counter->value, person->name, watches};
    watches = watch;
  }
}
