/* A cache server: slabs carved into items of a class, a table that grows in steps, lists by last use, connections whose buffers grow,
 * object caches of its own, worker threads with queues of jobs and what only they know, logs in rings, statistics by prefix, a proxy
 * with pools of backends, settings by options. */
#include "typelog.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static _Atomic uint32_t seed = 2463534242u;
static unsigned any(unsigned n) {
  uint32_t x = seed;
  x ^= x << 13, x ^= x >> 17, x ^= x << 5;
  seed = x;
  return x % n;
}

/* items */
typedef struct item {
  struct item *next, *prev; /* by last use */
  struct item *h_next;
  uint32_t time, exptime;
  int nbytes;
  unsigned short refcount;
  uint16_t it_flags;
  uint8_t slabs_clsid;
  uint8_t nkey;
  union {
    uint64_t cas;
    char end;
  } data[];
} item;
#define ITEM_key(it) ((char *)&(it)->data[1])
#define ITEM_data(it) (ITEM_key(it) + (it)->nkey + 1)
#define ITEM_total(nkey, nbytes) (sizeof(item) + 8 + (nkey) + 1 + (nbytes))

typedef struct {
  unsigned int size, perslab;
  void *slots; /* free items, linked */
  unsigned int sl_curr, slabs;
  void **slab_list;
  unsigned int list_size;
} slabclass_t;
#define CLASSES 12
#define PAGE 16384
static slabclass_t slabclass[CLASSES];
static item *heads[CLASSES], *tails[CLASSES];
static void *mem_base;
static char *mem_current;
static size_t mem_avail;

static void slabs_init(void) {
  unsigned size = 96;
  for (int i = 1; i < CLASSES; i++) {
    slabclass[i].size = size;
    slabclass[i].perslab = PAGE / size;
    size = (unsigned)(size * 1.4 + 7) / 8 * 8;
  }
  /* some of it is had in advance */
  mem_base = NEW_RAW(4 * PAGE);
  mem_current = mem_base, mem_avail = 4 * PAGE;
}
static bool grow(unsigned id) {
  slabclass_t *p = &slabclass[id];
  char *page;
  if (mem_avail >= PAGE) page = mem_current, mem_current += PAGE, mem_avail -= PAGE;
  else page = NEW_RAW(PAGE);
  memset(page, 0, PAGE);
  if (p->slabs == p->list_size) {
    unsigned more = p->list_size ? p->list_size * 2 : 16;
    p->slab_list = RENEW_ARRAY(p->slab_list, void *, more);
    p->list_size = more;
  }
  p->slab_list[p->slabs++] = page;
  for (unsigned i = 0; i < p->perslab; i++) {
    item *it = (item *)(page + i * p->size);
    it->next = p->slots, it->prev = NULL;
    if (it->next) it->next->prev = it;
    p->slots = it, p->sl_curr++;
  }
  return true;
}
static item *item_alloc(const char *key, int nbytes) {
  size_t nkey = strlen(key), total = ITEM_total(nkey, nbytes);
  unsigned id = 1;
  item *it;
  while (id < CLASSES && slabclass[id].size < total) id++;
  if (id == CLASSES) {
    /* too large for slabs */
    it = NEW_FLEX(item, total - sizeof(item));
    id = 0;
  } else {
    slabclass_t *p = &slabclass[id];
    if (p->slots == NULL) grow(id);
    it = p->slots;
    p->slots = it->next;
    if (it->next) it->next->prev = NULL;
    p->sl_curr--;
  }
  memset(it, 0, sizeof *it);
  it->slabs_clsid = id, it->nkey = nkey, it->nbytes = nbytes, it->refcount = 1, it->time = any(100000);
  it->data[0].cas = any(1 << 30);
  strcpy(ITEM_key(it), key);
  memset(ITEM_data(it), 'v', nbytes);
  it->next = heads[id], it->prev = NULL;
  if (heads[id]) heads[id]->prev = it;
  heads[id] = it;
  if (!tails[id]) tails[id] = it;
  return it;
}

