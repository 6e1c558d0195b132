/* What containers of the cases lead to. */
#ifndef LEAF_H
#define LEAF_H
#include "case.h"
struct Leaf {
  long value;
  Leaf *self;
  double weight;
};
static inline Leaf *newLeaf(long value) {
  Leaf *made = tracked(new Leaf{value, nullptr, 0.5});
  made->self = made;
  return made;
}
struct Held {
  int id;
  Leaf *leaf;
  short tag;
};
/* Bytes of a leaf's size that only a stale word leads to, and this. */
static inline void *notALeaf() {
  static void *all[64];
  static int count;
  return all[count++] = memset(NEW_RAW(sizeof(Leaf)), 0, sizeof(Leaf));
}
/* What a shared_ptr's control block is, by its vtable. */
template <typename P> P &control(P &pointer) {
  struct Polymorphic {
    virtual ~Polymorphic() {}
  };
  void *block = ((void **)&pointer)[1];
  typelog(block, typeid(*(Polymorphic *)block).name(), 1, TYPELOG_OBJECT | TYPELOG_MANGLED);
  return pointer;
}
#endif
