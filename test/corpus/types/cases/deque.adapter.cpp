/* std::deque: several buffers, and what was popped from its front is none of it. */
#include "leaf.h"
std::deque<Held> queue;
std::deque<Leaf *> pointers;
std::deque<int> empty;
CASE {
  for (int i = 0; i < 400; i++) queue.push_back({i, i < 300 ? nullptr : i < 310 ? (Leaf *)notALeaf() : newLeaf(i), 1});
  for (int i = 0; i < 310; i++) queue.pop_front();
  for (int i = 0; i < 100; i++) pointers.push_front(newLeaf(i));
}
