/* Values in the spare bits of doubles: pointers in the low 48 bits. */
#include "case.h"
struct object {
  long shape;
  uint64_t slots[3];
};
struct frame {
  uint64_t values[16];
  struct frame *up;
};
struct frame *frame;
static uint64_t box(void *pointer) { return (uintptr_t)pointer | 0xfffc000000000000; }
CASE {
  for (int f = 0; f < 4; f++) {
    struct frame *next = NEW0(struct frame);
    for (int i = 0; i < 16; i++) {
      if (i % 2) {
        double number = i / 3.0;
        memcpy(&next->values[i], &number, 8);
      } else {
        struct object *object = MAYBE(calloc(1, sizeof(struct object)), struct object);
        object->shape = 7;
        next->values[i] = box(object);
      }
    }
    next->up = frame;
    frame = next;
  }
}
