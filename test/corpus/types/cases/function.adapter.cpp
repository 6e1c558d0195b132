/* std::function: small, large, and one that holds a shared_ptr, which lies on the heap though it is small. */
#include "leaf.h"
struct Small {
  Leaf *leaf;
  void operator()() const { KEEP(leaf); }
};
struct Large {
  Leaf *leaf;
  long more[5];
  void operator()() const { KEEP(leaf); }
};
struct Shares {
  std::shared_ptr<Held> held;
  void operator()() const { KEEP(held.get()); }
};
struct Functions {
  std::function<void()> empty, small, large, shares;
};
Functions *functions;
CASE {
  functions = tracked(new Functions);
  functions->small = Small{newLeaf(1)};
  functions->large = heapFunction<void()>(Large{newLeaf(2), {1, 2, 3}});
  functions->shares = heapFunction<void()>(Shares{std::make_shared<Held>(Held{1, newLeaf(3), 2})});
  KEEP(functions);
#ifdef _LIBCPP_VERSION
  // moving keeps them
#endif
}