/* the table */
static item **primary_hashtable, **old_hashtable;
static unsigned hashpower = 8, expand_bucket;
static bool expanding;
static uint32_t hash_of(const char *key) {
  uint32_t h = 0;
  for (; *key; key++) h = (h + (uint8_t)*key) * 0x9e3779b1u ^ h >> 15;
  return h;
}
static void assoc_insert(item *it) {
  uint32_t hv = hash_of(ITEM_key(it)), old = hv & ((1u << (hashpower - 1)) - 1);
  item **slot = expanding && old >= expand_bucket ? &old_hashtable[old] : &primary_hashtable[hv & ((1u << hashpower) - 1)];
  it->h_next = *slot;
  *slot = it;
}
static void assoc_expand(void) {
  old_hashtable = primary_hashtable;
  hashpower++;
  primary_hashtable = NEW0_ARRAY(item *, 1u << hashpower);
  expanding = true, expand_bucket = 0;
  /* stops in the middle */
  for (; expand_bucket < (1u << (hashpower - 1)) / 2; expand_bucket++) {
    for (item *it = old_hashtable[expand_bucket], *next; it; it = next) {
      next = it->h_next;
      uint32_t at = hash_of(ITEM_key(it)) & ((1u << hashpower) - 1);
      it->h_next = primary_hashtable[at];
      primary_hashtable[at] = it;
    }
    old_hashtable[expand_bucket] = NULL;
  }
}

/* objects that are kept for later, by size */
typedef struct cache {
  pthread_mutex_t mutex;
  char *name;
  struct free_object {
    struct free_object *next;
  } *head;
  size_t bufsize;
  int freecurr, total, limit;
} cache_t;
static cache_t *cache_create(const char *name, size_t bufsize) {
  cache_t *c = NEW0(cache_t);
  pthread_mutex_init(&c->mutex, NULL);
  c->name = strdup(name), c->bufsize = bufsize;
  return c;
}
static void *cache_take(cache_t *c, const char *type) {
  pthread_mutex_lock(&c->mutex);
  void *object = c->head;
  if (object) c->head = c->head->next, c->freecurr--;
  else c->total++;
  pthread_mutex_unlock(&c->mutex);
  if (!object) object = malloc(c->bufsize);
  return typelog(object, type, 1, TYPELOG_OBJECT);
}
static void cache_give(cache_t *c, void *object) {
  pthread_mutex_lock(&c->mutex);
  struct free_object *f = typelog(object, "struct free_object", 1, TYPELOG_OBJECT);
  f->next = c->head;
  c->head = f;
  c->freecurr++;
  pthread_mutex_unlock(&c->mutex);
}

/* connections */
typedef struct conn conn;
typedef struct resp {
  struct resp *next;
  int wbytes, tosend;
  void *write_and_free;
  struct iovec iov[4];
  item *item;
  char wbuf[64];
} resp;
typedef struct io_pending {
  struct io_queue *queue;
  conn *c;
  resp *resp;
  struct io_pending *next;
  char data[48]; /* of whoever has it */
} io_pending;
typedef struct {
  struct io_queue *queue;
  conn *c;
  resp *resp;
  io_pending *next;
  void *backend;
  char *key;
  unsigned retries;
} io_proxy;
struct io_queue {
  void *ctx;
  io_pending *stack;
  int count, type;
};
struct conn {
  int sfd, state;
  char *rbuf, *rcurr;
  int rsize, rbytes;
  resp *resp_head, *resp;
  item *item;
  struct io_queue io_queues[2];
  struct thread *thread;
  void *suffix, *sasl;
  conn *next;
  struct stats_batch *stats;
  char *request_addr;
  void *peer; /* sockaddr_in or sockaddr_un */
};
struct sockaddr_ip {
  uint16_t family, port;
  uint32_t address;
  char zero[8];
};
struct sockaddr_path {
  uint16_t family;
  char path[108];
};
struct sasl_conn {
  int step;
  char *mechanism, *user;
  unsigned char *secret;
};
struct stats_batch {
  uint64_t gets, sets, misses;
};
static conn **conns;
static int max_fds = 256;

