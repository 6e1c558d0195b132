/*
 * A process to ask at its runtime: where its thread-locals are in each thread, and where virtual bases lie. Prints
 * `tls <thread id> <name> <address>`, `variable <name> <address>` and `base <class> <base> <offset>`, then `ready`.
 * `threads [PLUGIN]`: threadsPlugin.cpp as a shared object, whose thread-locals are in memory made when they are asked for.
 */
#include <cstdio>
#include <condition_variable>
#include <dlfcn.h>
#include <mutex>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

struct Base { virtual ~Base() {} long common = 1; };
struct Left : virtual Base { int left = 2; };
struct Right : virtual Base { int right = 3; char spare = 4; };
struct Diamond : Left, Right { int bottom = 5; };
struct Other { virtual ~Other() {} char c[5]; };
struct Deep : Diamond, virtual Other { double last = 6; };
namespace named { struct Late : virtual Deep, virtual Other { short s; }; }

struct Record { long values[6]; };
thread_local int zeroed;
thread_local long initialised = 12;
static thread_local Record record{{1, 2, 3}};
alignas(64) thread_local char aligned[70];
namespace named { thread_local int inside = 77; }
static int notThreadLocal = 5;
static void *(*pluginAddress)();

static int &inFunction() {
  static thread_local int local = 88;
  return local;
}

static std::mutex printing;
static std::condition_variable allSaid;
static int said;

static void say() {
  std::lock_guard<std::mutex> lock(printing);
  long id = syscall(SYS_gettid);
  std::printf("tls %ld zeroed %p\n", id, static_cast<void *>(&zeroed));
  std::printf("tls %ld initialised %p\n", id, static_cast<void *>(&initialised));
  std::printf("tls %ld record %p\n", id, static_cast<void *>(&record));
  std::printf("tls %ld aligned %p\n", id, static_cast<void *>(aligned));
  std::printf("tls %ld named::inside %p\n", id, static_cast<void *>(&named::inside));
  std::printf("tls %ld inFunction()::local %p\n", id, static_cast<void *>(&inFunction()));
  if (pluginAddress) std::printf("tls %ld inPlugin %p\n", id, pluginAddress());
  said++;
  allSaid.notify_all();
}

static void worker() {
  say();
  for (;;) pause();
}

template <typename Of, typename In> void base(const char *of, const char *in) {
  static Of object;
  std::printf("base %s %s %td\n", of, in, reinterpret_cast<char *>(static_cast<In *>(&object)) - reinterpret_cast<char *>(&object));
}

int main(int argc, char **argv) {
  if (argc > 1) {
    void *plugin = dlopen(argv[1], RTLD_NOW);
    if (!plugin) return 1;
    pluginAddress = reinterpret_cast<void *(*)()>(dlsym(plugin, "pluginAddress"));
  }
  base<Left, Base>("Left", "Base");
  base<Right, Base>("Right", "Base");
  base<Deep, Other>("Deep", "Other");
  base<named::Late, Deep>("named::Late", "Deep");
  base<named::Late, Other>("named::Late", "Other");
  std::printf("variable notThreadLocal %p\n", static_cast<void *>(&notThreadLocal));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++) threads.emplace_back(worker);
  say();
  {
    std::unique_lock<std::mutex> lock(printing);
    allSaid.wait(lock, [] { return said == 5; });
  }
  std::printf("ready\n");
  std::fflush(stdout);
  for (;;) pause();
}
