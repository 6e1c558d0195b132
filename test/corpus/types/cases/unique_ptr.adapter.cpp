/* std::unique_ptr: of one, of arrays with and without their number in front. */
#include "leaf.h"
struct Trivial {
  int id;
  Leaf *leaf;
};
struct Destroyed {
  int id = 0;
  Leaf *leaf = nullptr;
  ~Destroyed() { id = 0; }
};
struct Pointers {
  std::unique_ptr<Trivial> one;
  std::unique_ptr<Trivial[]> plain;
  std::unique_ptr<Destroyed[]> counted;
  std::unique_ptr<Destroyed> null;
  std::unique_ptr<char[]> text;
};
Pointers *pointers;
CASE {
  pointers = tracked(new Pointers);
  pointers->one.reset(tracked(new Trivial{1, newLeaf(1)}));
  pointers->plain.reset(trackedArray(new Trivial[7], 7));
  pointers->counted.reset(trackedArray(new Destroyed[5], 5));
  pointers->text.reset(trackedArray(new char[100], 100));
  for (int i = 0; i < 7; i++) pointers->plain[i] = {i, newLeaf(i)};
  for (int i = 0; i < 5; i++) pointers->counted[i].leaf = newLeaf(i);
  strcpy(pointers->text.get(), "some text");
}
