/* A set of pointers, some disguised: what they lead to is known by other ways or not at all. */
#include "case.h"
struct object {
  int id;
  double weight;
  char name[20];
};
struct set {
  size_t count, capacity;
  void **slots;
  uintptr_t *disguised;
};
struct set *set;
struct object *known[10];
CASE {
  set = NEW0(struct set);
  set->capacity = 64;
  set->slots = NEW0_ARRAY(void *, 64);
  set->disguised = NEW0_ARRAY(uintptr_t, 64);
  for (int i = 0; i < 20; i++) {
    struct object *object = i < 10 ? (known[i] = NEW0(struct object)) : MAYBE(calloc(1, sizeof(struct object)), struct object);
    strcpy(object->name, "object");
    set->slots[i * 29 % 64] = object;
    set->disguised[i * 13 % 64] = ~(uintptr_t)object;
    set->disguised[(i * 13 + 5) % 64] = (uintptr_t)memset(NEW_RAW(40), 0x33, 40) >> 4;
    set->count++;
  }
}
