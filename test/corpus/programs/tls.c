// Threads that say where their thread-local variables are: of the executable, of libraries it needs (initial-exec and
// global-dynamic), of libraries loaded after the threads began. A line is `tls TID TP MODULE SYMBOL ADDRESS`, with `-`
// where the thread has not touched the variable. With -DALONE only the executable has any.
#include "program.h"
#include <dlfcn.h>
#include <semaphore.h>
#include <sys/syscall.h>

#define THREADS 4

_Thread_local int inMain = 7;
_Thread_local char zeroes[300];
_Alignas(64) _Thread_local int aligned = 8;

#ifndef ALONE
extern _Thread_local int initialExec __attribute__((tls_model("initial-exec")));
extern _Thread_local int globalDynamic;
#endif

static int *(*late)(void);
static int *(*lateStatic)(void);
static int *(*first)(void);
static int *(*second)(void);
static sem_t go[THREADS], done;

static void *threadPointer(void) {
#ifdef __x86_64__
  void *tp;
  __asm__("mov %%fs:0, %0" : "=r"(tp));
  return tp;
#else
  return __builtin_thread_pointer();
#endif
}

static void say(const char *module, const char *symbol, void *at) {
  char line[200];
  int n = snprintf(line, sizeof line, "tls %d %p %s %s ", (int)syscall(SYS_gettid), threadPointer(), module, symbol);
  n += at ? snprintf(line + n, sizeof line - (size_t)n, "%p\n", at) : snprintf(line + n, sizeof line - (size_t)n, "-\n");
  if (write(1, line, (size_t)n) != n) _exit(3);
}

static void sayAll(int number) {
  say("tls", "inMain", &inMain);
  say("tls", "zeroes", zeroes);
  say("tls", "aligned", &aligned);
#ifndef ALONE
  say("libtlsie.so", "initialExec", &initialExec);
  say("libtlsgd.so", "globalDynamic", &globalDynamic);
  say("libtlslate.so", "late", number > 1 ? late() : NULL);
  say("libtlslatestatic.so", "lateStatic", lateStatic());
  // its number in the dtv is that of a library which was there before: thread 1 touched that, and nothing since
  say("libtlssecond.so", "second", number > 1 ? second() : NULL);
#endif
}

static void *body(void *argument) {
  int number = (int)(intptr_t)argument;
  inMain += number;
  sem_wait(&go[number]);
  if (first && number % 2) *first() = number;
  sem_post(&done);
  sem_wait(&go[number]);
  sayAll(number);
  sem_post(&done);
  rest();
}

static void each(void) {
  for (int i = 1; i < THREADS; i++) sem_post(&go[i]), sem_wait(&done);
}

// qemu's cores don't name the mapped files
static void sayMaps(void) {
#ifdef __aarch64__
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[5000];
  while (maps && fgets(line, sizeof line, maps)) printf("map %s", line);
  fflush(stdout);
#endif
}

int main(int argc, char **argv) {
  sem_init(&done, 0, 0);
  for (int i = 1; i < THREADS; i++) {
    pthread_t thread;
    sem_init(&go[i], 0, 0);
    if (pthread_create(&thread, NULL, body, (void *)(intptr_t)i) != 0) return 1;
  }
#ifndef ALONE
  char path[4096];
#define OPEN(NAME) (snprintf(path, sizeof path, "%s/lib" NAME ".so", argv[1]), dlopen(path, RTLD_NOW))
  void *firstLibrary = OPEN("tlsfirst");
  first = (int *(*)(void))dlsym(firstLibrary, "where");
  each();
  dlclose(firstLibrary);
  void *library = OPEN("tlssecond");
  if (!library) return puts(dlerror()), 2;
  second = (int *(*)(void))dlsym(library, "where");
  library = OPEN("tlslate");
  if (!library) return puts(dlerror()), 2;
  late = (int *(*)(void))dlsym(library, "where");
  library = OPEN("tlslatestatic");
  if (!library) return puts(dlerror()), 2;
  lateStatic = (int *(*)(void))dlsym(library, "where");
#else
  each();
#endif
  each();
  sayAll(0);
  sayMaps();
  finish();
}
