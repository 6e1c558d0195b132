// A thousand small graphs of blocks, their references chosen at random (to the beginning, into the middle, to the last
// word), some of them held, some blocks freed. What leaked, and what leads to what, follows from the references as they
// were chosen, by the textbook: reachability, then strongly connected components.
#include "known.h"
#include <algorithm>
#include <vector>

enum { GRAPHS = 1000, ROOTS = 300 };

void *roots[ROOTS];

namespace {

struct Reference {
  int to;
  size_t at;
};
struct Block {
  uintptr_t inverted;
  size_t size;
  bool isFree = false;
  std::vector<Reference> references;
  bool reached = false, reachedByBeginnings = false;
  int component = -1, group = -1;
  char *bytes() const { return reinterpret_cast<char *>(~inverted); }
};
std::vector<Block> blocks;
std::vector<Reference> fromRoots;
uint64_t seed = 88172645463325252u;

unsigned any(unsigned below) {
  seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
  return (seed >> 20) % below;
}

/** Puts a pointer there: to the block's beginning, into its middle, to its last word. */
APART Reference refer(void **place, int to) {
  const Block &b = blocks[to];
  size_t at = any(3) ? 0 : any(4) ? b.size / 3 : b.size - 8;
  *place = b.bytes() + at;
  return {to, at};
}

APART void makeGraph(int graph) {
  int first = blocks.size(), count = 1 + any(16);
  for (int i = 0; i < count; i++) {
    size_t size = 48 + 8 * any(40);
    blocks.push_back({invert(fill(malloc(size))), size, any(12) == 0, {}});
  }
  for (int i = any(count * 2); i > 0; i--) {
    Block &from = blocks[first + any(count)];
    // behind the first words: those of a freed block are the allocator's
    size_t word = 2 + any(from.size / 8 - 2);
    // now and then to a graph made before
    int to = any(40) ? first + any(count) : any(first + count);
    void **place = reinterpret_cast<void **>(from.bytes()) + word;
    if (reinterpret_cast<uintptr_t>(*place) == 0xa5a5a5a5a5a5a5a5) from.references.push_back(refer(place, to));
  }
  if (graph < ROOTS) fromRoots.push_back(refer(&roots[graph], first + any(count)));
}

void reach(bool byBeginnings) {
  auto reached = byBeginnings ? &Block::reachedByBeginnings : &Block::reached;
  std::vector<Reference> queue = fromRoots;
  while (!queue.empty()) {
    Reference reference = queue.back();
    queue.pop_back();
    Block &b = blocks[reference.to];
    if (b.isFree || b.*reached || (byBeginnings && reference.at != 0)) continue;
    b.*reached = true;
    queue.insert(queue.end(), b.references.begin(), b.references.end());
  }
}

bool isLeaked(int i) { return !blocks[i].isFree && !blocks[i].reached; }

/** What can be reached from a leaked block over leaked ones, itself included. There are never many. */
std::vector<int> from(int start) {
  std::vector<int> found{start};
  for (size_t i = 0; i < found.size(); i++)
    for (auto [to, at] : blocks[found[i]].references)
      if (isLeaked(to) && std::find(found.begin(), found.end(), to) == found.end()) found.push_back(to);
  return found;
}

/** Gives all leaked blocks their component and their group. @return by component: nothing else leads to it */
std::vector<bool> classify(const std::vector<int> &lost) {
  std::vector<std::vector<int>> reaches(blocks.size());
  for (int i : lost) reaches[i] = from(i), blocks[i].group = i;
  auto leads = [&](int a, int b) { return std::find(reaches[a].begin(), reaches[a].end(), b) != reaches[a].end(); };
  for (int i : lost)
    if (blocks[i].component < 0)
      for (int k : reaches[i]) if (leads(k, i)) blocks[k].component = i;
  std::vector<bool> isSource(blocks.size(), true);
  for (int i : lost)
    for (int k : reaches[i]) if (blocks[k].component != blocks[i].component) isSource[blocks[k].component] = false;
  for (bool changed = true; changed;) {
    changed = false;
    for (int i : lost)
      for (auto [to, at] : blocks[i].references) {
        if (!isLeaked(to) || blocks[to].group == blocks[i].group) continue;
        blocks[to].group = blocks[i].group = std::min(blocks[to].group, blocks[i].group);
        changed = true;
      }
  }
  return isSource;
}

/** Frees nothing before all is known: what is known afterwards would lie in what was freed. */
APART void makeAll() {
  for (int i = 0; i < GRAPHS; i++) makeGraph(i);
  reach(false);
  reach(true);
  std::vector<int> lost;
  for (size_t i = 0; i < blocks.size(); i++) if (isLeaked(i)) lost.push_back(i);
  std::vector<bool> isSource = classify(lost);
  for (const Block &b : blocks)
    if (b.reached) held(b.bytes(), b.size, b.reachedByBeginnings ? "random graph" : "pointer into the middle");
    else if (!b.isFree) leaked(b.bytes(), b.size, b.group, isSource[b.component] ? b.component : HANGS);
  for (const Block &b : blocks) if (b.isFree) freed(b.bytes());
  std::vector<Block>().swap(blocks);
  std::vector<Reference>().swap(fromRoots);
}

} // namespace

int main(int argc, char **argv) {
  makeAll();
  scrub();
  return finish(argc, argv);
}
