/* As unions, but two arms lead to blocks of one size: single blocks look like either, all of a kind don't. */
#include "case.h"
struct text {
  int length;
  char *bytes;
};
struct table {
  int count, used;
  long mask;
  struct value *values;
};
struct pair {
  double a;
  int b;
  struct text *name;
  long c, d;
};
struct value {
  int kind;
  union {
    long number;
    double real;
    struct text *text;
    struct table *table;
    struct pair *pair;
  };
};
struct value *values;
CASE {
  values = NEW0_ARRAY(struct value, 100);
  for (int i = 0; i < 100; i++) {
    struct value *value = &values[i];
    value->kind = i % 5;
    switch (value->kind) {
      case 0: value->number = i * 1000; break;
      case 1: value->real = i / 3.0; break;
      case 2:
        value->text = NEW0(struct text);
        value->text->length = 10;
        value->text->bytes = strdup("some bytes");
        break;
      case 3:
        value->table = NEW0(struct table);
        value->table->count = 4;
        value->table->values = NEW0_ARRAY(struct value, 4);
        for (int j = 0; j < 4; j++) value->table->values[j].number = j;
        break;
      case 4:
        value->pair = NEW0(struct pair);
        value->pair->a = i / 7.0;
        value->pair->name = NEW0(struct text);
        value->pair->name->bytes = strdup("a name");
    }
  }
}
