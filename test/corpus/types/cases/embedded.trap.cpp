/* An object with a vtable as the first member of one without: the block is the outer one's. */
#include "case.h"
struct Leaf {
  int id;
  Leaf *next;
};
struct Clock {
  virtual ~Clock() {}
  long ticks = 3;
};
struct Timer {
  Clock clock;
  Leaf *leaf;
  Timer *next;
  double more[2];
};
Timer *timers;
std::vector<Timer *> all;
CASE {
  for (int i = 0; i < 12; i++) {
    Timer *timer = tracked(new Timer{{}, tracked(new Leaf{i, nullptr}), timers, {0.5, 1}});
    timers = timer;
    all.push_back(timer);
  }
}
