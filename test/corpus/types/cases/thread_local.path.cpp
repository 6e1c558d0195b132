/* Thread-local variables and containers, of the main thread and of another one. */
#include "case.h"
#include <thread>
#include <unistd.h>
struct Leaf {
  int id;
  Leaf *next;
};
thread_local Leaf *mine;
thread_local std::vector<Leaf *> list;
static void use() {
  mine = tracked(new Leaf{1, nullptr});
  for (int i = 0; i < 5; i++) list.push_back(tracked(new Leaf{i, nullptr}));
  KEEP(&mine);
}
CASE {
  use();
  std::thread([] {
    use();
    for (;;) pause();
  }).detach();
  usleep(50000);
}
