// Threads that stand still in ways an unwinder must see through: in a system call of libc, on a condition, in a recursion, in
// a callback that libc calls, in a signal handler (on the thread's own stack, on one of its own, after a leaf function).
// Says "local FUNCTION VARIABLE ADDRESS" of some variables, then "ready"; with FINISH=abort it says its maps and ends by
// abort().
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <pthread.h>
#include <string>
#include <unistd.h>
#include <vector>

struct Node {
  int id;
  Node *next;
  double weights[4];
};
typedef Node *Link;
namespace shop {
struct Basket {
  std::string owner;
  std::vector<Node *> items;
  int count() const;
};
}

static int pipeEnds[2];
static int standing;
static pthread_mutex_t sayLock = PTHREAD_MUTEX_INITIALIZER;

static void say(const char *function, const char *variable, const void *address) {
  pthread_mutex_lock(&sayLock);
  printf("local %s %s %p\n", function, variable, address);
  fflush(stdout);
  pthread_mutex_unlock(&sayLock);
}

#define NOINLINE __attribute__((noinline))
#define KEEP(value) asm volatile("" : : "r"(&(value)) : "memory")

NOINLINE static void stand() {
  __atomic_add_fetch(&standing, 1, __ATOMIC_SEQ_CST);
  char byte;
  while (read(pipeEnds[0], &byte, 1) != 1) {
  }
}

NOINLINE static int recurse(int depth, Link link) {
  Node here = {depth, link, {1, 2, 3, depth * 1.5}};
  char text[32];
  snprintf(text, sizeof text, "depth %d", depth);
  KEEP(text);
  if (depth == 0) {
    say("recurse", "here", &here);
    stand();
  } else
    recurse(depth - 1, &here);
  KEEP(here);
  return here.id + text[0];
}

static void *inRecursion(void *argument) {
  Link first = static_cast<Node *>(argument);
  return reinterpret_cast<void *>(static_cast<long>(recurse(20, first)));
}

static void *inRead(void *argument) {
  Node *node = static_cast<Node *>(argument);
  Node *const *indirect = &node;
  KEEP(indirect);
  say("inRead", "node", &node);
  stand();
  KEEP(node);
  return node;
}

NOINLINE static int compare(const void *a, const void *b) {
  Node *const *left = static_cast<Node *const *>(a);
  Node *const *right = static_cast<Node *const *>(b);
  static bool once;
  if (!once) {
    once = true;
    int difference = (*left)->id - (*right)->id;
    KEEP(difference);
    say("compare", "difference", &difference);
    stand();
    KEEP(difference);
  }
  return (*left)->id - (*right)->id;
}

static void *inCallback(void *) {
  Node *nodes[8];
  for (int i = 0; i < 8; i++) nodes[i] = new Node{8 - i, nullptr, {}};
  say("inCallback", "nodes", &nodes);
  qsort(nodes, 8, sizeof nodes[0], compare);
  KEEP(nodes);
  return nodes[0];
}

static std::mutex lock;
static std::condition_variable never;

int shop::Basket::count() const {
  std::unique_lock<std::mutex> held(lock);
  __atomic_add_fetch(&standing, 1, __ATOMIC_SEQ_CST);
  const Basket *me = this;
  KEEP(me);
  never.wait(held);
  return static_cast<int>(items.size());
}

static void *inCondition(void *argument) {
  shop::Basket basket{"a basket whose owner has a long name", {static_cast<Node *>(argument)}};
  say("inCondition", "basket", &basket);
  return reinterpret_cast<void *>(static_cast<long>(basket.count()));
}

static void handler(int signal) {
  Node inHandler = {signal, nullptr, {}};
  KEEP(inHandler);
  say("handler", "inHandler", &inHandler);
  stand();
  KEEP(inHandler);
}

NOINLINE static void fault(Node *node) {
  Node copy = *node;
  KEEP(copy);
  raise(SIGUSR1);
  KEEP(copy);
}

static void *inHandlerThread(void *argument) {
  fault(static_cast<Node *>(argument));
  return argument;
}

// A leaf without a frame: the signal comes in the middle of it.
NOINLINE static long spin(volatile int *stop) {
  long rounds = 0;
  while (!*stop) rounds++;
  return rounds;
}

static void *inLeaf(void *argument) {
  stack_t own = {};
  own.ss_size = 1 << 16;
  own.ss_sp = malloc(own.ss_size);
  sigaltstack(&own, nullptr);
  volatile int stop = 0;
  Node *kept = static_cast<Node *>(argument);
  KEEP(kept);
  __atomic_add_fetch(&standing, 100, __ATOMIC_SEQ_CST);
  long rounds = spin(&stop);
  KEEP(kept);
  return reinterpret_cast<void *>(rounds);
}

// qemu's cores do not name the files that are mapped.
static void sayMaps() {
  char line[4096];
  FILE *maps = fopen("/proc/self/maps", "r");
  while (maps && fgets(line, sizeof line, maps)) printf("map %s", line);
  if (maps) fclose(maps);
}

int main() {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigaction(SIGUSR1, &action, nullptr);
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR2, &action, nullptr);
  if (pipe(pipeEnds) != 0) return 1;
  Node *shared = new Node{42, nullptr, {}};
  void *(*bodies[])(void *) = {inRecursion, inRead, inCallback, inCondition, inHandlerThread, inLeaf};
  pthread_t threads[6];
  for (int i = 0; i < 6; i++) {
    pthread_create(&threads[i], nullptr, bodies[i], shared);
    pthread_setname_np(threads[i], "worker");
  }
  while (__atomic_load_n(&standing, __ATOMIC_SEQ_CST) < 105) usleep(1000);
  pthread_kill(threads[5], SIGUSR2);
  while (__atomic_load_n(&standing, __ATOMIC_SEQ_CST) < 106) usleep(1000);
  usleep(200000);
  const char *finish = getenv("FINISH");
  if (finish) sayMaps();
  say("main", "shared", &shared);
  printf("ready %d\n", getpid());
  fflush(stdout);
  if (finish && strcmp(finish, "abort") == 0) abort();
  for (;;) {
    pause();
    KEEP(shared);
  }
}
