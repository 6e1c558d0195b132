// C++ objects of many shapes, each named to the truth by its class: virtual and multiple inheritance, templates,
// virtual bases, arrays of polymorphic objects, thread_local objects, a local class, exceptions in flight.
#include "program.h"
#include <list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace shapes {
struct Shape {
  virtual ~Shape() {}
  virtual double area() const { return 0; }
  int id = 7;
};
struct Circle : Shape {
  double area() const override { return radius * radius * 3.14159; }
  double radius = 1;
};
struct Named {
  virtual ~Named() {}
  std::string name = "a name that is far too long for the small buffer";
};
struct Square : Shape, Named {
  double area() const override { return side * side; }
  double side = 2;
};
template <typename T> struct Holder : Shape {
  T held{};
};
struct Base {
  virtual ~Base() {}
  long base = 1;
};
struct Left : virtual Base {
  long left = 2;
};
struct Right : virtual Base {
  long right = 3;
};
struct Bottom final : Left, Right {
  long bottom = 4;
};
struct Plain {
  long a = 1, b = 2, c = 3;
};
} // namespace shapes

namespace {
struct Hidden {
  virtual ~Hidden() {}
  virtual int f() { return 1; }
  int value = 5;
};
} // namespace

template <typename T> static T *named(T *p, const char *name) {
  // A truth_name of the block's start: for all classes here the object begins there.
  if (truth_name) truth_name(p, name);
  return p;
}

static std::vector<shapes::Shape *> all;
static std::map<int, std::string> byNumber;
static std::unordered_map<std::string, std::unique_ptr<shapes::Base>> byName;
static std::list<shapes::Plain> plains;
static std::vector<Hidden *> hidden;
static thread_local std::unique_ptr<shapes::Circle> ofThread;
static std::vector<shapes::Circle *> arrays;

static int depth(int n) {
  if (n > 0) return depth(n - 1) + 1;
  throw std::runtime_error("an exception that is being handled while the core is taken");
}

int main() {
  using namespace shapes;
  for (int i = 0; i < 400; i++) {
    all.push_back(named(new Circle, "shapes::Circle"));
    all.push_back(named(new Square, "shapes::Square"));
    all.push_back(named(new Holder<int>, "shapes::Holder<int>"));
    all.push_back(named(new Holder<std::map<long, double>>, "shapes::Holder<std::map<long, double, std::less<long>, std::allocator<std::pair<long const, double>>>>"));
    auto *bottom = named(new Bottom, "shapes::Bottom");
    byName["bottom number " + std::to_string(i)] = std::unique_ptr<Base>(bottom);
    byNumber[i] = std::string(static_cast<size_t>(i % 60), 'x');
    plains.push_back(Plain());
    hidden.push_back(named(new Hidden, "(anonymous namespace)::Hidden"));
    struct Local : Shape {
      long local = 9;
    };
    all.push_back(named(new Local, "main::Local"));
    if (i % 50 == 0) arrays.push_back(new Circle[3]);
    if (i % 9 == 0) delete all[all.size() - 5], all[all.size() - 5] = nullptr;
  }
  ofThread.reset(named(new Circle, "shapes::Circle"));
  try {
    depth(20);
  } catch (const std::exception &e) {
    if (e.what()[0] == 'a') finish();
  }
}