/* threads */
typedef struct job {
  struct job *next;
  void (*run)(void *argument);
  void *argument;
} job;
struct lookup {
  char *keys[4];
  unsigned found;
  conn *c;
};
struct crawl {
  item marker;
  struct crawl_stats {
    uint64_t histogram[61], seen;
  } *stats;
  int id;
};
struct dump {
  FILE *out;
  char *buffer;
  size_t size;
  struct dump *parent;
};
typedef struct cq_item {
  int sfd;
  char *source;
  conn *c;
  struct cq_item *next;
} cq_item;
typedef struct {
  cq_item *head, *tail;
  pthread_mutex_t lock;
  cq_item *spare;
} conn_queue;
typedef struct log_entry {
  uint32_t event, size;
  uint64_t when;
  uint8_t data[];
} log_entry;
struct logger {
  struct logger *prev, *next;
  uint8_t *ring;
  size_t size, at;
};
struct lru_bump {
  item *it;
  uint32_t hv;
};
struct bump_buffer {
  struct bump_buffer *prev, *next;
  struct lru_bump *bumps;
  unsigned size, used;
};
typedef struct thread {
  pthread_t id;
  int number;
  conn_queue *new_connections;
  cache_t *io_cache, *buffers;
  job *jobs, **jobs_last;
  struct logger *log;
  void *lru_bump;
  struct stats_batch totals[8];
  resp *free_resps;
} thread;
static thread *threads;
static struct logger *loggers;
static struct bump_buffer *bumps;
static pthread_mutex_t lists = PTHREAD_MUTEX_INITIALIZER;
static __thread struct logger *my_log;
static __thread void *my_scratch;
static int running;

static void do_lookup(void *argument) { ((struct lookup *)argument)->found++; }
static void do_crawl(void *argument) { ((struct crawl *)argument)->stats->seen++; }
static void do_dump(void *argument) { ((struct dump *)argument)->size++; }

static void submit(thread *t, void (*run)(void *), void *argument) {
  job *j = NEW(job);
  *j = (job){NULL, run, argument};
  *t->jobs_last = j;
  t->jobs_last = &j->next;
}
static void add_jobs(thread *t, conn *c) {
  char text[40];
  switch (any(4)) {
  case 0: {
    struct crawl *w = NEW0(struct crawl);
    w->stats = NEW0_ARRAY(struct crawl_stats, 2), w->id = any(CLASSES);
    w->marker.it_flags = 1, w->marker.next = heads[1];
    submit(t, do_crawl, w);
    break;
  }
  case 1: {
    struct dump *d = NEW0(struct dump);
    d->size = 200 + any(400), d->buffer = NEW_ARRAY(char, d->size);
    memset(d->buffer, '.', d->size);
    submit(t, do_dump, d);
    break;
  }
  default: {
    struct lookup *l = NEW0(struct lookup);
    for (int n = any(4); n >= 0; n--) snprintf(text, sizeof text, "looked up: %u", any(10000)), l->keys[n] = strdup(text);
    l->c = c;
    submit(t, do_lookup, l);
  }
  }
}
static resp *new_resp(thread *t) {
  if (!t->free_resps) {
    /* by bundles, which know their resps */
    resp *bundle = NEW0_ARRAY(resp, 16);
    for (int i = 0; i < 16; i++) bundle[i].next = t->free_resps, t->free_resps = &bundle[i];
  }
  resp *r = t->free_resps;
  t->free_resps = r->next;
  memset(r, 0, sizeof *r);
  return r;
}
static conn *conn_new(int sfd, thread *t) {
  char text[60];
  conn *c = NEW0(conn);
  c->sfd = sfd, c->thread = t;
  c->rsize = 256 << any(3), c->rbuf = NEW_ARRAY(char, c->rsize), c->rcurr = c->rbuf + any(40);
  memcpy(c->rbuf, "get a_key_of_the_cache\r\n", 24);
  for (int n = any(4); n > 0; n--) {
    resp *r = new_resp(t);
    r->next = c->resp_head, r->item = heads[1 + any(3)];
    if (any(3) == 0) {
      r->write_and_free = NEW_ARRAY(char, 120);
      memset(r->write_and_free, 's', 119);
      ((char *)r->write_and_free)[119] = 0;
    }
    if (r->item) r->iov[0] = (struct iovec){ITEM_data(r->item), r->item->nbytes};
    c->resp_head = r;
  }
  c->resp = c->resp_head;
  c->stats = NEW0_ARRAY(struct stats_batch, 4);
  for (int n = any(4); n > 0 && c->resp; n--) {
    io_pending *io = cache_take(t->io_cache, "struct io_pending");
    io->queue = &c->io_queues[n % 2], io->c = c, io->resp = c->resp;
    io->next = c->io_queues[n % 2].stack;
    c->io_queues[n % 2].stack = io, c->io_queues[n % 2].count++;
    memset(io->data, 0, sizeof io->data);
    if (n % 2) {
      io_proxy *p = (io_proxy *)io;
      snprintf(text, sizeof text, "proxied key %u of a user", any(1000));
      p->key = strdup(text), p->backend = NULL;
    }
  }
  if (any(3) == 0) {
    struct sasl_conn *s = NEW0(struct sasl_conn);
    s->mechanism = strdup("SCRAM-SHA-256"), s->user = strdup("somebody@example.com");
    s->secret = NEW_ARRAY(unsigned char, 32), memset(s->secret, 0xc3, 32);
    c->sasl = s;
  }
  if (any(3)) {
    struct sockaddr_ip *a = c->peer = NEW0(struct sockaddr_ip);
    a->family = 2, a->port = any(65536), a->address = any(1u << 31);
  } else {
    struct sockaddr_path *a = c->peer = NEW0(struct sockaddr_path);
    a->family = 1, strcpy(a->path, "/run/cache/socket");
  }
  if (any(2)) c->request_addr = strdup("127.0.0.1:11211");
  return c;
}

