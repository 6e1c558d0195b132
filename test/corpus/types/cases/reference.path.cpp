/* References as members. */
#include "case.h"
struct Leaf {
  int id;
  Leaf *next;
};
struct Owner {
  Leaf &leaf;
  const Leaf &other;
  int n;
};
struct Holder {
  Owner &owner;
  std::vector<Owner> owners;
};
static Leaf &leaf(int i) { return *tracked(new Leaf{i, nullptr}); }
Holder *holder;
CASE {
  holder = tracked(new Holder{*tracked(new Owner{leaf(1), leaf(2), 3})});
  for (int i = 0; i < 6; i++) holder->owners.push_back({leaf(i), leaf(i), i});
}
