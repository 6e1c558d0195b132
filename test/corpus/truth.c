/* The malloc family, interposed: forwards every call and keeps truth.h's table of what is live.
 *
 * Built as a shared object for LD_PRELOAD, it forwards to glibc's __libc_* entry points, which need no dlsym and
 * so no bootstrap. Built with -DTRUTH_WRAP and linked into a program or plugin with -Wl,--wrap=malloc,... it
 * forwards to __real_*: for static programs and for a second libc, where LD_PRELOAD doesn't reach. */
#include "truth.h"
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifdef TRUTH_WRAP
#define FACE(name) __wrap_##name
#define REAL(name) __real_##name
#else
#define FACE(name) name
#define REAL(name) __libc_##name
#endif

void *REAL(malloc)(size_t);
void *REAL(calloc)(size_t, size_t);
void *REAL(realloc)(void *, size_t);
void *REAL(memalign)(size_t, size_t);
void *REAL(valloc)(size_t);
void *REAL(pvalloc)(size_t);
void REAL(free)(void *);

static struct truth_header *table;
static struct truth_slot *slots;
static int opened;

static long call(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  long answer;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "=a"(answer) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return answer;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#endif
}

#define TABLE_BYTES (sizeof(struct truth_header) + (sizeof(struct truth_slot) << TRUTH_SLOT_BITS))

/* "$TRUTH_FILE.<pid>", by /proc: environ isn't set yet when the loader allocates. Answers 0 without TRUTH_FILE. */
static int table_path(char *path, size_t room) {
  static const char wanted[] = "TRUTH_FILE=";
  long fd = call(SYS_openat, AT_FDCWD, (long)"/proc/self/environ", O_RDONLY, 0, 0, 0);
  if (fd < 0) return 0;
  size_t matched = 0, used = 0;
  int skipping = 0, copying = 0, done = 0;
  char piece[512];
  long got;
  while (!done && (got = call(SYS_read, fd, (long)piece, sizeof piece, 0, 0, 0)) > 0)
    for (long i = 0; i < got && !done; i++) {
      char c = piece[i];
      if (copying) {
        if (c == 0) done = 1;
        else if (used < room - 24) path[used++] = c;
      } else if (c == 0) matched = 0, skipping = 0;
      else if (!skipping && c == wanted[matched]) copying = ++matched == sizeof wanted - 1;
      else skipping = 1;
    }
  call(SYS_close, fd, 0, 0, 0, 0, 0);
  if (used == 0) return 0;
  path[used++] = '.';
  char digits[16];
  int n = 0;
  for (long pid = call(SYS_getpid, 0, 0, 0, 0, 0, 0); pid > 0; pid /= 10) digits[n++] = (char)('0' + pid % 10);
  while (n > 0) path[used++] = digits[--n];
  path[used] = 0;
  return 1;
}

/* Maps the table of this process, at `where` if not null, filled from `from` if not null. */
static void open_table(void *where, const struct truth_header *from) {
  char path[1024];
  if (!table_path(path, sizeof path)) return;
  long fd = call(SYS_openat, AT_FDCWD, (long)path, O_RDWR | O_CREAT, 0644, 0, 0);
  if (fd < 0) return;
  call(SYS_ftruncate, fd, TABLE_BYTES, 0, 0, 0, 0);
  for (size_t at = 0; from && at < TABLE_BYTES;) {
    long put = call(SYS_write, fd, (long)((const char *)from + at), (long)(TABLE_BYTES - at), 0, 0, 0);
    if (put <= 0) break;
    at += (size_t)put;
  }
  long at = call(SYS_mmap, (long)where, TABLE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | (where ? MAP_FIXED : 0), fd, 0);
  call(SYS_close, fd, 0, 0, 0, 0, 0);
  if (at < 0 && at > -4096) return;
  struct truth_header *mapped = (struct truth_header *)at;
  for (int i = 0; i < 8; i++) mapped->magic[i] = TRUTH_MAGIC[i];
  mapped->slots = 1u << TRUTH_SLOT_BITS;
  slots = (struct truth_slot *)(mapped + 1);
  __atomic_store_n(&table, mapped, __ATOMIC_RELEASE);
}

static void forked(void) {
  if (table) open_table(table, table);
}

/* Before main the process has one thread, so a plain flag is enough. */
static struct truth_header *ready(void) {
  if (!opened) {
    opened = 1;
    open_table(0, 0);
  }
  return table;
}

