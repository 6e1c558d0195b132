/* A union's dead arm: a pointer from before, beyond the arm that is in use. */
#include "case.h"
struct target {
  int id;
  double weight;
  char name[20];
};
struct event {
  int kind;
  union {
    struct {
      int x, y;
    } small;
    struct {
      long when;
      struct target *target;
    } large;
  };
};
struct event *events;
void *held[20];
CASE {
  events = NEW0_ARRAY(struct event, 40);
  for (int i = 0; i < 40; i++) {
    struct event *event = &events[i];
    event->kind = i % 2;
    event->large.when = i;
    if (event->kind) {
      event->large.target = NEW0(struct target);
      strcpy(event->large.target->name, "target");
    } else {
      event->large.target = memset(held[i / 2] = NEW_RAW(sizeof(struct target)), 0xd1, sizeof(struct target));
      event->small.x = 3, event->small.y = 4;
    }
  }
}
