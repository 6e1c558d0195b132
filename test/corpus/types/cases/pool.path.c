/* Objects carved out of a large block: they are no blocks, but their pointers lead to some. */
#include "case.h"
struct leaf {
  int id;
  double weight;
};
struct object {
  struct object *next;
  struct leaf *leaf;
  long number;
};
struct pool {
  char *memory, *at, *end;
  struct pool *next;
};
struct pool *pool;
struct object *objects;
CASE {
  pool = NEW0(struct pool);
  pool->memory = MAYBE_ARRAY(malloc(4096), char, 4096);
  pool->at = pool->memory + 64;
  pool->end = pool->memory + 4096;
  for (int i = 0; i < 50; i++) {
    struct object *object = (struct object *)pool->at;
    pool->at += sizeof(struct object);
    *object = (struct object){objects, NEW0(struct leaf), i};
    objects = object;
  }
}
