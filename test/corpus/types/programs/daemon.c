/* A network daemon: an event loop with callbacks and void *arg, connections and sessions with chains of buffers, an LRU of
 * cached answers in slabs of 1 MB chunks, red-black trees with the colour in a parent pointer's low bit, timers in a heap. */
#include "typelog.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t rnd = 0x2545f4914f6cdd1dull;
static unsigned upto(unsigned n) {
  rnd ^= rnd >> 12;
  rnd ^= rnd << 25;
  rnd ^= rnd >> 27;
  return (unsigned)((rnd * 2685821657736338717ull) >> 33) % n;
}

#define container_of(p, T, member) ((T *)((char *)(p)-offsetof(T, member)))

struct list_head {
  struct list_head *next, *prev;
};
static void list_init(struct list_head *h) { h->next = h->prev = h; }
static void list_add(struct list_head *n, struct list_head *h) {
  n->next = h->next, n->prev = h;
  h->next->prev = n;
  h->next = n;
}
static void list_del(struct list_head *n) {
  n->prev->next = n->next;
  n->next->prev = n->prev;
}

/* red-black trees, as the kernel has them */
struct rb_node {
  uintptr_t parent_color; /* the parent, and 1 for black */
  struct rb_node *right, *left;
};
struct rb_root {
  struct rb_node *node;
};
#define rb_parent(n) ((struct rb_node *)((n)->parent_color & ~3ul))
#define rb_black(n) ((n) == NULL || ((n)->parent_color & 1))
static void rb_set_parent(struct rb_node *n, struct rb_node *p) { n->parent_color = (n->parent_color & 3) | (uintptr_t)p; }
static void rb_set_color(struct rb_node *n, int black) { n->parent_color = (n->parent_color & ~1ul) | black; }
static void rb_rotate(struct rb_root *root, struct rb_node *n, int left) {
  struct rb_node *c = left ? n->right : n->left, *p = rb_parent(n), *inner = left ? c->left : c->right;
  if (left) n->right = inner, c->left = n;
  else n->left = inner, c->right = n;
  if (inner) rb_set_parent(inner, n);
  rb_set_parent(c, p);
  rb_set_parent(n, c);
  if (p == NULL) root->node = c;
  else if (p->left == n) p->left = c;
  else p->right = c;
}
static void rb_link(struct rb_root *root, struct rb_node *n, struct rb_node *parent, struct rb_node **at) {
  n->parent_color = (uintptr_t)parent;
  n->left = n->right = NULL;
  *at = n;
  struct rb_node *p;
  while ((p = rb_parent(n)) != NULL && !rb_black(p)) {
    struct rb_node *g = rb_parent(p), *u = g->left == p ? g->right : g->left;
    int left = g->left == p;
    if (!rb_black(u)) {
      rb_set_color(u, 1), rb_set_color(p, 1), rb_set_color(g, 0);
      n = g;
      continue;
    }
    if ((left ? p->right : p->left) == n) {
      rb_rotate(root, p, left);
      struct rb_node *t = p;
      p = n, n = t;
    }
    rb_set_color(p, 1), rb_set_color(g, 0);
    rb_rotate(root, g, !left);
  }
  rb_set_color(root->node, 1);
}

/* the event loop */
typedef void (*event_cb)(int fd, short what, void *arg);
struct event {
  int fd;
  short events, flags;
  event_cb callback;
  void *arg;
  struct event_base *base;
  struct list_head active;
  int heap_at;
  uint64_t deadline;
};
struct event_base {
  struct event **by_fd;
  int fds;
  struct event **heap;
  int heap_used, heap_room;
  struct list_head active;
  const struct backend *backend;
  void *backend_data;
  struct deferred *deferred;
};
struct backend {
  const char *name;
  void *(*init)(struct event_base *);
  int (*dispatch)(struct event_base *, void *);
};
struct deferred {
  void (*run)(struct deferred *, void *arg);
  void *arg;
  struct deferred *next;
};
struct epoll_state {
  int epfd;
  int nevents;
  uint64_t *events;
};

