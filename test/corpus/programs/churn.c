/* Threads that allocate, pass blocks on and free what others allocated, for long; some end before the core is
 * taken, so that their tcaches are flushed and their arenas are taken over by later threads.
 * Arguments: threads, rounds, largest request. With BUSY they are still at it when the core is taken. */
#include "program.h"

enum { SHARED = 4096, OWN = 600, WAVES = 3 };
static void *_Atomic shared[SHARED];
static pthread_barrier_t idle;
static int threads, rounds, largest;

struct job {
  uint64_t seed;
  int stays;
};

static size_t request(uint64_t *seed) {
  switch (any(seed, 20)) {
    case 0: return any(seed, (uint32_t)largest);
    case 1:
    case 2: return any(seed, 2000);
    default: return any(seed, 160);
  }
}

static void *work(void *given) {
  struct job *job = given;
  void *own[OWN] = {0};
  int endless = job->stays && getenv("BUSY");
  for (int i = 0; endless || i < rounds; i++) {
    uint32_t at = any(&job->seed, OWN);
    switch (any(&job->seed, 8)) {
      case 0: own[at] = realloc(own[at], request(&job->seed) + 1); break;
      case 1: own[at] = __atomic_exchange_n((void **)&shared[any(&job->seed, SHARED)], own[at], __ATOMIC_ACQ_REL); break;
      case 2: free(own[at]), own[at] = 0; break;
      case 3: free(own[at]), own[at] = memalign(64u << any(&job->seed, 4), request(&job->seed)); break;
      default: free(own[at]), own[at] = malloc(request(&job->seed));
    }
  }
  if (!job->stays) {
    for (int i = 0; i < OWN; i += 2) free(own[i]);
    return 0;
  }
  pthread_barrier_wait(&idle);
  rest();
}

int main(int argc, char **argv) {
  threads = argc > 1 ? atoi(argv[1]) : 8;
  rounds = argc > 2 ? atoi(argv[2]) : 20000;
  largest = argc > 3 ? atoi(argv[3]) : 20000;
  if (getenv("MMAP_THRESHOLD")) mallopt(M_MMAP_THRESHOLD, atoi(getenv("MMAP_THRESHOLD")));
  pthread_barrier_init(&idle, 0, (unsigned)threads + 1);
  for (int wave = 0; wave < WAVES; wave++) {
    pthread_t ids[64];
    for (int i = 0; i < threads; i++) {
      struct job *job = malloc(sizeof *job);
      job->seed = (uint64_t)(wave * 100 + i) * 7919 + 1;
      job->stays = wave == WAVES - 1;
      if (pthread_create(&ids[i], 0, work, job) != 0) return 2;
    }
    if (wave < WAVES - 1)
      for (int i = 0; i < threads; i++) pthread_join(ids[i], 0);
  }
  if (!getenv("BUSY")) pthread_barrier_wait(&idle);
  usleep(300000);
  finish();
}
