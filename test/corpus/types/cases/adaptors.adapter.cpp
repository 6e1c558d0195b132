/* std::stack, std::queue, std::priority_queue. */
#include "leaf.h"
struct Later {
  long at;
  Leaf *leaf;
  bool operator<(const Later &other) const { return at < other.at; }
};
std::stack<Held> stack;
std::queue<Held> queue;
std::priority_queue<Later> heap;
CASE {
  for (int i = 0; i < 50; i++) {
    stack.push({i, newLeaf(i), 1});
    queue.push({i, newLeaf(i), 1});
    heap.push({i * 7 % 50, newLeaf(i)});
  }
}
