/* std::list and std::forward_list, as globals and in an object. */
#include "leaf.h"
struct Lists {
  std::list<Held> held;
  std::list<Leaf *> empty;
  std::forward_list<Held> forward;
};
Lists *lists;
std::list<Leaf *> global;
std::forward_list<Leaf *> globalForward;
CASE {
  lists = tracked(new Lists);
  for (int i = 0; i < 20; i++) {
    lists->held.push_back({i, newLeaf(i), 1});
    lists->forward.push_front({i, newLeaf(i), 1});
    global.push_back(newLeaf(i));
    globalForward.push_front(newLeaf(i));
  }
}
