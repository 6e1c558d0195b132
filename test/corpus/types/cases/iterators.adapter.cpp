/* Iterators that are kept: into lists, trees, hash tables, vectors, beyond the end too. */
#include "leaf.h"
struct Places {
  std::list<Held>::iterator list, listEnd;
  std::map<int, Held>::iterator map, mapEnd;
  std::unordered_map<int, Held>::iterator hash;
  std::vector<Held>::iterator vector, vectorEnd;
};
struct Containers {
  std::list<Held> list;
  std::map<int, Held> map;
  std::unordered_map<int, Held> hash;
  std::vector<Held> vector;
  Places *places;
};
Places *places;
Containers *containers;
CASE {
  places = tracked(new Places);
  containers = tracked(new Containers);
  containers->places = places;
  for (int i = 0; i < 10; i++) {
    Held held{i, newLeaf(i), 1};
    containers->list.push_back(held);
    containers->map[i] = held;
    containers->hash[i] = held;
    containers->vector.push_back(held);
  }
  *places = {containers->list.begin(), containers->list.end(), containers->map.find(4), containers->map.end(), containers->hash.find(5), containers->vector.begin(), containers->vector.end()};
}
