/* What all cases share: typelog.h, the containers, and words for what only may be said. A case fills memory in fill(), so that main's
 * frame holds nothing. */
#ifndef CASE_H
#define CASE_H
#include "../programs/typelog.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#ifdef __cplusplus
#include <array>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>
#endif

/* Nothing may be said of it but this: no evidence leads there, or none that is sure. */
#define MAYBE(p, T) ((T *)typelog((p), "?" #T, 1, TYPELOG_OBJECT))
#define MAYBE_ARRAY(p, T, n) ((T *)typelog((p), "?" #T, (n), TYPELOG_ARRAY))
#define NEW_MAYBE(T) MAYBE(malloc(sizeof(T)), T)
/* The compiler has to believe that it is read. */
#define KEEP(p) __asm__ volatile("" : : "r"(p) : "memory")

#define CASE                                                                                                                              \
  static void __attribute__((noinline)) fill(void);                                                                                     \
  int main(void) {                                                                                                                      \
    fill();                                                                                                                              \
    typelog_ready();                                                                                                                     \
  }                                                                                                                                      \
  static void fill(void)
#endif
