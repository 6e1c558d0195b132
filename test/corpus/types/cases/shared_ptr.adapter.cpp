/* std::shared_ptr: from new, made in its control block, with a deleter, an alias to a member, and weak ones beside it. */
#include "leaf.h"
struct Owned {
  Leaf *leaf;
  long part;
};
struct Gone {
  Leaf *leaf;
  char text[40];
};
struct Deleter {
  Leaf *log;
  void operator()(Owned *owned) const { delete owned; }
};
struct Pointers {
  std::shared_ptr<Owned> fromNew, made, deleted;
  std::shared_ptr<long> alias;
  std::weak_ptr<Owned> weak;
  std::shared_ptr<Owned> null;
  std::enable_shared_from_this<Owned> *nothing = nullptr;
};
Pointers *pointers;
CASE {
  pointers = tracked(new Pointers);
  pointers->fromNew = sharedFromNew(tracked(new Owned{newLeaf(1), 2}));
  pointers->made = std::make_shared<Owned>(Owned{newLeaf(1), 2});
  pointers->deleted = std::shared_ptr<Owned>(tracked(new Owned{newLeaf(1), 2}), Deleter{newLeaf(3)});
  control(pointers->deleted);
  std::shared_ptr<Gone> owner = std::make_shared<Gone>(Gone{newLeaf(1)});
  pointers->alias = std::shared_ptr<long>(owner, &owner->leaf->value);
  pointers->weak = pointers->made;
}
