/* std::enable_shared_from_this, shared pointers to bases, and atomics of them. */
#include "leaf.h"
struct Base {
  Leaf *leaf = newLeaf(1);
  virtual ~Base() {}
};
struct Self : std::enable_shared_from_this<Self> {
  Leaf *leaf = newLeaf(2);
  long more[2];
};
struct Derived : Base {
  Leaf *own = newLeaf(3);
};
std::vector<std::shared_ptr<Base>> bases;
std::vector<std::shared_ptr<Self>> selves;
std::vector<std::weak_ptr<Self>> watching;
CASE {
  for (int i = 0; i < 5; i++) {
    bases.push_back(std::make_shared<Derived>());
    bases.push_back(sharedFromNew(tracked(new Derived)));
    selves.push_back(std::make_shared<Self>());
    selves.push_back(sharedFromNew(tracked(new Self)));
    watching.push_back(selves[i]);
  }
}
