/* Arrays so large that they are mapped by themselves. */
#include "case.h"
struct leaf {
  int id;
  double weight;
};
struct row {
  long id;
  struct leaf *leaf;
  float more[3];
};
struct row *rows;
double *numbers;
CASE {
  rows = NEW0_ARRAY(struct row, 20000);
  numbers = NEW0_ARRAY(double, 100000);
  for (int i = 0; i < 20000; i++) {
    rows[i].id = i;
    if (i % 200 == 0) rows[i].leaf = NEW0(struct leaf);
  }
  for (int i = 0; i < 100000; i++) numbers[i] = i / 3.0;
}
