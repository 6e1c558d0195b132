// Objects of classes with several and virtual bases, which say what each of their vtable pointers is; one object is
// still being built while the core is taken. A line is `vtable ADDRESS KIND CLASS BASE OFFSET-TO-TOP`.
#include "program.h"

namespace shapes {
struct Shape { virtual ~Shape() {} virtual int sides() { return 0; } long id = 1; };
struct Named { virtual ~Named() {} virtual const char *name() { return ""; } long length = 2; };
struct Colored { virtual ~Colored() {} virtual int color() { return 0; } long rgb = 3; };
struct Square : Shape, Named { int sides() override { return 4; } long edge = 5; };
struct Painted : Square, Colored { int color() override { return 7; } };
struct Base { virtual ~Base() {} virtual int base() { return 1; } long b = 6; };
struct Left : virtual Base { virtual int left() { return 2; } long l = 7; int base() override { return 2; } };
struct Right : virtual Base { virtual int right() { return 3; } long r = 8; };
struct Bottom : Left, Right { int right() override { return 4; } long d = 9; };
struct Deepest : virtual Bottom, virtual Named { long e = 10; int left() override { return 5; } };
template <typename T> struct Box : virtual Base { T held{}; int base() override { return 6; } };
struct Early;
} // namespace shapes

using namespace shapes;

static void say(void *part, const char *kind, const char *className, const char *base, long offsetToTop) {
  printf("vtable %p %s %s %s %ld\n", *(void **)part, kind, className, base, offsetToTop);
}

// a base whose constructor doesn't come back: its object has construction vtables
namespace shapes {
struct Building : virtual Base {
  Building();
  virtual int building() { return 1; }
  long x = 1;
};
struct Early : Building {
  int building() override { return 2; }
  long y = 2;
};
Building::Building() {
  say(this, "construction", "shapes::Early", "shapes::Building", 0);
  say(static_cast<Base *>(this), "construction", "shapes::Early", "shapes::Building", (long)((char *)this - (char *)static_cast<Base *>(this)));
  fflush(stdout);
  finish();
}
} // namespace shapes

#define PRIMARY(OBJECT, CLASS) say(OBJECT, "primary", #CLASS, "-", 0)
#define SECONDARY(OBJECT, CLASS, BASE) say(static_cast<BASE *>(OBJECT), "secondary", #CLASS, #BASE, (long)((char *)(OBJECT) - (char *)static_cast<BASE *>(OBJECT)))

int main() {
  auto *square = new Square;
  PRIMARY(square, shapes::Square);
  SECONDARY(square, shapes::Square, shapes::Named);
  auto *painted = new Painted;
  PRIMARY(painted, shapes::Painted);
  SECONDARY(painted, shapes::Painted, shapes::Named);
  SECONDARY(painted, shapes::Painted, shapes::Colored);
  auto *left = new Left;
  PRIMARY(left, shapes::Left);
  SECONDARY(left, shapes::Left, shapes::Base);
  auto *bottom = new Bottom;
  PRIMARY(bottom, shapes::Bottom);
  SECONDARY(bottom, shapes::Bottom, shapes::Right);
  SECONDARY(bottom, shapes::Bottom, shapes::Base);
  auto *deepest = new Deepest;
  PRIMARY(deepest, shapes::Deepest);
  SECONDARY(deepest, shapes::Deepest, shapes::Bottom);
  SECONDARY(deepest, shapes::Deepest, shapes::Right);
  SECONDARY(deepest, shapes::Deepest, shapes::Base);
  SECONDARY(deepest, shapes::Deepest, shapes::Named);
  auto *box = new Box<int>;
  PRIMARY(box, shapes::Box<int>);
  SECONDARY(box, shapes::Box<int>, shapes::Base);
  new Early;
}
