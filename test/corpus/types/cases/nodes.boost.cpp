/* Boost.Container's list, slist, set and map. */
#include "leaf.h"
#include <boost/container/list.hpp>
#include <boost/container/map.hpp>
#include <boost/container/set.hpp>
#include <boost/container/slist.hpp>
namespace bc = boost::container;
struct Kept {
  bc::list<Held, std::allocator<Held>> list;
  bc::slist<Held, std::allocator<Held>> slist;
  bc::set<Leaf *, std::less<Leaf *>, std::allocator<Leaf *>> set;
  bc::map<int, Held, std::less<int>, std::allocator<std::pair<const int, Held>>> map;
};
Kept *kept;
CASE {
  kept = tracked(new Kept);
  for (int i = 0; i < 12; i++) {
    kept->list.push_back({i, newLeaf(i), 1});
    kept->slist.push_front({i, newLeaf(i), 1});
    kept->set.insert(newLeaf(i));
    kept->map[i] = {i, newLeaf(i), 1};
  }
}
