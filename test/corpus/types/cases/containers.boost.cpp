/* Boost.Container: small_vector within itself and on the heap, flat_map, stable and static vectors, list and map of its own. */
#include "leaf.h"
#include <boost/container/flat_map.hpp>
#include <boost/container/list.hpp>
#include <boost/container/map.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/container/static_vector.hpp>
#include <boost/container/vector.hpp>
namespace bc = boost::container;
struct Kept {
  bc::vector<Held, std::allocator<Held>> vector, empty;
  bc::small_vector<Held, 4, std::allocator<Held>> inside, outside;
  bc::static_vector<Leaf *, 6> fixed;
  bc::flat_map<int, Leaf *, std::less<int>, std::allocator<std::pair<int, Leaf *>>> flat;
};
Kept *kept;
CASE {
  kept = tracked(new Kept);
  for (int i = 0; i < 20; i++) kept->vector.push_back({i, i < 12 ? newLeaf(i) : (Leaf *)notALeaf(), 1});
  kept->vector.resize(12);
  for (int i = 0; i < 3; i++) kept->inside.push_back({i, newLeaf(i), 1});
  for (int i = 0; i < 9; i++) kept->outside.push_back({i, newLeaf(i), 1});
  for (int i = 0; i < 4; i++) kept->fixed.push_back(newLeaf(i));
  for (int i = 0; i < 15; i++) kept->flat[i] = newLeaf(i);
}
