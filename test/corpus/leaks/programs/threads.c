/* Leaks made by threads that ended and by threads that still run, in arenas of their own, and lists that several threads
 * made together; and blocks that are held only by a thread: by a thread-local variable, by a frame of its stack, by a
 * register, by the argument it was started with, by a key of pthread_setspecific. x86-64. */
#include "known.h"

enum { ENDING = 5, RUNNING = 6, THREADS = ENDING + RUNNING, CHILDREN = 12, SHARED_LISTS = 8, KEYS = 40 };
enum { BY_THREAD_LOCAL = ENDING, BY_FRAME, BY_REGISTER, BY_ARGUMENT, BY_KEYS };

struct node {
  struct node *next;
  uint64_t thread;
};

void *table[THREADS][50];
_Thread_local void *mine;
_Thread_local void *many_of_mine[20];
static pthread_key_t keys[KEYS];
/* Inverted, so that they hold nothing. */
static uintptr_t last_of_list[SHARED_LISTS];
static int group_of_list[SHARED_LISTS];
static uintptr_t for_register, argument;
static volatile int in_register;
static int turn;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static APART void await_turn(int wanted) {
  pthread_mutex_lock(&lock);
  while (turn < wanted) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

static APART void next_turn(void) {
  pthread_mutex_lock(&lock);
  turn++;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static APART void *block(size_t n) { return fill(malloc(n)); }

/* A block that owns others. */
static APART void *family(const char *by) {
  void **p = block(8 * (CHILDREN + 1));
  held(p, 8 * (CHILDREN + 1), by);
  for (int i = 0; i < CHILDREN; i++) held_behind(p[i] = block(30 + 8 * (size_t)i), 30 + 8 * (size_t)i, by);
  return p;
}

static APART void leak(int thread) {
  for (int i = 0; i < 40; i++) {
    size_t n = (size_t)(i * 37 + thread * 11) % 2000;
    leaked_alone(block(n), n);
  }
  leaked_alone(block(200000), 200000);
  for (int i = 1; i < 10; i++) {
    int group = new_group();
    struct node *next = NULL;
    for (int k = 0; k < i; k++) {
      struct node *n = block(sizeof *n);
      *n = (struct node){next, (uint64_t)thread};
      leaked(n, sizeof *n, group, k == i - 1 ? new_source() : HANGS);
      next = n;
    }
  }
}

/* Each thread appends a node to every list. */
static APART void leak_together(int thread) {
  for (int i = 0; i < SHARED_LISTS; i++) {
    struct node *n = block(sizeof *n), *last = (struct node *)~last_of_list[i];
    *n = (struct node){NULL, (uint64_t)thread};
    if (thread == 0) group_of_list[i] = new_group();
    else last->next = n;
    leaked(n, sizeof *n, group_of_list[i], thread == 0 ? new_source() : HANGS);
    last_of_list[i] = invert(n);
  }
}

static APART void hold(int thread) {
  for (int i = 0; i < 50; i++) {
    size_t n = 16 + (size_t)(i * 53 + thread) % 900;
    held(table[thread][i] = block(n), n, "table of all threads");
  }
}

static APART void hold_by_thread_locals(const char *by) {
  mine = family(by);
  for (int i = 0; i < 20; i++) many_of_mine[i] = family(by);
}

/* The first 32 keys lie in the thread's descriptor, others in a block of their own. */
static APART void hold_by_keys(void) {
  for (int i = 0; i < KEYS; i++) {
    const void *p = family(i < 32 ? "key" : "key behind the first 32");
    pthread_setspecific(keys[i], p);
  }
}

static void sleep_on(void) {
  for (;;) {
    scrub();
    pause();
  }
}

static APART void hold_by_frame(void) {
  void *volatile here[3];
  for (int i = 0; i < 3; i++) here[i] = family("stack frame");
  next_turn();
  sleep_on();
  (void)here[0];
}

static APART void make_for_register(void) { for_register = invert(family("register")); }

static APART void hold_by_register(void) {
  make_for_register();
  next_turn();
  scrub();
  __asm__ volatile("movq %1, %%r12\n notq %%r12\n movl $1, %0\n 1: movl $34, %%eax\n syscall\n jmp 1b" : "=m"(in_register) : "m"(for_register) : "rax", "rcx", "r11", "r12", "memory");
}

static APART void make(int thread) {
  leak(thread);
  leak_together(thread);
  hold(thread);
}

static void *body(void *number) {
  int thread = number < (void *)THREADS ? (int)(intptr_t)number : BY_ARGUMENT;
  *(void *volatile *)&number = NULL; /* the descriptor alone holds it */
  await_turn(thread);
  make(thread);
  scrub();
  if (thread == BY_FRAME) hold_by_frame();
  if (thread == BY_REGISTER) hold_by_register();
  if (thread == BY_THREAD_LOCAL) hold_by_thread_locals("thread-local variable of a thread");
  if (thread == BY_KEYS) hold_by_keys();
  scrub();
  next_turn();
  if (thread >= ENDING) sleep_on();
  /* all are there before the first ends, or the next would get its arena */
  await_turn(THREADS);
  scrub();
  return NULL;
}

static APART void make_argument(void) { argument = invert(family("argument of a thread")); }

static APART void start(pthread_t *threads) {
  for (int i = 0; i < KEYS; i++) pthread_key_create(&keys[i], NULL);
  make_argument();
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, body, i == BY_ARGUMENT ? (void *)~argument : (void *)(intptr_t)i);
}

int main(int argc, char **argv) {
  static pthread_t threads[THREADS];
  hold_by_thread_locals("thread-local variable of main");
  start(threads);
  await_turn(THREADS);
  while (!in_register) usleep(1000);
  for (int i = 0; i < ENDING; i++) pthread_join(threads[i], NULL);
  scrub();
  return finish(argc, argv);
}
