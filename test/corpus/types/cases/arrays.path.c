/* Arrays behind malloc: of records, of pointers, of arrays of pointers, of numbers; the count beside them or not. */
#include "case.h"
struct leaf {
  int id;
  double weight;
};
struct cell {
  short kind;
  struct leaf *leaf;
  int more;
};
struct matrix {
  int rows, columns;
  double **rows_of;
  struct cell *cells;
  struct leaf **leaves;
};
struct matrix *matrix;
CASE {
  matrix = NEW0(struct matrix);
  matrix->rows = 6;
  matrix->columns = 7;
  matrix->rows_of = NEW_ARRAY(double *, 6);
  for (int i = 0; i < 6; i++) {
    matrix->rows_of[i] = NEW_ARRAY(double, 7);
    for (int j = 0; j < 7; j++) matrix->rows_of[i][j] = i + j / 7.0;
  }
  matrix->cells = NEW0_ARRAY(struct cell, 9);
  matrix->leaves = NEW0_ARRAY(struct leaf *, 11);
  for (int i = 0; i < 9; i++) matrix->cells[i] = (struct cell){i, NEW0(struct leaf), 3};
  for (int i = 0; i < 11; i += 2) matrix->leaves[i] = NEW0(struct leaf);
}
