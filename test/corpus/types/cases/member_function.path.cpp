/* Pointers to members and to member functions are no pointers to blocks, and take two words or one. */
#include "case.h"
struct Leaf {
  int id;
  Leaf *next;
  void run() { id++; }
  virtual void turn() { id--; }
};
struct Action {
  void (Leaf::*method)();
  int Leaf::*member;
  Leaf *target;
  void (*function)(Leaf *);
  Action *next;
};
static void act(Leaf *leaf) { leaf->id = 0; }
Action *actions;
CASE {
  for (int i = 0; i < 12; i++) {
    Leaf *leaf = tracked(new Leaf);
    actions = tracked(new Action{i % 2 ? &Leaf::run : &Leaf::turn, &Leaf::id, leaf, act, actions});
  }
}
