/* As common_prefix, where one is as large as the common beginning once malloc has rounded. */
#include "case.h"
struct shape {
  int type;
  struct shape *next;
};
struct circle {
  int type;
  struct shape *next;
  double radius;
};
struct polygon {
  int type;
  struct shape *next;
  int count, closed;
  double *points;
  char *name;
};
struct shape *shapes;
CASE {
  for (int i = 0; i < 40; i++) {
    struct shape *shape;
    if (i % 2) {
      struct circle *circle = MAYBE(calloc(1, sizeof(struct circle)), struct circle);
      circle->radius = i;
      shape = (struct shape *)circle;
    } else {
      struct polygon *polygon = MAYBE(calloc(1, sizeof(struct polygon)), struct polygon);
      polygon->count = 4;
      polygon->points = MAYBE_ARRAY(calloc(4, sizeof(double)), double, 4);
      polygon->points[1] = 3.5;
      polygon->name = strdup("polygon");
      typelog(polygon->name, "?char", 8, TYPELOG_ARRAY);
      shape = (struct shape *)polygon;
    }
    shape->type = i % 2;
    shape->next = shapes;
    shapes = shape;
  }
}
