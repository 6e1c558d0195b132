/* Two libcs in one process: dlmopen loads a plugin with a libc of its own, which allocates from its own main
 * arena and from thread arenas. Argument: the plugin. */
#include "program.h"
#include <dlfcn.h>

static void *kept[2000];

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  uint64_t seed = 8;
  for (int i = 0; i < 1000; i++) kept[i] = malloc(any(&seed, 400));
  void *plugin = dlmopen(LM_ID_NEWLM, argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!plugin) {
    fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  void (*work)(void) = (void (*)(void))dlsym(plugin, "work");
  work();
  for (int i = 1000; i < 2000; i++) kept[i] = malloc(any(&seed, 400));
  work();
  for (int i = 0; i < 2000; i += 3) free(kept[i]), kept[i] = 0;
  finish();
}
