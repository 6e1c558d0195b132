/* As common_prefix, but the beginning is a member: sizes tell. */
#include "case.h"
struct shape {
  int type;
  struct shape *next;
};
struct circle {
  struct shape shape;
  double radius;
  long more[2];
};
struct polygon {
  struct shape shape;
  int count, closed;
  double *points;
  char *name;
  long more[2];
};
struct shape *shapes;
CASE {
  for (int i = 0; i < 40; i++) {
    struct shape *shape;
    if (i % 2) {
      struct circle *circle = NEW0(struct circle);
      circle->radius = i;
      shape = &circle->shape;
    } else {
      struct polygon *polygon = NEW0(struct polygon);
      polygon->count = 4;
      polygon->points = NEW0_ARRAY(double, 4);
      polygon->points[1] = 3.5;
      polygon->name = strdup("polygon");
      shape = &polygon->shape;
    }
    shape->type = i % 2;
    shape->next = shapes;
    shapes = shape;
  }
}
