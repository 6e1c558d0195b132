/* Two types of one layout behind void *: no evidence tells which is which. */
#include "case.h"
struct celsius {
  struct celsius *next;
  double value;
  int id;
};
struct fahrenheit {
  struct fahrenheit *next;
  double value;
  int id;
};
void *readings[40];
CASE {
  for (int i = 0; i < 40; i++) {
    struct celsius *reading = calloc(1, sizeof(struct celsius));
    if (i % 2) MAYBE(reading, struct celsius);
    else MAYBE(reading, struct fahrenheit);
    reading->value = i / 3.0;
    reading->id = i;
    reading->next = i >= 2 ? readings[i - 2] : NULL;
    readings[i] = reading;
  }
}
