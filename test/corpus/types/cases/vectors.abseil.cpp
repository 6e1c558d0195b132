/* Abseil's inlined_vector, fixed_array, and B-trees. */
#include "leaf.h"
#include <absl/container/btree_map.h>
#include <absl/container/fixed_array.h>
#include <absl/container/inlined_vector.h>
struct Kept {
  absl::InlinedVector<Held, 3> inside, outside;
  absl::FixedArray<Leaf *, 4> few{3}, many{30};
};
Kept *kept;
CASE {
  kept = tracked(new Kept);
  for (int i = 0; i < 3; i++) kept->inside.push_back({i, newLeaf(i), 1});
  for (int i = 0; i < 9; i++) kept->outside.push_back({i, newLeaf(i), 1});
  for (int i = 0; i < 3; i++) kept->few[i] = newLeaf(i);
  for (int i = 0; i < 30; i++) kept->many[i] = newLeaf(i);
}
