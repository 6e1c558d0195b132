/* Abseil's hash tables: flat ones keep slots in one block, node ones pointers to nodes. */
#include "leaf.h"
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/container/node_hash_map.h>
struct Kept {
  absl::flat_hash_map<int, Held> flat;
  absl::flat_hash_set<Leaf *> set;
  absl::node_hash_map<int, Held> nodes;
  absl::flat_hash_map<int, Leaf *> empty;
};
Kept *kept;
CASE {
  kept = tracked(new Kept);
  for (int i = 0; i < 20; i++) {
    kept->flat[i] = {i, newLeaf(i), 1};
    kept->set.insert(newLeaf(i));
    kept->nodes[i] = {i, newLeaf(i), 1};
  }
}