/* statistics by prefix; a proxy's pools; settings */
typedef struct prefix_stats {
  char *prefix;
  size_t prefix_len;
  uint64_t gets, hits;
  struct prefix_stats *next;
} PREFIX_STATS;
static PREFIX_STATS *prefixes[64];
struct backend {
  char name[48], port[8];
  struct backend *next;
  struct pool *pool;
  uint32_t *points; /* on a ring */
  io_pending *queue;
};
struct pool {
  struct backend **servers;
  int count;
  uint64_t *continuum;
  void (*select)(void *options, const char *key);
  void *options;
};
struct ketama {
  uint32_t points, seed;
  float weight;
};
struct modulo {
  uint64_t mask;
};
static void by_ketama(void *o, const char *key) { ((struct ketama *)o)->seed++; }
static void by_modulo(void *o, const char *key) { ((struct modulo *)o)->mask++; }
static struct settings {
  char *inter, *socketpath;
  char **hosts;
  struct option {
    const char *name;
    union {
      long number;
      char *text;
    } value;
    struct option *next;
  } *options;
  struct pool *pools[6];
} settings;

static void *worker(void *argument) {
  thread *t = argument;
  char *line[24];
  struct bump_buffer *b = NEW0(struct bump_buffer);
  my_log = NEW0(struct logger);
  my_log->size = 4096, my_log->ring = NEW_ARRAY(uint8_t, my_log->size);
  for (int i = 0; i < 30; i++) {
    log_entry *e = (log_entry *)(my_log->ring + my_log->at);
    e->event = any(9), e->size = 24, e->when = i;
    memcpy(e->data, "an entry of the logger..", 24);
    my_log->at += sizeof *e + 24;
  }
  b->size = 128, b->bumps = NEW0_ARRAY(struct lru_bump, b->size);
  for (b->used = 0; b->used < 40; b->used++) b->bumps[b->used] = (struct lru_bump){heads[1 + b->used % 4], b->used};
  t->log = my_log, t->lru_bump = b;
  pthread_mutex_lock(&lists);
  my_log->next = loggers, loggers = my_log;
  if (my_log->next) my_log->next->prev = my_log;
  b->next = bumps, bumps = b;
  if (b->next) b->next->prev = b;
  pthread_mutex_unlock(&lists);
  my_scratch = NEW_RAW(2000);
  memset(my_scratch, 0, 2000);
  for (int i = 0; i < 24; i++) line[i] = strdup("VALUE of a multiget that is under way 0 100");
  for (int n = 3; n > 0 && t->jobs; n--) t->jobs->run(t->jobs->argument);
  __atomic_add_fetch(&running, 1, __ATOMIC_SEQ_CST);
  while (running < 1000) usleep(100000);
  for (int i = 0; i < 24; i++) puts(line[i]);
  return my_log->at ? my_scratch : NULL;
}

