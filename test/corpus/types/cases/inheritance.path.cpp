/* Pointers to bases: the second of two, without virtual functions and with, and a virtual one. */
#include "case.h"
struct Leaf {
  int id;
  Leaf *next;
};
struct First {
  long a;
};
struct Second {
  Leaf *leaf;
  int b;
};
struct Plain : First, Second {
  char name[24];
};
struct Shape {
  virtual ~Shape() {}
  Leaf *leaf = nullptr;
};
struct Named {
  virtual ~Named() {}
  char name[12];
};
struct Circle : Named, Shape {
  double radius = 1;
};
struct Root {
  virtual ~Root() {}
  Leaf *root = nullptr;
};
struct Left : virtual Root {
  int left = 1;
};
struct Right : virtual Root {
  Leaf *right = nullptr;
};
struct Bottom : Left, Right {
  char more[40];
};
struct World {
  Second *plain[10];
  Shape *shapes[10];
  Root *roots[10];
};
World *world;
Leaf *leaf(int i) { return tracked(new Leaf{i, nullptr}); }
CASE {
  world = tracked(new World);
  for (int i = 0; i < 10; i++) {
    Plain *plain = tracked(new Plain);
    plain->leaf = leaf(i);
    world->plain[i] = plain;
    Circle *circle = tracked(new Circle);
    circle->leaf = leaf(i);
    world->shapes[i] = circle;
    Bottom *bottom = tracked(new Bottom);
    bottom->root = leaf(i);
    bottom->right = leaf(i);
    world->roots[i] = bottom;
  }
}
