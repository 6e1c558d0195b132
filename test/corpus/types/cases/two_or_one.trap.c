/* A block of two elements, and one of a larger type that begins with such an element and is as large as two. */
#include "case.h"
struct segment {
  long from, to;
  struct segment *next;
};
struct road {
  struct segment first;
  double length, width;
  int lanes, number;
};
struct map {
  struct segment *pairs[10];
  struct segment *roads[10];
};
struct map *map;
CASE {
  map = NEW0(struct map);
  for (int i = 0; i < 10; i++) {
    map->pairs[i] = MAYBE_ARRAY(calloc(2, sizeof(struct segment)), struct segment, 2);
    map->pairs[i][0] = (struct segment){i, i + 1, &map->pairs[i][1]};
    map->pairs[i][1] = (struct segment){i, i + 1, i > 0 ? map->pairs[i - 1] : NULL};
    struct road *road = MAYBE(calloc(1, sizeof(struct road)), struct road);
    road->first = (struct segment){i, i + 1, NULL};
    road->length = i / 3.0, road->width = 7.5, road->lanes = 4;
    map->roads[i] = &road->first;
  }
}