/* buffers */
struct chain {
  struct chain *next;
  size_t room, misalign, used;
  unsigned flags;
  unsigned char *data;
};
struct evbuffer {
  struct chain *first, *last;
  struct chain **last_with_data;
  size_t total;
  void *parent;
};

static struct evbuffer *buffer_new(void *parent) {
  struct evbuffer *b = NEW0(struct evbuffer);
  b->last_with_data = &b->first;
  b->parent = parent;
  return b;
}
static void buffer_add(struct evbuffer *b, const void *bytes, size_t n) {
  struct chain *c = b->last;
  if (c == NULL || c->room - c->misalign - c->used < n) {
    size_t room = 256;
    while (room < n) room *= 2;
    c = NEW_FLEX(struct chain, room);
    c->next = NULL, c->room = room, c->misalign = c->used = 0, c->flags = 0;
    c->data = (unsigned char *)(c + 1);
    if (b->last) b->last->next = c, b->last_with_data = &b->last->next;
    else b->first = c;
    b->last = c;
  }
  memcpy(c->data + c->misalign + c->used, bytes, n);
  c->used += n;
  b->total += n;
}
static void buffer_drain(struct evbuffer *b, size_t n) {
  while (n > 0 && b->first) {
    struct chain *c = b->first;
    if (c->used > n) {
      c->misalign += n, c->used -= n, b->total -= n;
      return;
    }
    n -= c->used, b->total -= c->used;
    b->first = c->next;
    if (b->first == NULL) b->last = NULL, b->last_with_data = &b->first;
    free(c);
  }
}
static void buffer_free(struct evbuffer *b) {
  for (struct chain *c = b->first, *next; c; c = next) next = c->next, free(c);
  free(b);
}

/* slabs: items are carved from chunks of 1 MB */
struct item {
  struct list_head lru;
  struct item *hash_next;
  uint32_t hash;
  uint32_t expires;
  uint8_t slab, flags;
  uint16_t key_length;
  uint32_t value_length;
  char data[];
};
struct slab_class {
  size_t size;
  void **chunks;
  int chunk_count, chunk_room;
  char *end;
  unsigned left;
  struct item *free_items;
  struct list_head lru;
};
static struct slab_class slabs[6];
static struct item **item_table;
#define ITEM_SLOTS 4096

static struct item *item_alloc(unsigned bytes) {
  int s = 0;
  while (slabs[s].size < bytes) s++;
  struct slab_class *c = &slabs[s];
  struct item *it = c->free_items;
  if (it) c->free_items = it->hash_next;
  else {
    if (c->left == 0) {
      if (c->chunk_count == c->chunk_room) {
        c->chunk_room = c->chunk_room ? 2 * c->chunk_room : 4;
        c->chunks = RENEW_ARRAY(c->chunks, void *, c->chunk_room);
      }
      c->end = NEW_RAW(1 << 20);
      c->chunks[c->chunk_count++] = c->end;
      c->left = (1 << 20) / c->size;
    }
    it = (struct item *)c->end;
    c->end += c->size;
    c->left--;
  }
  it->slab = s;
  return it;
}
static void item_store(const char *key, unsigned value) {
  uint32_t h = 0;
  for (const char *k = key; *k; k++) h = h * 31 + *k;
  struct item *it = item_alloc(sizeof(struct item) + strlen(key) + 1 + value);
  it->hash = h, it->key_length = strlen(key), it->value_length = value, it->expires = upto(1 << 30);
  strcpy(it->data, key);
  memset(it->data + it->key_length + 1, 'v', value);
  it->hash_next = item_table[h % ITEM_SLOTS];
  item_table[h % ITEM_SLOTS] = it;
  list_add(&it->lru, &slabs[it->slab].lru);
}
static void item_evict(struct slab_class *c) {
  if (c->lru.prev == &c->lru) return;
  struct item *it = container_of(c->lru.prev, struct item, lru);
  list_del(&it->lru);
  struct item **at = &item_table[it->hash % ITEM_SLOTS];
  while (*at != it) at = &(*at)->hash_next;
  *at = it->hash_next;
  it->hash_next = c->free_items;
  c->free_items = it;
}

