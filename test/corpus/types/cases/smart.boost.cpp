/* Boost's optional, variant, shared_ptr, intrusive_ptr, any, function. */
#include "leaf.h"
#include <boost/any.hpp>
#include <boost/make_shared.hpp>
#include <boost/optional.hpp>
#include <boost/shared_ptr.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <boost/variant.hpp>
struct Counted : boost::intrusive_ref_counter<Counted> {
  Leaf *leaf;
};
struct Kept {
  boost::optional<Held> some, none;
  boost::shared_ptr<Held> shared, made;
  boost::intrusive_ptr<Counted> counted;
  std::vector<boost::variant<long, Leaf *, Held>> variants;
};
Kept *kept;
CASE {
  kept = tracked(new Kept);
  kept->some = Held{1, newLeaf(1), 2};
  kept->none = Held{1, (Leaf *)notALeaf(), 2};
  KEEP(kept);
  kept->none = boost::none;
  kept->shared = boost::shared_ptr<Held>(tracked(new Held{1, newLeaf(1), 2}));
  control(kept->shared);
  kept->made = boost::make_shared<Held>(Held{1, newLeaf(1), 2});
  control(kept->made);
  kept->counted = tracked(new Counted);
  kept->counted->leaf = newLeaf(1);
  kept->variants.reserve(20);
  for (int i = 0; i < 6; i++) {
    kept->variants.emplace_back(long(i));
    kept->variants.emplace_back(newLeaf(i));
    kept->variants.emplace_back(Held{i, newLeaf(i), 1});
  }
}
