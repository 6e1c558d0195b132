/* std::thread's state, promises and futures. */
#include "leaf.h"
#include <future>
#include <thread>
#include <unistd.h>
struct Work {
  Leaf *leaf;
  void operator()() {
    KEEP(leaf);
    for (;;) pause();
  }
};
struct Kept {
  std::promise<Held> promise;
  std::future<Held> future;
  std::promise<Held> unkept;
  std::shared_future<Held> shared;
};
Kept *kept;
std::thread *thread;
CASE {
  kept = tracked(new Kept);
  kept->promise.set_value({1, newLeaf(1), 2});
  kept->future = kept->promise.get_future();
  kept->shared = kept->unkept.get_future().share();
  thread = tracked(new std::thread(Work{newLeaf(2)}));
  usleep(50000);
}
