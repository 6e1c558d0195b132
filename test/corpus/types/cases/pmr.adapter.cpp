/* std::pmr's containers with the default resource, whose allocations the library makes. */
#include "leaf.h"
#if __has_include(<memory_resource>)
#include <memory_resource>
struct Containers {
  std::pmr::vector<Held> values;
  std::pmr::string text;
  std::pmr::map<int, Leaf *> map;
};
Containers *containers;
CASE {
  containers = tracked(new Containers);
  for (int i = 0; i < 20; i++) containers->values.push_back({i, newLeaf(i), 1});
  containers->text = std::pmr::string(90, 'p');
  for (int i = 0; i < 20; i++) containers->map[i] = newLeaf(i);
  typelog(containers->values.data(), "Held", containers->values.capacity(), TYPELOG_ARRAY);
  typelog(containers->text.data() ? (void *)containers->text.data() : nullptr, "char", containers->text.capacity() + 1, TYPELOG_ARRAY);
}
#else
Leaf *alone;
CASE { alone = newLeaf(1); }
#endif
