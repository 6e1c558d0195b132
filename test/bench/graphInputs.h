/* What graphKernels.ts writes into a folder, for graphLoops.c and scanLoops.h; clocks, medians, sums of columns. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef double f64;

enum { RUNS = 5, WINDOW_FIELDS = 9 };
static const u32 NONE = 0xffffffff;

static const char *folder;

static inline u64 load64(const u8 *at) {
  u64 word;
  memcpy(&word, at, 8);
  return word;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static int ascending(const void *a, const void *b) { return (*(f64 *)a > *(f64 *)b) - (*(f64 *)a < *(f64 *)b); }

static double median(double runs[RUNS]) {
  qsort(runs, RUNS, sizeof *runs, ascending);
  return runs[RUNS / 2];
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void *fresh(size_t size) {
  void *at = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) fail("mmap");
  return at;
}

static void give(void *at, size_t size) { munmap(at, size + 4096); }

static void *input(const char *name, size_t *count, size_t element) {
  char path[4096];
  struct stat stat;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int file = open(path, O_RDONLY);
  if (file < 0 || fstat(file, &stat) != 0) fail(path);
  u8 *bytes = malloc(stat.st_size + 1);
  for (off_t at = 0; at < stat.st_size;) {
    ssize_t got = read(file, bytes + at, stat.st_size - at);
    if (got <= 0) fail(path);
    at += got;
  }
  close(file);
  if (count) *count = stat.st_size / element;
  return bytes;
}

/* One number for a column, as graphKernels.ts computes it. */
static u32 sum32(const u32 *column, size_t count) {
  u32 sum = 0x811c9dc5;
  for (size_t i = 0; i < count; i++) sum = (sum ^ column[i]) * 0x01000193;
  return sum;
}
static u32 sum16(const u16 *column, size_t count) {
  u32 sum = 0x811c9dc5;
  for (size_t i = 0; i < count; i++) sum = (sum ^ column[i]) * 0x01000193;
  return sum;
}
static u32 sum8(const u8 *column, size_t count) {
  u32 sum = 0x811c9dc5;
  for (size_t i = 0; i < count; i++) sum = (sum ^ column[i]) * 0x01000193;
  return sum;
}

/* ---- what the bench wrote */

static u32 blockCount, sourceCount, rootCount, regionCount, rangeCount, granuleShift, vtableMask, classMask;
static u64 heapLow, heapSpan, mappedLow, mappedSpan, addressBits;
static u32 *start, *words, *rootKind;
static u8 *state;
static u64 *regions, *ranges, *vtables, *registers;
static f64 *windows, *large;
static size_t windowCount, largeCount, edgeCount;

static void readInputs(void) {
  size_t count;
  u64 *numbers = input("numbers", &count, 8);
  blockCount = numbers[0], regionCount = numbers[1], rangeCount = numbers[2], vtableMask = numbers[3], classMask = numbers[4];
  granuleShift = numbers[5], heapLow = numbers[6], heapSpan = numbers[7], mappedLow = numbers[8], mappedSpan = numbers[9];
  addressBits = ~(u64)0 >> (count > 10 ? numbers[10] : 0);
  start = input("start", NULL, 4), words = input("words", NULL, 4), state = input("state", NULL, 1);
  regions = input("regions", NULL, 8), ranges = input("ranges", NULL, 8), registers = input("registers", NULL, 8);
  windows = input("windows", &windowCount, 8 * WINDOW_FIELDS);
  large = input("large", &largeCount, 16);
  rootKind = input("rootKind", &count, 4);
  rootCount = count;
  sourceCount = blockCount + rootCount;
  vtables = input("vtables", NULL, 8);
}
