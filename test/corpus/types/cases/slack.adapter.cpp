/* Storage of containers in blocks with 16 bytes more than malloc rounds to. */
#include "leaf.h"
std::vector<Held> vectors[6];
CASE {
  void *large[6];
  for (int i = 0; i < 6; i++) {
    large[i] = malloc(2000);
    memset(NEW_RAW(40), 0x11, 40);
  }
  for (int i = 0; i < 6; i++) free(large[i]);
  for (int i = 0; i < 6; i++) {
    /* 2016 bytes of chunk: 1888 go, 128 are left */
    KEEP(memset(NEW_RAW(1880), 0x22, 1880));
    vectors[i].reserve(4);
    for (int j = 0; j < 3; j++) vectors[i].push_back({j, nullptr, 1});
  }
  for (auto &vector : vectors) for (Held &held : vector) held.leaf = newLeaf(held.id);
}