/* connections, requests, sessions */
struct header {
  char *name, *value;
  struct header *next;
};
struct request {
  struct list_head queue;
  struct connection *conn;
  char *uri;
  struct header *headers;
  struct header **last_header;
  int method, major, minor;
  void (*done)(struct request *, void *);
  void *done_arg;
};
struct connection {
  int fd;
  uint16_t port;
  uint8_t state;
  char *address;
  struct event *read_event, *write_event;
  struct evbuffer *input, *output;
  struct list_head requests;
  struct list_head all;
  struct session *session;
  void *tls;
  struct connection_stats {
    uint64_t bytes_in, bytes_out;
    unsigned requests;
  } stats;
};
struct tls_state {
  int version;
  unsigned char key[32];
  void *session_data;
  size_t session_length;
  struct connection *conn;
};
struct attribute {
  struct list_head list;
  const char *name; /* of a table of constants */
  void *value;
  void (*release)(void *);
};
struct session {
  struct rb_node by_id;
  uint64_t id;
  struct list_head lru;
  struct list_head attributes;
  char *user;
  time_t touched;
  int references;
};
struct upstream {
  struct upstream *next;
  char *host;
  unsigned weight, failures;
  struct connection **pool;
  int pooled;
  void *balancer;
};
struct ring {
  unsigned head, tail, size;
  struct request *slots[];
};
struct route {
  struct rb_node node;
  char *prefix;
  struct upstream *upstreams;
  struct ring *recent;
};

static struct event_base *base;
static struct list_head connections, session_lru;
static struct rb_root sessions, routes;

static void heap_push(struct event_base *b, struct event *e) {
  if (b->heap_used == b->heap_room) {
    b->heap_room = b->heap_room ? 2 * b->heap_room : 8;
    b->heap = RENEW_ARRAY(b->heap, struct event *, b->heap_room);
  }
  int i = b->heap_used++;
  for (; i > 0 && b->heap[(i - 1) / 2]->deadline > e->deadline; i = (i - 1) / 2) (b->heap[i] = b->heap[(i - 1) / 2])->heap_at = i;
  b->heap[i] = e;
  e->heap_at = i;
}
static struct event *event_new(int fd, short events, event_cb callback, void *arg) {
  struct event *e = NEW(struct event);
  e->fd = fd, e->events = events, e->flags = 0;
  e->callback = callback, e->arg = arg, e->base = base;
  e->heap_at = -1;
  e->deadline = upto(1 << 30);
  list_init(&e->active);
  if (fd >= base->fds) {
    int fds = base->fds * 2;
    while (fd >= fds) fds *= 2;
    base->by_fd = RENEW_ARRAY(base->by_fd, struct event *, fds);
    memset(base->by_fd + base->fds, 0, (fds - base->fds) * sizeof(struct event *));
    base->fds = fds;
  }
  if (events & 1) base->by_fd[fd] = e;
  if (upto(3) == 0) heap_push(base, e);
  return e;
}
static void on_read(int fd, short what, void *arg) { ((struct connection *)arg)->stats.bytes_in += fd; }
static void on_write(int fd, short what, void *arg) { ((struct connection *)arg)->stats.bytes_out += fd; }
static void on_session_timer(int fd, short what, void *arg) { ((struct session *)arg)->touched = 0; }
static void on_stats(int fd, short what, void *arg) { (*(uint64_t *)arg)++; }

