/* A heap whose metadata was overwritten, and the program went on for a while. Argument, what was hit:
 *   size      a used chunk's size, by an overflow of the block before it: text
 *   huge      a used chunk's size, with a plausible low part but far too large
 *   zero      a used chunk's size is 0
 *   overtop   a used chunk's size, so that it leads over top
 *   rejoin    a used chunk's size, so that it leads into the middle of a later chunk
 *   tcachehead the size of a chunk that is first in a tcache list
 *   top       the top chunk's size
 *   topptr    the arena's pointer to its top chunk
 *   fastloop  a fastbin list whose last chunk points to its first
 *   tcacheloop the same in a tcache bin
 *   unsortedloop the unsorted bin's first chunk points to itself
 *   largegarbage the links of a free chunk in a large bin
 *   heapinfo  a thread heap's first words
 *   wide      some thirty chunks at once, by a long text
 *   ring      the main arena's link to the next arena
 *   threadsize, threadzero, threadtop  a used chunk's size (text, 0), and the top chunk's, in a thread arena
 *   somebins  a dozen of the main arena's bins
 * Blocks that touch the damage are named to the truth; every other one must still be found. */
#include "program.h"

enum { COUNT = 4000 };
static char *kept[COUNT];
static pthread_barrier_t idle;

static uint64_t *word(void *p, int i) { return (uint64_t *)p + i; }

/* From 2.32 list pointers of tcache and fastbins are stored xored with their own place. */
static uint64_t protect(void *place, void *pointer) {
  const char *v = getenv("SAFE_LINKING");
  return v && v[0] == '0' ? (uint64_t)pointer : ((uint64_t)place >> 12) ^ (uint64_t)pointer;
}

static const char *what;

/* Address of the main arena's `top`: the unsorted bin's head overlays it, and a chunk in that bin points there. */
static uint64_t *topOfMainArena(void) {
  char *big = malloc(3000), *guard = malloc(600);
  (void)guard;
  free(big);
  uint64_t *top = (uint64_t *)*word(big, 0);
  while ((void *)top < sbrk(0)) top = (uint64_t *)top[2];
  return top;
}

static void *thread(void *unused) {
  (void)unused;
  static char *own[500];
  for (int i = 0; i < 500; i++) own[i] = malloc(200);
  if (strcmp(what, "heapinfo") == 0) memset((char *)((uint64_t)own[0] & ~(uint64_t)((64 << 20) - 1)), 0x41, 16);
  if (strcmp(what, "threadsize") == 0) {
    truth_damage(own[249], own[250] + 200);
    memcpy(own[250] - 8, "overflow", 8);
  }
  if (strcmp(what, "threadzero") == 0) {
    truth_damage(own[249], own[250] + 200);
    *word(own[250], -1) = 0;
  }
  if (strcmp(what, "threadtop") == 0) {
    truth_damage(own[499], own[499] + 208);
    memset(own[499] + 200, 0x5a, 8);
  }
  pthread_barrier_wait(&idle);
  rest();
}

int main(int argc, char **argv) {
  what = argc > 1 ? argv[1] : "size";
  uint64_t seed = 14;
  for (int i = 0; i < COUNT; i++) kept[i] = malloc(24 + any(&seed, 300));
  for (int i = 0; i < 1000; i += 4) free(kept[i]), kept[i] = 0;
  char *victim = kept[2001], *before = kept[2000];
  char *end = victim + malloc_usable_size(victim);
  if (strcmp(what, "size") == 0) {
    truth_damage(before, end);
    memcpy(victim - 8, "overflow", 8);
  } else if (strcmp(what, "huge") == 0) {
    truth_damage(before, end);
    *word(victim, -1) = (1ull << 40) + 0x131;
  } else if (strcmp(what, "zero") == 0) {
    truth_damage(before, end);
    *word(victim, -1) = 0;
  } else if (strcmp(what, "overtop") == 0) {
    truth_damage(before, end);
    *word(victim, -1) = (16u << 20) + 1;
  } else if (strcmp(what, "rejoin") == 0) {
    truth_damage(before, kept[2004]);
    *word(victim, -1) += (uint64_t)(kept[2003] - kept[2002]) + 32;
  } else if (strcmp(what, "tcachehead") == 0) {
    char *p[7], *first = malloc(600);
    for (int i = 0; i < 7; i++) p[i] = malloc(1000);
    for (int i = 0; i < 7; i++) free(p[i]);
    truth_damage(p[5], p[6] + 1000);
    memcpy(p[6] - 8, "overflow", 8);
    (void)first;
  } else if (strcmp(what, "top") == 0) {
    char *last = malloc(100000);
    size_t usable = malloc_usable_size(last);
    truth_damage(last, last + usable + 8);
    memset(last + usable, 0x5a, 8);
  } else if (strcmp(what, "topptr") == 0) {
    uint64_t *top = topOfMainArena();
    *top = 0x4141414141414140;
  } else if (strcmp(what, "fastloop") == 0) {
    char *p[60];
    for (int i = 0; i < 60; i++) p[i] = malloc(40); /* enough to empty both lists first */
    for (int i = 0; i < 60; i++) free(p[i]);
    /* 7 to the tcache; the first to reach the fastbin is its list's last */
    *word(p[7], 0) = protect(p[7], p[59] - 16);
  } else if (strcmp(what, "tcacheloop") == 0) {
    char *p[7];
    for (int i = 0; i < 7; i++) p[i] = malloc(1000);
    for (int i = 0; i < 7; i++) free(p[i]);
    *word(p[0], 0) = protect(p[0], p[6]);
  } else if (strcmp(what, "unsortedloop") == 0) {
    char *a = malloc(2000), *guard = malloc(600);
    char *b = malloc(3000), *guard2 = malloc(600);
    free(a), free(b);
    (void)guard, (void)guard2;
    *word(b, 0) = (uint64_t)(b - 16);
    *word(b, 1) = (uint64_t)(b - 16);
  } else if (strcmp(what, "largegarbage") == 0) {
    char *p[10], *guard[10];
    for (int i = 0; i < 10; i++) p[i] = malloc(2000 + (size_t)i * 16), guard[i] = malloc(600);
    for (int i = 0; i < 10; i++) free(p[i]);
    (void)guard;
    free(malloc(60000));
    for (int i = 0; i < 4; i++) *word(p[5], i) = 0x4242424242424242;
  } else if (strcmp(what, "wide") == 0) {
    truth_damage(before, victim + 5000);
    memset(victim - 20, 'x', 5000);
  } else if (strcmp(what, "somebins") == 0) {
    /* the chunks that these bins held stay free: their neighbours say so */
    uint64_t *bins = topOfMainArena() + 2;
    for (int i = 128; i < 152; i++) bins[i] = 0x4343434343434343;
  } else if (strcmp(what, "heapinfo") == 0 || strcmp(what, "ring") == 0 || strncmp(what, "thread", 6) == 0) {
    pthread_barrier_init(&idle, 0, 2);
    pthread_t id;
    pthread_create(&id, 0, thread, 0);
    pthread_barrier_wait(&idle);
    usleep(50000);
    /* malloc_state: top, last_remainder, bins[254], binmap[4], next */
    if (strcmp(what, "ring") == 0) topOfMainArena()[2 + 254 + 2] = 0x4444444444444444;
  } else return 2;
  finish();
}
