/* What a process's live and freed blocks are, kept outside the process: the table of the truth corpus.
 *
 * The table is a file, mapped shared: whatever ends the process, the file holds the state of that moment, and
 * since the default coredump_filter leaves shared file mappings out, the core holds none of it. Keys are
 * inverted addresses, so that nothing here looks like a pointer into the heap even where it is dumped.
 * Nothing here calls malloc or any libc function that might: raw system calls only. Lock-free, any thread.
 *
 * File: truth_header, then `slots` truth_slot, open addressing. Its name: $TRUTH_FILE.<pid>. Without
 * TRUTH_FILE nothing is kept. Little-endian. Read by truth.ts. */
#ifndef TRUTH_H
#define TRUTH_H
#include <stddef.h>
#include <stdint.h>

#define TRUTH_MAGIC "CLTRUTH1"
#ifndef TRUTH_SLOT_BITS
#define TRUTH_SLOT_BITS 20
#endif
#define TRUTH_NAMES 96
#define TRUTH_NAME_BYTES 128
#define TRUTH_DAMAGES 120

/* TRUTH_FREEING: a free or realloc had begun and not come back; the block may be either. */
enum { TRUTH_LIVE = 1, TRUTH_FREEING = 2, TRUTH_FREED = 3 };

struct truth_slot {
  uint64_t key; /* ~address, 0 for an empty slot */
  uint64_t usable;
  uint64_t requested;
  uint32_t state;
  uint32_t name; /* index into names + 1, 0 for none */
};

struct truth_header {
  char magic[8];
  uint64_t slots;
  uint64_t lost;    /* blocks that found no slot; anything but 0 makes the truth worthless */
  uint64_t damages; /* ranges the program says it smashed: ~first, ~end */
  uint64_t damage[TRUTH_DAMAGES][2];
  uint64_t named;
  char pad[4096 - 8 * 5 - TRUTH_DAMAGES * 16];
  char names[TRUTH_NAMES][TRUTH_NAME_BYTES];
};

/* Provided by the shim or by a program linked with truth.c; weak, so that a program runs without either. */
#ifdef __cplusplus
extern "C" {
#endif
/* Block `p` is an object of class `name`. */
void truth_name(const void *p, const char *name) __attribute__((weak));
/* What lies in [first, end) was smashed on purpose: blocks that touch it may be reported in any way. */
void truth_damage(const void *first, const void *end) __attribute__((weak));
#ifdef __cplusplus
}
#endif
#endif
