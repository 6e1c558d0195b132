/* The log of typelog.h: a file, mapped shared, which no core holds. Addresses in it are inverted. Nothing here calls malloc.
 * Built without debug information.
 *
 * File: struct header, names (NUL-terminated, by offset), then events in the order they happened: an allocation is logged
 * after it, a free before it, so that for one address the order is right whatever the threads do. Little-endian. */
#include "typelog.h"
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EVENTS (4u << 20)
#define NAMES_AT 4096
#define EVENTS_AT (1u << 20)

enum { ALLOCATED = 1, FREED = 2, TYPED = 3 };

struct header {
  char magic[8];
  _Atomic uint64_t events;
  _Atomic uint64_t names;
  _Atomic uint64_t lost;
};

struct event {
  uint64_t key; /* ~address */
  uint64_t size; /* bytes asked for, or the count of a type */
  uint32_t name;
  uint16_t kind;
  uint16_t what;
};

static char *file;
static struct {
  const char *text;
  uint32_t at;
} known[8192];
static atomic_flag naming = ATOMIC_FLAG_INIT;

__attribute__((constructor(101))) static void open_log(void) {
  const char *path = getenv("TYPES_LOG");
  if (path == NULL || file != NULL) return;
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) _exit(91);
  size_t bytes = EVENTS_AT + sizeof(struct event) * (size_t)EVENTS;
  if (ftruncate(fd, bytes) != 0) _exit(92);
  file = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (file == MAP_FAILED) _exit(93);
  memcpy(file, "CLTYPES1", 8);
}

static void append(void *block, uint64_t size, uint32_t name, int kind, int what) {
  if (file == NULL || block == NULL) return;
  struct header *header = (struct header *)file;
  uint64_t at = atomic_fetch_add(&header->events, 1);
  if (at >= EVENTS) {
    atomic_fetch_add(&header->lost, 1);
    return;
  }
  struct event *event = (struct event *)(file + EVENTS_AT) + at;
  event->key = ~(uint64_t)block;
  event->size = size;
  event->name = name;
  event->kind = kind;
  event->what = what;
}

static uint32_t name_at(const char *text) {
  struct header *header = (struct header *)file;
  while (atomic_flag_test_and_set(&naming)) continue;
  size_t slot = ((uintptr_t)text >> 2) * 0x9e3779b97f4a7c15u >> 51;
  while (known[slot].text != NULL && known[slot].text != text) slot = (slot + 1) % 8192;
  if (known[slot].text == NULL) {
    size_t length = strlen(text) + 1;
    known[slot].text = text;
    known[slot].at = header->names;
    if (NAMES_AT + header->names + length > EVENTS_AT) _exit(94);
    memcpy(file + NAMES_AT + header->names, text, length);
    header->names += length;
  }
  uint32_t at = known[slot].at;
  atomic_flag_clear(&naming);
  return at;
}

void *typelog(void *block, const char *type, size_t count, int kind) {
  if (file != NULL && block != NULL) append(block, count, name_at(type), kind, TYPED);
  return block;
}

void typelog_ready(void) {
  if (write(1, "ready\n", 6) != 6) _exit(95);
  for (;;) pause();
}

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void __real_free(void *);
int __real_posix_memalign(void **, size_t, size_t);
void *__real_aligned_alloc(size_t, size_t);

void *__wrap_malloc(size_t size) {
  void *block = __real_malloc(size);
  append(block, size, 0, 0, ALLOCATED);
  return block;
}

void *__wrap_calloc(size_t count, size_t size) {
  void *block = __real_calloc(count, size);
  append(block, count * size, 0, 0, ALLOCATED);
  return block;
}

void *__wrap_realloc(void *old, size_t size) {
  append(old, 0, 0, 0, FREED);
  void *block = __real_realloc(old, size);
  append(block, size, 0, 0, ALLOCATED);
  return block;
}

void __wrap_free(void *block) {
  append(block, 0, 0, 0, FREED);
  __real_free(block);
}

int __wrap_posix_memalign(void **block, size_t alignment, size_t size) {
  int error = __real_posix_memalign(block, alignment, size);
  if (error == 0) append(*block, size, 0, 0, ALLOCATED);
  return error;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  void *block = __real_aligned_alloc(alignment, size);
  append(block, size, 0, 0, ALLOCATED);
  return block;
}

char *__wrap_strndup(const char *text, size_t most) {
  size_t length = strnlen(text, most);
  char *copy = typelog(__wrap_malloc(length + 1), "char", length + 1, TYPELOG_ARRAY);
  memcpy(copy, text, length);
  copy[length] = 0;
  return copy;
}

char *__wrap_strdup(const char *text) { return __wrap_strndup(text, SIZE_MAX); }
