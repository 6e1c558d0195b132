/* std::variant: each alternative, and none after an exception. */
#include "leaf.h"
struct Other {
  long n;
  Held *held;
};
struct Throws {
  Throws() {}
  Throws(const Throws &) { throw 1; }
};
using Variant = std::variant<long, Leaf *, Held, std::vector<Leaf *>, std::unique_ptr<Other>, Throws>;
std::vector<Variant> variants;
Variant *valueless;
CASE {
  variants.reserve(50);
  for (int i = 0; i < 10; i++) {
    variants.emplace_back(long(i));
    variants.emplace_back(newLeaf(i));
    variants.emplace_back(Held{i, newLeaf(i), 1});
    variants.emplace_back(std::vector<Leaf *>{newLeaf(i), newLeaf(i)});
    variants.emplace_back(owned<Other>(Other{i, tracked(new Held{i, newLeaf(i), 2})}));
  }
  valueless = tracked(new Variant((Leaf *)notALeaf()));
  KEEP(valueless);
  Throws one;
  try {
    valueless->emplace<Throws>(one);
  } catch (int) {
  }
}
