/* The second unit of `records`: the same names, other meanings. */
#include <stdlib.h>
#include "records.h"

struct node { double weight; char name[20]; };
enum signs { LOWEST = -5, SIGN = 30 };
enum state { ON = 1, OFF };
struct opaque { struct node node; enum state state; shared_t *list; unsigned flags : 3; unsigned more : 30; };
typedef struct { char x[12]; } unnamed_t;

static struct node local_tree = {2.5, "tree"};
static int counter = 41;
static _Thread_local long thread_counter = 42;
static unnamed_t unnamed_one;
enum signs other_sign;

struct opaque *open_it(int n) {
  static int calls = 43;
  struct opaque *it = calloc(1, sizeof *it);
  it->node = local_tree;
  it->state = n > 1 ? ON : OFF;
  calls += n + counter++;
  thread_counter += calls;
  return it;
}

int close_it(struct opaque *it) {
  int state = (int)it->state + (int)thread_counter + unnamed_one.x[0];
  free(it);
  return state;
}
