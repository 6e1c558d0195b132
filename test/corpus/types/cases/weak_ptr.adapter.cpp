/* std::weak_ptr to what is gone: the dead object's pointers say nothing. */
#include "leaf.h"
struct Dead {
  Leaf *leaf;
  long part;
};
std::weak_ptr<Dead> weak[4];
std::shared_ptr<Dead> alive[4];
CASE {
  for (int i = 0; i < 4; i++) {
    std::shared_ptr<Dead> made = std::make_shared<Dead>(Dead{(Leaf *)notALeaf(), 2});
    weak[i] = made;
    alive[i] = std::make_shared<Dead>(Dead{newLeaf(i), 3});
    KEEP(made.get());
  }
}
