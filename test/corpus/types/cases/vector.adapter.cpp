/* std::vector: of values, of pointers, of bits, of numbers, and empty. */
#include "leaf.h"
struct Vectors {
  std::vector<Held> values;
  std::vector<Leaf *> pointers;
  std::vector<bool> bits;
  std::vector<Leaf> empty;
  std::vector<double> numbers;
};
Vectors *vectors;
CASE {
  vectors = tracked(new Vectors);
  for (int i = 0; i < 20; i++) vectors->values.push_back({i, newLeaf(i), 7});
  for (int i = 0; i < 30; i++) vectors->pointers.push_back(newLeaf(i));
  for (int i = 0; i < 1000; i++) vectors->bits.push_back(i % 3 == 0);
  for (int i = 0; i < 9; i++) vectors->numbers.push_back(i / 7.0);
}
