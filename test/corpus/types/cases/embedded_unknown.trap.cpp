/* As embedded, but only void * leads there: the class of the member must not be the block's. */
#include "case.h"
struct Clock {
  virtual ~Clock() {}
  long ticks = 3;
};
struct Timer {
  Clock clock;
  long id, more[6];
};
void *timers[12];
CASE {
  for (int i = 0; i < 12; i++) timers[i] = MAYBE((new Timer{{}, i, {0x12345, 7}}), Timer);
}
