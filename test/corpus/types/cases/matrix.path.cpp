/* Arrays within records within arrays. */
#include "case.h"
struct Leaf {
  int id;
  Leaf *next;
};
struct Cell {
  char name[6];
  Leaf *leaves[2];
};
struct Row {
  short id;
  Cell cells[3][2];
  Leaf *last;
};
struct Board {
  Row rows[4];
  std::vector<Row> more;
};
Board *board;
static void set(Row &row) {
  for (auto &cells : row.cells) for (Cell &cell : cells) for (Leaf *&leaf : cell.leaves) leaf = tracked(new Leaf{1, nullptr});
  row.last = tracked(new Leaf{2, nullptr});
}
CASE {
  board = tracked(new Board);
  for (Row &row : board->rows) set(row);
  board->more.resize(3);
  for (Row &row : board->more) set(row);
}
