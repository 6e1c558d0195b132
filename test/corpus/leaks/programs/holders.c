/* Blocks with one holder each, of every kind but threads: statics of the program, of a library and of one loaded late, their
 * thread-local variables, the middle and the last bytes of a block, the last word of a holder, the bytes behind what was
 * asked for, the environment, libc, and memory that the program mapped itself. What each place held before was lost when
 * it got the next. */
#include "known.h"
#include <dlfcn.h>
#include <sys/mman.h>

enum { CHILDREN = 20 };

void **linked_static(void);
void **linked_data(void);
void **linked_thread_local(void);

void *in_bss;
void *in_data = &in_bss;
_Thread_local void *in_thread_local;
static void *first_of_array[5];

/* @param at where in the block its pointer leads */
static APART void *family(size_t n, size_t at, const char *by) {
  void **p = fill(malloc(n));
  int group = by ? 0 : new_group();
  if (by) held(p, n, by);
  else leaked(p, n, group, new_source());
  for (int i = 0; i < CHILDREN; i++) {
    size_t m = 24 + (size_t)i * 16;
    p[i] = fill(malloc(m));
    if (by) held_behind(p[i], m, by);
    else leaked(p[i], m, group, HANGS);
  }
  return (char *)p + at;
}

static APART void put_at(void **place, size_t n, size_t at, const char *by) {
  *place = family(n, at, NULL);
  *place = family(n, at, by);
}

static APART void put(void **place, const char *by) { put_at(place, 400, 0, by); }

static APART void in_function(void) {
  static void *inside;
  put(&inside, "static of a function");
}

static APART void variables(void) {
  put(&in_bss, "bss");
  put(&in_data, "data");
  put(&first_of_array[4], "array");
  put(&in_thread_local, "thread-local variable");
  in_function();
}

static APART void libraries(void) {
  put(linked_static(), "library");
  put(linked_data(), "library");
  put(linked_thread_local(), "thread-local variable of a library");
  void *late = dlopen("liblate.so", RTLD_NOW);
  if (!late) abort();
  const char *names[] = {"late_static", "late_data", "late_thread_local"};
  for (int i = 0; i < 3; i++) {
    void **(*place)(void) = (void **(*)(void))dlsym(late, names[i]);
    put(place(), i < 2 ? "late library" : "thread-local variable of a late library");
  }
}

void *insides[6];

/* malloc(403) has 408 usable bytes. */
static APART void into_blocks(void) {
  put_at(&insides[0], 400, 200, "pointer into the middle");
  put_at(&insides[1], 400, 392, "pointer to the last word");
  put_at(&insides[2], 400, 399, "pointer to the last byte");
  put_at(&insides[3], 300000, 123456, "pointer into the middle");
  put_at(&insides[4], 300000, 299999, "pointer to the last byte");
  put_at(&insides[5], 400, 3, "pointer into the middle");
}

/* The last usable word of a chunk lies in the header of the next. */
static APART void last_words(void) {
  for (size_t n = 24; n <= 1000; n += 16 * 11) {
    void **p = fill(malloc(n));
    held(p, n, "bss");
    p[0] = in_bss;
    put(&p[n / 8 - 1], "last word of a block");
    in_bss = p;
  }
}

/* malloc(17) has 24 usable bytes. Where malloc_usable_size answers what was asked for, nothing may lie behind that. */
static APART void behind_request(void) {
  void **p = fill(malloc(17)), *child = family(400, 0, "behind what was asked for");
  held(p, 17, "bss");
  p[0] = in_bss;
  in_bss = p;
  if (malloc_usable_size(p) >= 24) p[2] = child;
}

static APART void keep_in_libc(void) {
  char *variable = fill(malloc(100));
  memcpy(variable, "HELD=", 5);
  variable[99] = 0;
  held(variable, 100, "environment");
  putenv(variable);
  FILE *file = fopen("/dev/null", "r");
  held(file, malloc_usable_size(file), "libc");
}

static APART void *pool(int flags) {
  return mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
}

/* Nothing leads to the pools. */
static APART void pools(void) {
  void **own = pool(MAP_PRIVATE), **shared = pool(MAP_SHARED), **fixed = pool(MAP_PRIVATE);
  for (int i = 0; i < 8; i++) put(&own[i * 16000 + 1], "pool");
  for (int i = 0; i < 8; i++) put(&shared[i * 16000 + 1], "shared pool");
  put(&fixed[77777], "read-only pool");
  mprotect(fixed, 1 << 20, PROT_READ);
}

int main(int argc, char **argv) {
  variables();
  libraries();
  into_blocks();
  last_words();
  behind_request();
  keep_in_libc();
  pools();
  scrub();
  return finish(argc, argv);
}
