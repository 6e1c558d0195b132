/* Boost.Unordered. */
#include "leaf.h"
#include <boost/unordered_map.hpp>
#include <boost/unordered_set.hpp>
struct Kept {
  boost::unordered_map<int, Held, boost::hash<int>, std::equal_to<int>, std::allocator<std::pair<const int, Held>>> map;
  boost::unordered_set<Leaf *, boost::hash<Leaf *>, std::equal_to<Leaf *>, std::allocator<Leaf *>> set;
  boost::unordered_multimap<std::string, Leaf *, boost::hash<std::string>, std::equal_to<std::string>, std::allocator<std::pair<const std::string, Leaf *>>> many;
};
Kept *kept;
CASE {
  kept = tracked(new Kept);
  for (int i = 0; i < 20; i++) {
    kept->map[i] = {i, newLeaf(i), 1};
    kept->set.insert(newLeaf(i));
    kept->many.insert({"a key that is long enough " + std::to_string(i / 3), newLeaf(i)});
  }
}