static struct truth_slot *slot_of(const void *p, int make) {
  if (!p || !ready()) return 0;
  uint64_t key = ~(uint64_t)(uintptr_t)p;
  uint64_t i = (((uint64_t)(uintptr_t)p >> 4) * 0x9e3779b97f4a7c15u) >> (64 - TRUTH_SLOT_BITS);
  for (uint64_t tries = 0; tries < 4096; tries++, i = (i + 1) & ((1u << TRUTH_SLOT_BITS) - 1)) {
    uint64_t there = __atomic_load_n(&slots[i].key, __ATOMIC_ACQUIRE);
    if (there == key) return &slots[i];
    if (there != 0) continue;
    if (!make) return 0;
    uint64_t empty = 0;
    if (__atomic_compare_exchange_n(&slots[i].key, &empty, key, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return &slots[i];
    if (empty == key) return &slots[i];
  }
  if (make) __atomic_fetch_add(&table->lost, 1, __ATOMIC_RELAXED);
  return 0;
}

static void *born(void *p, size_t requested) {
  int kept = errno;
  struct truth_slot *s = slot_of(p, 1);
  if (s) {
    s->usable = malloc_usable_size(p);
    s->requested = requested;
    s->name = 0;
    __atomic_store_n(&s->state, TRUTH_LIVE, __ATOMIC_RELEASE);
  }
  errno = kept;
  return p;
}

static struct truth_slot *dying(void *p) {
  struct truth_slot *s = slot_of(p, 0);
  uint32_t live = TRUTH_LIVE;
  if (s && !__atomic_compare_exchange_n(&s->state, &live, TRUTH_FREEING, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return 0;
  return s;
}

/* Only from FREEING: meanwhile another thread may have got the same address. */
static void dead(struct truth_slot *s) {
  uint32_t freeing = TRUTH_FREEING;
  if (s) __atomic_compare_exchange_n(&s->state, &freeing, TRUTH_FREED, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

void *FACE(malloc)(size_t n) { return born(REAL(malloc)(n), n); }
void *FACE(calloc)(size_t count, size_t n) { return born(REAL(calloc)(count, n), count * n); }
void *FACE(memalign)(size_t alignment, size_t n) { return born(REAL(memalign)(alignment, n), n); }
void *FACE(aligned_alloc)(size_t alignment, size_t n) { return born(REAL(memalign)(alignment, n), n); }
void *FACE(valloc)(size_t n) { return born(REAL(valloc)(n), n); }
void *FACE(pvalloc)(size_t n) { return born(REAL(pvalloc)(n), n); }

int FACE(posix_memalign)(void **to, size_t alignment, size_t n) {
  if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
  void *p = born(REAL(memalign)(alignment, n), n);
  if (!p) return ENOMEM;
  *to = p;
  return 0;
}

void FACE(free)(void *p) {
  struct truth_slot *s = dying(p);
  REAL(free)(p);
  dead(s);
}

void *FACE(realloc)(void *p, size_t n) {
  struct truth_slot *s = dying(p);
  void *q = REAL(realloc)(p, n);
  if (!q && n != 0) {
    if (s) __atomic_store_n(&s->state, TRUTH_LIVE, __ATOMIC_RELEASE);
    return q;
  }
  if (q != p) dead(s);
  return born(q, n);
}

void *FACE(reallocarray)(void *p, size_t count, size_t n) {
  size_t bytes;
  if (__builtin_mul_overflow(count, n, &bytes)) {
    errno = ENOMEM;
    return 0;
  }
  return FACE(realloc)(p, bytes);
}

static int same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

/* Single-threaded: programs name their objects from one thread. */
void truth_name(const void *p, const char *name) {
  struct truth_slot *s = slot_of(p, 0);
  if (!s) return;
  uint64_t i = 0;
  while (i < table->named && !same(table->names[i], name)) i++;
  if (i == TRUTH_NAMES) return;
  if (i == table->named) {
    for (int k = 0; k < TRUTH_NAME_BYTES - 1 && name[k]; k++) table->names[i][k] = name[k];
    table->named++;
  }
  s->name = (uint32_t)i + 1;
}

void truth_damage(const void *first, const void *end) {
  if (!ready() || table->damages == TRUTH_DAMAGES) return;
  table->damage[table->damages][0] = ~(uint64_t)(uintptr_t)first;
  table->damage[table->damages][1] = ~(uint64_t)(uintptr_t)end;
  table->damages++;
}

extern void *__dso_handle;
int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);

__attribute__((constructor)) static void begin(void) {
  if (ready()) __register_atfork(0, 0, forked, __dso_handle);
}
