/* Addresses left on the stack by functions that have returned: they hold blocks, but say nothing. */
#include "case.h"
struct target {
  long id;
  struct target *next;
  double weight[3];
};
void *held[8];
static void __attribute__((noinline)) use(int depth) {
  struct target *local[4];
  for (int i = 0; i < 4; i++) {
    local[i] = held[depth * 4 + i] = NEW_RAW(sizeof(struct target));
    memset(local[i], 0, sizeof(struct target));
    KEEP(local[i]);
  }
  KEEP(local);
  if (depth > 0) use(depth - 1);
}
CASE { use(1); }
