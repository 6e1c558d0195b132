/* std::vector: what lies between its end and its capacity is none of it, though it looks like it. */
#include "leaf.h"
struct Vectors {
  std::vector<Held> values;
  std::vector<Leaf *> pointers;
  std::vector<Held> reserved;
};
Vectors *vectors;
CASE {
  vectors = tracked(new Vectors);
  for (int i = 0; i < 20; i++) vectors->values.push_back({i, i < 10 ? newLeaf(i) : (Leaf *)notALeaf(), 7});
  vectors->values.resize(10);
  for (int i = 0; i < 30; i++) vectors->pointers.push_back(i < 10 ? newLeaf(i) : (Leaf *)notALeaf());
  while (vectors->pointers.size() > 10) vectors->pointers.pop_back();
  vectors->reserved.reserve(50);
  KEEP(vectors);
}
