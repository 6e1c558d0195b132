/* void * that always leads to one type: what is known of a third of them tells the others. */
#include "case.h"
struct job {
  int id;
  double at;
  char name[30];
};
struct cell {
  void *data;
  struct cell *next;
};
struct cell *cells;
struct job *jobs[10];
CASE {
  for (int i = 0; i < 30; i++) {
    struct job *job = NEW0(struct job);
    job->id = i;
    strcpy(job->name, "job");
    if (i < 10) jobs[i] = job;
    struct cell *cell = NEW0(struct cell);
    cell->data = job;
    cell->next = cells;
    cells = cell;
  }
}
