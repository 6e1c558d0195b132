/* Rings, singly and doubly linked, blocks that lead to themselves, cycles that share a block; with things that hang on them,
 * and with lost blocks or other cycles that lead to them; and held ones of all these. */
#include "known.h"

struct node {
  struct node *next, *previous;
  void *hanging;
  uint64_t number;
};

struct node *held_rings[200];
static int holding;

/* `group` < 0: held. */
static APART void *block(size_t n, int group, int source) {
  void *p = fill(malloc(n));
  if (group < 0) held(p, n, "ring");
  else leaked(p, n, group, source);
  return p;
}

/* A list of two, the second of which owns a buffer. */
static APART struct node *hanging(int group) {
  struct node *first = block(sizeof *first, group, HANGS), *second = block(sizeof *second, group, HANGS);
  *first = (struct node){second, first, NULL, 0};
  *second = (struct node){NULL, NULL, block(333, group, HANGS), 0};
  return first;
}

/* @param source of each node; HANGS where something else leads to the ring */
static APART struct node *ring(int length, int both, int hang_every, int group, int source) {
  struct node *first = NULL, *last = NULL;
  for (int i = 0; i < length; i++) {
    struct node *n = block(sizeof *n, group, source);
    *n = (struct node){NULL, both ? last : NULL, hang_every && i % hang_every == 0 ? hanging(group) : NULL, (uint64_t)i};
    if (last) last->next = n;
    else first = n;
    last = n;
  }
  last->next = first;
  if (both) first->previous = last;
  return first;
}

/* One block may lead to itself from several places. Nothing else leads to it, so it is the head. */
static APART void lost_selves(void) {
  for (int i = 0; i < 30; i++) {
    int group = new_group();
    struct node *n = block(sizeof *n, group, new_source());
    *n = (struct node){n, i % 2 ? (struct node *)&n->hanging : NULL, i % 3 ? hanging(group) : NULL, 0};
  }
}

static APART void lost_rings(void) {
  for (int length = 2; length < 60; length += length < 8 ? 1 : 13)
    for (int both = 0; both < 2; both++)
      for (int hang_every = 0; hang_every < 5; hang_every += 2) ring(length, both, hang_every, new_group(), new_source());
}

/* A lost list leads into the ring: its first node is the head. */
static APART void lost_lists_into_rings(void) {
  for (int i = 0; i < 20; i++) {
    int group = new_group();
    struct node *first = block(sizeof *first, group, new_source()), *second = block(sizeof *second, group, HANGS);
    *second = (struct node){ring(5, i % 2, 2, group, HANGS), NULL, NULL, 0};
    *first = (struct node){second, NULL, NULL, 0};
  }
}

/* One ring leads to another: only the first has a head. Blocks of the second may lie before or behind those of the first. */
static APART void lost_rings_into_rings(void) {
  for (int i = 0; i < 20; i++) {
    int group = new_group();
    struct node *to = i % 2 ? ring(3, 1, 1, group, HANGS) : NULL;
    struct node *from = ring(4, 0, 0, group, new_source());
    if (!to) to = ring(3, 0, 0, group, HANGS);
    from->next->hanging = to->next;
    if (i % 2 == 0) to->hanging = block(40, group, HANGS);
  }
}

/* Two rings that both lead to a third: one head each. */
static APART void lost_rings_that_share(void) {
  for (int i = 0; i < 10; i++) {
    int group = new_group();
    struct node *a = ring(3, 1, 0, group, new_source()), *shared = ring(2, 0, 1, group, HANGS), *b = ring(4, 1, 2, group, new_source());
    a->next->hanging = shared;
    b->next->hanging = shared->next;
  }
}

/* Rings that lead to each other are one cycle. */
static APART void lost_eights(void) {
  for (int i = 0; i < 10; i++) {
    int group = new_group(), source = new_source();
    struct node *a = ring(3, 0, 0, group, source), *b = ring(5, 1, 0, group, source);
    a->hanging = b->next;
    b->hanging = a->next;
  }
}

static APART void hold(void) {
  while (holding < 100) held_rings[holding] = ring(2 + holding % 9, holding % 2, 3, -1, 0), holding++;
  for (; holding < 150; holding++) {
    held_rings[holding] = block(sizeof(struct node), -1, 0);
    *held_rings[holding] = (struct node){held_rings[holding], NULL, hanging(-1), 0};
  }
}

/* A lost ring that leads into a held one, which stays held. */
static APART void lost_rings_into_held(void) {
  for (int i = 0; i < 20; i++) ring(3, i % 2, 0, new_group(), new_source())->next->hanging = held_rings[i];
}

int main(int argc, char **argv) {
  lost_selves();
  lost_rings();
  lost_lists_into_rings();
  lost_rings_into_rings();
  hold();
  lost_rings_that_share();
  lost_eights();
  lost_rings_into_held();
  scrub();
  return finish(argc, argv);
}