static void *epoll_init(struct event_base *b) {
  struct epoll_state *s = NEW(struct epoll_state);
  s->epfd = 3, s->nevents = 64;
  s->events = NEW_ARRAY(uint64_t, 64);
  return s;
}
static int epoll_dispatch(struct event_base *b, void *data) { return ((struct epoll_state *)data)->nevents; }
static const struct backend epoll_backend = {"epoll", epoll_init, epoll_dispatch};

static void run_deferred(struct deferred *d, void *arg) { ((struct request *)arg)->method = 9; }
static void request_done(struct request *r, void *arg) { ((struct route *)arg)->upstreams->failures++; }

static struct session *session_find(uint64_t id) {
  struct rb_node **at = &sessions.node, *parent = NULL;
  while (*at) {
    struct session *s = container_of(*at, struct session, by_id);
    parent = *at;
    if (s->id == id) return s->references++, s;
    at = id < s->id ? &(*at)->left : &(*at)->right;
  }
  struct session *s = NEW(struct session);
  s->id = id, s->references = 1, s->touched = upto(1 << 30);
  char user[40];
  snprintf(user, sizeof user, "user%u@example.org", upto(500));
  s->user = upto(4) ? strdup(user) : NULL;
  list_init(&s->attributes);
  list_add(&s->lru, &session_lru);
  static const char *const names[] = {"cart", "locale", "csrf", "visits"};
  for (int n = upto(4); n > 0; n--) {
    struct attribute *a = NEW(struct attribute);
    a->name = names[n - 1];
    if (n == 4) a->value = NEW_ARRAY(uint64_t, 4), a->release = free, memset(a->value, 7, 32);
    else if (n == 3) a->value = strdup("f3a0c2b1d4e5968778695a4b3c2d1e0f"), a->release = free;
    else if (n == 2) a->value = (void *)"de_DE", a->release = NULL;
    else a->value = strdup("item=1;item=2"), a->release = free;
    list_add(&a->list, &s->attributes);
  }
  rb_link(&sessions, &s->by_id, parent, at);
  if (upto(5) == 0) heap_push(base, event_new(1, 0, on_session_timer, s));
  return s;
}
static struct route *route_find(const char *prefix) {
  struct rb_node **at = &routes.node, *parent = NULL;
  while (*at) {
    struct route *r = container_of(*at, struct route, node);
    int c = strcmp(prefix, r->prefix);
    parent = *at;
    if (c == 0) return r;
    at = c < 0 ? &(*at)->left : &(*at)->right;
  }
  struct route *r = NEW(struct route);
  r->prefix = strdup(prefix);
  r->upstreams = NULL;
  r->recent = NEW0_FLEX(struct ring, 16 * sizeof(struct request *));
  r->recent->size = 16;
  for (int n = 1 + upto(4); n > 0; n--) {
    struct upstream *u = NEW(struct upstream);
    char host[40];
    snprintf(host, sizeof host, "backend-%d.internal.example.org", n);
    u->host = strdup(host);
    u->weight = n, u->failures = 0;
    u->pool = NEW0_ARRAY(struct connection *, 8);
    u->pooled = 0;
    u->balancer = NEW_ARRAY(double, 4);
    u->next = r->upstreams;
    r->upstreams = u;
  }
  rb_link(&routes, &r->node, parent, at);
  return r;
}
static void add_header(struct request *r, const char *name, const char *value) {
  struct header *h = NEW(struct header);
  h->name = strdup(name), h->value = strdup(value), h->next = NULL;
  *r->last_header = h;
  r->last_header = &h->next;
}
static struct request *request_new(struct connection *c) {
  char text[120];
  struct request *r = NEW(struct request);
  r->conn = c;
  unsigned n = upto(60);
  snprintf(text, sizeof text, "/section%u/page/%u?sort=%u", n, upto(10000), upto(9));
  r->uri = strdup(text);
  r->headers = NULL;
  r->last_header = &r->headers;
  add_header(r, "Host", "www.example.org");
  add_header(r, "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
  for (int h = upto(4); h > 0; h--) add_header(r, "X-Forwarded-For", "10.0.0.1");
  r->method = upto(4), r->major = 1, r->minor = 1;
  snprintf(text, sizeof text, "/section%u", n);
  struct route *route = route_find(text);
  r->done = request_done, r->done_arg = route;
  route->recent->slots[route->recent->head++ % 16] = r;
  struct upstream *u = route->upstreams;
  if (u->pooled < 8) u->pool[u->pooled++] = c;
  list_add(&r->queue, &c->requests);
  if (upto(6) == 0) {
    struct deferred *d = NEW(struct deferred);
    d->run = run_deferred, d->arg = r;
    d->next = base->deferred;
    base->deferred = d;
  }
  c->stats.requests++;
  return r;
}
static struct connection *connection_new(int fd) {
  char text[200];
  struct connection *c = NEW(struct connection);
  c->fd = fd, c->port = upto(65536), c->state = upto(5);
  snprintf(text, sizeof text, "10.%u.%u.%u", upto(256), upto(256), upto(256));
  c->address = strdup(text);
  c->read_event = event_new(fd, 1, on_read, c);
  c->write_event = event_new(fd, 2, on_write, c);
  c->input = buffer_new(c), c->output = buffer_new(c);
  list_init(&c->requests);
  list_add(&c->all, &connections);
  c->session = upto(3) ? session_find(upto(1200)) : NULL;
  c->tls = NULL;
  if (upto(2)) {
    struct tls_state *t = NEW(struct tls_state);
    t->version = 0x303, t->conn = c, t->session_length = 64 + upto(100);
    t->session_data = NEW_RAW(t->session_length);
    memset(t->session_data, fd, t->session_length);
    c->tls = t;
  }
  memset(text, 'x', sizeof text);
  for (int n = upto(6); n > 0; n--) buffer_add(c->input, text, upto(200)), buffer_add(c->output, text, upto(180));
  return c;
}
static void connection_close(struct connection *c, int leak) {
  list_del(&c->all);
  while (c->requests.next != &c->requests) {
    struct request *r = container_of(c->requests.next, struct request, queue);
    list_del(&r->queue);
    // routes and deferred calls may still have it: it stays
    r->conn = NULL;
  }
  base->by_fd[c->fd] = NULL;
  buffer_free(c->input);
  if (!leak) buffer_free(c->output);
}

int main(void) {
  list_init(&connections), list_init(&session_lru);
  base = NEW0(struct event_base);
  base->fds = 32;
  base->by_fd = NEW0_ARRAY(struct event *, 32);
  list_init(&base->active);
  base->backend = &epoll_backend;
  base->backend_data = base->backend->init(base);
  uint64_t *counter = NEW0_ARRAY(uint64_t, 1);
  heap_push(base, event_new(0, 0, on_stats, counter));
  for (int i = 0; i < 6; i++) slabs[i].size = 96 << i, list_init(&slabs[i].lru);
  item_table = NEW0_ARRAY(struct item *, ITEM_SLOTS);
  char key[80];
  for (int i = 0; i < 9000; i++) {
    snprintf(key, sizeof key, "page:%u:%u", upto(100), i);
    item_store(key, upto(20) ? upto(150) : upto(2000));
    if (i % 3 == 0) item_evict(&slabs[upto(6)]);
  }
  struct connection *open[600];
  for (int i = 0; i < 600; i++) {
    open[i] = connection_new(8 + i);
    for (int n = upto(4); n > 0; n--) request_new(open[i]);
  }
  for (int round = 0; round < 4000; round++) {
    int i = upto(600);
    if (round % 10 == 0) {
      connection_close(open[i], round % 50 == 0);
      // events may still be in the heap: the structure stays with them
      open[i] = connection_new(8 + i);
    }
    buffer_add(open[i]->output, key, sizeof key);
    buffer_drain(open[i]->output, upto(90));
    if (round % 8 == 0) request_new(open[i]);
  }
  typelog_ready();
  return 0;
}
