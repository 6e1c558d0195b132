/* std::map, std::set, std::multimap, std::multiset. */
#include "leaf.h"
struct Trees {
  std::map<int, Held> map;
  std::set<Leaf *> set;
  std::multimap<short, Leaf *> many;
  std::multiset<long> numbers;
  std::map<char, Leaf *> empty;
};
Trees *trees;
std::map<unsigned char, char> small;
CASE {
  trees = tracked(new Trees);
  for (int i = 0; i < 40; i++) {
    trees->map[i * 7] = {i, newLeaf(i), 1};
    trees->set.insert(newLeaf(i));
    trees->many.insert({i / 3, newLeaf(i)});
    trees->numbers.insert(i / 4);
    small[i] = i;
  }
}
