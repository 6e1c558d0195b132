/* std::tuple, std::pair, std::array. */
#include "leaf.h"
struct Mixed {
  std::tuple<char, Leaf *, std::vector<Leaf *>> tuple;
  std::pair<short, Leaf *> pair;
  std::array<Held, 5> array;
  std::array<Leaf *, 3> pointers;
};
Mixed *mixed;
std::vector<std::tuple<Leaf *, long>> tuples;
std::array<std::vector<Held>, 2> lists;
CASE {
  mixed = tracked(new Mixed{{'t', newLeaf(1), {newLeaf(2), newLeaf(3)}}, {2, newLeaf(4)}, {}, {newLeaf(1), newLeaf(2), newLeaf(3)}});
  for (int i = 0; i < 5; i++) mixed->array[i] = {i, newLeaf(i), 1};
  for (int i = 0; i < 5; i++) tuples.push_back({newLeaf(i), i});
  for (int i = 0; i < 5; i++) lists[1].push_back({i, newLeaf(i), 3});
}
