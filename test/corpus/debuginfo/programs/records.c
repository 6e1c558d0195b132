/* Types of C: packed and aligned structs, bit-fields, unnamed members, flexible arrays, K&R functions, names that two units use. */
#include <complex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "records.h"

/* records_more.c has another `struct node` and another `enum state`. */
struct node { int key; struct node *left, *right; };
enum state { IDLE, BUSY = 5, BROKEN = -1 };

struct packed { char c; int i; double d; short s[3]; } __attribute__((packed));
struct packed_bits { unsigned a : 3, b : 17, c : 12; uint64_t d : 50; uint8_t e; uint64_t f : 9; } __attribute__((packed, aligned(2)));
struct aligned { char c; int v __attribute__((aligned(32))); } __attribute__((aligned(128)));
struct bits { int s : 5; unsigned u : 27; _Bool one : 1; unsigned char c : 4; unsigned : 3; long l : 40; enum state st : 4; unsigned last : 31; };
struct flexible { size_t n; struct shared items[]; };
struct matrix { float m[4][3][2]; int (*rows)[7]; };
struct anonymous { union { struct { int a, b; }; long both; }; struct { char tag; }; enum { X_ONE, X_TWO } kind; };
union word { char bytes[4]; uint32_t value; struct { uint32_t low : 16, high : 16; }; };
typedef struct { int x; } unnamed_t;
typedef union { unnamed_t u; void *p; } unnamed_union_t;
typedef enum { RED, GREEN } colour_t;
typedef int (*compare_t)(const void *, const void *);
typedef compare_t (*factory_t)(const char *, ...);
struct qualifiers { const int ci; volatile long vl; const char *restrict cr; char *const cp; const volatile void *const cvp; _Atomic int at; _Atomic(struct shared *) ap; const struct shared cs[2]; };
struct callbacks { compare_t compare; factory_t factory; void (*nothing)(void); int (*old)(); struct callbacks *(*self)(struct callbacks *, int (*)[3]); };
struct numbers { _Complex float cf; _Complex double cd; long double ld; __int128 i128; unsigned __int128 u128; signed char sc; unsigned char uc; char c; bool b; wchar_t w; float _Complex *pc; };
struct empty {};
struct holds_empty { struct empty e; int after; struct empty last[3]; };
struct open_list { int n; char *list[]; };
struct closed_list { int n; char *list[128]; };
enum signs { LOWEST = -5, SIGN = -1 };
struct vla { struct shared *list; };
struct deep { struct { struct { struct { int bottom; } c; } b; } a[2]; };
typedef struct loop loop_t;
struct loop { loop_t *self; struct loop_b *other; };
struct loop_b { loop_t *back; loop_t array[2]; };
typedef float vec4 __attribute__((vector_size(16)));
struct vectors { vec4 v; int __attribute__((vector_size(32))) i; };

static struct node local_tree = {1, NULL, NULL};
static int counter = 5;
int common_one;
int initialised = 6;
static const char *const words[] = {"a", "b", "c"};
static _Thread_local int thread_counter = 7;
_Thread_local struct node thread_tree;
struct packed packed_one; struct packed_bits packed_bits_one; struct aligned aligned_one; struct bits bits_one;
struct flexible *flexible_one; struct matrix matrix_one; struct anonymous anonymous_one; union word word_one;
unnamed_t unnamed_one; unnamed_union_t unnamed_union_one; colour_t colour_one; struct qualifiers *qualifiers_one;
struct callbacks callbacks_one; struct numbers numbers_one; struct holds_empty holds_empty_one; struct deep deep_one; loop_t loop_one; struct vectors vectors_one;
struct never_defined *never;
struct open_list *open_one; struct closed_list closed_one; enum signs sign_one;

int old_style(a, b, c) int a; char *b; double c; { static int calls = 9; return a + (b != NULL) + (int)c + calls++; }

static int variable_length(int n) {
  int list[n];
  struct local { int a[3]; char b; } local = {{n}, 'l'};
  for (int i = 0; i < n; i++) list[i] = i + local.a[0];
  { static int counter = 10; counter++; }
  return list[n - 1];
}

int main(int argc, char **argv) {
  enum state state = argc > 3 ? BUSY : IDLE;
  struct opaque *it = open_it(argc);
  thread_counter += argc;
  thread_tree.key = thread_counter;
  local_tree.key += counter++;
  printf("%s %d\n", words[argc % 3], old_style(argc, argv[0], 1.0));
  return variable_length(argc) + close_it(it) + (int)state + local_tree.key == 0;
}
