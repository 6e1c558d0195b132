/* Hash tables: hashes kept or not, one bucket, several of a key. */
#include "leaf.h"
struct Tables {
  std::unordered_map<int, Held> plain;
  std::unordered_map<std::string, Leaf *> cached;
  std::unordered_set<Leaf *> set;
  std::unordered_multimap<long, Leaf *> many;
  std::unordered_multiset<std::string> texts;
  std::unordered_map<int, Leaf *> single;
  std::unordered_set<int> empty;
};
Tables *tables;
CASE {
  tables = tracked(new Tables);
  tables->single.max_load_factor(100);
  tables->single[1] = newLeaf(1);
  for (int i = 0; i < 40; i++) {
    tables->plain[i] = {i, newLeaf(i), 1};
    tables->cached["key " + std::to_string(i)] = newLeaf(i);
    tables->set.insert(newLeaf(i));
    tables->many.insert({i / 3, newLeaf(i)});
    tables->texts.insert(std::string(i / 3, 't'));
  }
}
