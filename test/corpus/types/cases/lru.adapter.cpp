/* A cache: a list of values, a hash table of iterators into it. */
#include "leaf.h"
struct Entry {
  std::string key;
  std::shared_ptr<Held> value;
};
class Cache {
  std::list<Entry> entries;
  std::unordered_map<std::string, std::list<Entry>::iterator> byKey;

public:
  void put(std::string key, Leaf *leaf) {
    entries.push_front({key, std::make_shared<Held>(Held{1, leaf, 2})});
    byKey[key] = entries.begin();
    if (entries.size() > 10) {
      byKey.erase(entries.back().key);
      entries.pop_back();
    }
  }
};
Cache *cache;
CASE {
  cache = tracked(new Cache);
  for (int i = 0; i < 10; i++) cache->put("a rather long key, number " + std::to_string(i), newLeaf(i));
}
