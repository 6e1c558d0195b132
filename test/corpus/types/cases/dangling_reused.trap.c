/* A pointer to a block that has been freed and is used for another type of the same size: what lies there decides. */
#include "case.h"
struct session {
  struct session *next;
  char *user;
  long since;
  struct session *prev;
  void *more;
};
struct sample {
  double values[4];
  int kind;
};
struct cache {
  struct session *last;
  struct sample *samples[12];
  struct session *sessions;
};
struct cache caches[4];
CASE {
  for (int c = 0; c < 4; c++) {
    for (int i = 0; i < 5; i++) {
      struct session *session = NEW0(struct session);
      session->next = caches[c].sessions;
      if (session->next) session->next->prev = session;
      session->user = strdup("somebody");
      caches[c].sessions = session;
    }
    caches[c].last = malloc(sizeof(struct session));
    KEEP(caches[c].last);
    free(caches[c].last);
    for (int i = 0; i < 12; i++) {
      caches[c].samples[i] = NEW0(struct sample);
      for (int j = 0; j < 4; j++) caches[c].samples[i]->values[j] = i / 3.0 + j + 0.1;
    }
  }
}
