/* new[] with the number of objects in front of them, and without. */
#include "case.h"
struct Leaf {
  int id;
  Leaf *next;
};
struct Plain {
  Leaf *leaf;
  int id;
};
struct Destroyed {
  Leaf *leaf = nullptr;
  long id = 0, more = 0;
  ~Destroyed() { id = 1; }
};
struct Virtual {
  Leaf *leaf = nullptr;
  virtual ~Virtual() {}
};
struct Owner {
  Plain *plain;
  Destroyed *destroyed;
  Virtual *objects;
};
Owner owners[6];
Leaf *leaf(int i) { return tracked(new Leaf{i, nullptr}); }
CASE {
  for (int i = 0; i < 6; i++) {
    int n = i + 2;
    owners[i] = {trackedArray(new Plain[n], n), trackedArray(new Destroyed[n], n), trackedArray(new Virtual[n], n)};
    for (int j = 0; j < n; j++) {
      owners[i].plain[j] = {leaf(j), j};
      owners[i].destroyed[j].leaf = leaf(j);
      owners[i].objects[j].leaf = leaf(j);
    }
  }
}
