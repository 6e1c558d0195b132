/* A std::function that is a block: what lies within may begin where it begins, and have a vtable. */
#include "leaf.h"
struct Small {
  Leaf *leaf;
  void operator()() const { KEEP(leaf); }
};
std::vector<std::unique_ptr<std::function<void()>>> functions;
CASE {
  for (int i = 0; i < 8; i++) functions.emplace_back(tracked(new std::function<void()>(Small{newLeaf(i)})));
}
