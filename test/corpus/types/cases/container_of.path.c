/* Intrusive lists through members, as the kernel has them; two kinds of objects in lists of their own, one object in two lists. */
#include "case.h"
struct list_head {
  struct list_head *next, *prev;
};
struct task {
  int id;
  char name[20];
  struct list_head all;
  struct list_head running;
  struct file *file;
};
struct file {
  long position;
  struct list_head open;
  char path[40];
};
struct list_head tasks, running, files;
static void add(struct list_head *entry, struct list_head *head) {
  entry->next = head->next;
  entry->prev = head;
  head->next->prev = entry;
  head->next = entry;
}
CASE {
  tasks.next = tasks.prev = &tasks;
  running.next = running.prev = &running;
  files.next = files.prev = &files;
  for (int i = 0; i < 30; i++) {
    struct task *task = NEW0(struct task);
    task->id = i;
    strcpy(task->name, "task");
    task->running.next = task->running.prev = &task->running;
    add(&task->all, &tasks);
    if (i % 3 == 0) add(&task->running, &running);
    task->file = NEW0(struct file);
    strcpy(task->file->path, "/some/file");
    add(&task->file->open, &files);
  }
}