static void configure(void) {
  char text[80];
  settings.inter = strdup("0.0.0.0"), settings.socketpath = strdup("/run/cache/main.sock");
  settings.hosts = NEW0_ARRAY(char *, 9);
  for (int i = 0; i < 8; i++) snprintf(text, sizeof text, "cache-%d.example.net", i), settings.hosts[i] = strdup(text);
  for (int i = 0; i < 60; i++) {
    struct option *o = NEW(struct option);
    o->name = i % 2 ? "maxconns" : "idle_timeout", o->next = settings.options;
    if (i % 3) o->value.number = i * 10;
    else o->value.text = strdup("a text given as option");
    settings.options = o;
  }
  for (int i = 0; i < 6; i++) {
    struct pool *p = settings.pools[i] = NEW0(struct pool);
    p->count = 2 + any(6);
    p->servers = NEW_ARRAY(struct backend *, p->count);
    p->continuum = NEW0_ARRAY(uint64_t, 160);
    for (int n = 0; n < p->count; n++) {
      struct backend *b = p->servers[n] = NEW0(struct backend);
      snprintf(b->name, sizeof b->name, "backend-%d-%d", i, n), strcpy(b->port, "11211");
      b->pool = p, b->next = n ? p->servers[n - 1] : NULL;
      b->points = NEW_ARRAY(uint32_t, 40);
      for (int k = 0; k < 40; k++) b->points[k] = p->continuum[k * 4 + n % 4] = any(1u << 31);
    }
    if (i % 2) {
      struct ketama *k = p->options = NEW0(struct ketama);
      k->points = 160, k->weight = 1.5f, p->select = by_ketama;
    } else {
      struct modulo *m = p->options = NEW(struct modulo);
      m->mask = 7, p->select = by_modulo;
    }
  }
}

int main(void) {
  char key[80];
  slabs_init();
  configure();
  primary_hashtable = NEW0_ARRAY(item *, 1u << hashpower);
  for (int i = 0; i < 3000; i++) {
    snprintf(key, sizeof key, "%s:%u:%d", i % 2 ? "session" : "rendered_page", any(1000), i);
    assoc_insert(item_alloc(key, any(12) ? 10 + any(200) : 3000 + any(3000)));
    if (i == 2000) assoc_expand();
    if (i % 10) continue;
    snprintf(key, sizeof key, "prefix_%u_of_keys", any(200));
    PREFIX_STATS **slot = &prefixes[hash_of(key) % 64], *p = *slot;
    while (p && strcmp(p->prefix, key)) p = p->next;
    if (!p) p = NEW0(PREFIX_STATS), p->prefix = strdup(key), p->prefix_len = strlen(key), p->next = *slot, *slot = p;
    p->gets++;
  }
  conns = NEW0_ARRAY(conn *, max_fds);
  threads = NEW0_ARRAY(thread, 4);
  for (int i = 0; i < 4; i++) {
    thread *t = &threads[i];
    t->number = i, t->jobs_last = &t->jobs;
    t->new_connections = NEW0(conn_queue);
    pthread_mutex_init(&t->new_connections->lock, NULL);
    t->io_cache = cache_create("io", sizeof(io_pending));
    t->buffers = cache_create("rbuf", 512);
    for (int n = 0; n < 50; n++) {
      conn *c = conns[10 + i * 50 + n] = conn_new(10 + i * 50 + n, t);
      for (int k = any(4); k > 0; k--) add_jobs(t, c);
    }
    for (int n = 0; n < 20; n++) cache_give(t->io_cache, malloc(t->io_cache->bufsize));
    /* queue items by the dozen */
    cq_item *spare = NEW0_ARRAY(cq_item, 12);
    for (int n = 0; n < 12; n++) spare[n].next = n < 11 ? &spare[n + 1] : NULL;
    t->new_connections->spare = spare + 4;
    for (int n = 0; n < 4; n++) spare[n].source = strdup("accepted from 10.1.2.3:40000"), spare[n].next = n < 3 ? &spare[n + 1] : NULL;
    t->new_connections->head = spare, t->new_connections->tail = spare + 3;
    pthread_create(&t->id, NULL, worker, t);
  }
  conn *listening = NULL; /* main's own */
  for (int i = 0; i < 6; i++) {
    conn *c = conn_new(3 + i, &threads[0]);
    c->next = listening;
    listening = c;
  }
  while (__atomic_load_n(&running, __ATOMIC_SEQ_CST) < 4) usleep(1000);
  typelog_ready();
  return listening->sfd;
}
