/* Two types of one layout, each with typed pointers of its own, and void * to both. */
#include "case.h"
struct celsius {
  struct celsius *next;
  double value;
};
struct fahrenheit {
  struct fahrenheit *next;
  double value;
};
struct sensor {
  struct celsius *c;
  struct fahrenheit *f;
  void *last;
};
struct sensor sensors[12];
CASE {
  for (int i = 0; i < 12; i++) {
    for (int j = 0; j < 3; j++) {
      struct celsius *c = NEW0(struct celsius);
      *c = (struct celsius){sensors[i].c, j};
      sensors[i].c = c;
      struct fahrenheit *f = NEW0(struct fahrenheit);
      *f = (struct fahrenheit){sensors[i].f, j};
      sensors[i].f = f;
    }
    sensors[i].last = i % 2 ? (void *)sensors[i].c : (void *)sensors[i].f;
  }
}
