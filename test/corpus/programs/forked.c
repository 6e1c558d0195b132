/* A child by fork: it inherits the heap, allocates and frees on, and its core is the one taken. The parent waits. */
#include "program.h"
#include <sys/wait.h>

static void *kept[3000];

int main(void) {
  uint64_t seed = 10;
  for (int i = 0; i < 2000; i++) kept[i] = malloc(any(&seed, 500));
  for (int i = 0; i < 2000; i += 5) free(kept[i]), kept[i] = 0;
  pid_t child = fork();
  if (child != 0) {
    waitpid(child, 0, 0);
    return 0;
  }
  for (int i = 2000; i < 3000; i++) kept[i] = malloc(any(&seed, 500));
  for (int i = 1; i < 2000; i += 5) free(kept[i]), kept[i] = 0;
  finish();
}
