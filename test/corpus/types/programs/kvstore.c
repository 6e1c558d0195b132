/* A key-value store: dicts of void *, objects of {type, encoding, pointer}, strings whose header lies in front of the pointer,
 * skip lists with flexible arrays, packed lists, and a server's clients with reply queues. */
#include "typelog.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t seed = 88172645463325252ull;
static unsigned upto(unsigned n) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (unsigned)(seed >> 20) % n;
}

/* strings: what is passed around points behind the header */
typedef char *sds;
struct __attribute__((packed)) sdshdr8 {
  uint8_t len;
  uint8_t alloc;
  unsigned char flags;
  char buf[];
};
struct __attribute__((packed)) sdshdr16 {
  uint16_t len;
  uint16_t alloc;
  unsigned char flags;
  char buf[];
};

static sds sdsnewlen(const void *init, size_t len, size_t spare) {
  if (len + spare < 256) {
    struct sdshdr8 *h = NEW_FLEX(struct sdshdr8, len + spare + 1);
    h->len = len, h->alloc = len + spare, h->flags = 1;
    memcpy(h->buf, init, len);
    h->buf[len] = 0;
    return h->buf;
  }
  struct sdshdr16 *h = NEW_FLEX(struct sdshdr16, len + spare + 1);
  h->len = len, h->alloc = len + spare, h->flags = 2;
  memcpy(h->buf, init, len);
  h->buf[len] = 0;
  return h->buf;
}
static sds sdsnew(const char *text) { return sdsnewlen(text, strlen(text), 0); }
static size_t sdslen(const sds s) { return s[-1] == 1 ? ((struct sdshdr8 *)(s - sizeof(struct sdshdr8)))->len : ((struct sdshdr16 *)(s - sizeof(struct sdshdr16)))->len; }
static void sdsfree(sds s) { free(s[-1] == 1 ? (void *)(s - sizeof(struct sdshdr8)) : (void *)(s - sizeof(struct sdshdr16))); }
static int sdscmp(const sds a, const sds b) {
  size_t la = sdslen(a), lb = sdslen(b);
  int cmp = memcmp(a, b, la < lb ? la : lb);
  return cmp != 0 ? cmp : (int)la - (int)lb;
}

/* dicts */
typedef struct dictEntry {
  void *key;
  union {
    void *val;
    uint64_t u64;
    int64_t s64;
    double d;
  } v;
  struct dictEntry *next;
} dictEntry;

typedef struct dictType {
  uint64_t (*hash)(const void *key);
  int (*compare)(const void *a, const void *b);
  void (*freeKey)(void *key);
  void (*freeVal)(void *val);
} dictType;

typedef struct dict {
  const dictType *type;
  dictEntry **table[2];
  unsigned long used[2];
  signed char exp[2];
  long rehashidx;
} dict;

static uint64_t sdshash(const void *key) {
  uint64_t h = 5381;
  const sds s = (const sds)key;
  for (size_t i = 0, n = sdslen(s); i < n; i++) h = h * 33 ^ (unsigned char)s[i];
  return h;
}
static int sdsequal(const void *a, const void *b) { return sdscmp((sds)a, (sds)b) == 0; }
static void freesds(void *s) { sdsfree(s); }
static void freeobject(void *o);

static const dictType keyspaceType = {sdshash, sdsequal, freesds, freeobject};
static const dictType hashType = {sdshash, sdsequal, freesds, freesds};
static const dictType setType = {sdshash, sdsequal, freesds, NULL};
static const dictType scoreType = {sdshash, sdsequal, NULL, NULL};
static const dictType expireType = {sdshash, sdsequal, NULL, NULL};

#define SLOTS(e) ((e) < 0 ? 0ul : 1ul << (e))

static dict *dictCreate(const dictType *type) {
  dict *d = NEW0(struct dict);
  d->type = type;
  d->exp[0] = d->exp[1] = -1;
  d->rehashidx = -1;
  return d;
}

static void dictRehash(dict *d, int steps) {
  while (steps-- > 0 && d->rehashidx >= 0) {
    while ((unsigned long)d->rehashidx < SLOTS(d->exp[0]) && d->table[0][d->rehashidx] == NULL) d->rehashidx++;
    if ((unsigned long)d->rehashidx < SLOTS(d->exp[0])) {
      dictEntry *e = d->table[0][d->rehashidx], *next;
      for (; e != NULL; e = next) {
        next = e->next;
        unsigned long slot = d->type->hash(e->key) & (SLOTS(d->exp[1]) - 1);
        e->next = d->table[1][slot];
        d->table[1][slot] = e;
        d->used[0]--, d->used[1]++;
      }
      d->table[0][d->rehashidx++] = NULL;
    }
    if (d->used[0] == 0) {
      free(d->table[0]);
      d->table[0] = d->table[1], d->used[0] = d->used[1], d->exp[0] = d->exp[1];
      d->table[1] = NULL, d->used[1] = 0, d->exp[1] = -1;
      d->rehashidx = -1;
    }
  }
}

static dictEntry *dictFind(dict *d, const void *key) {
  uint64_t h = d->type->hash(key);
  for (int t = 0; t < 2; t++) {
    if (d->exp[t] < 0) continue;
    for (dictEntry *e = d->table[t][h & (SLOTS(d->exp[t]) - 1)]; e != NULL; e = e->next)
      if (d->type->compare(e->key, key)) return e;
  }
  return NULL;
}

static dictEntry *dictAdd(dict *d, void *key) {
  if (d->rehashidx >= 0) dictRehash(d, 1);
  if (d->exp[0] < 0) {
    d->exp[0] = 2;
    d->table[0] = NEW0_ARRAY(dictEntry *, 4);
  } else if (d->rehashidx < 0 && d->used[0] >= SLOTS(d->exp[0])) {
    d->exp[1] = d->exp[0] + 1;
    d->table[1] = NEW0_ARRAY(dictEntry *, SLOTS(d->exp[1]));
    d->rehashidx = 0;
  }
  int t = d->rehashidx >= 0;
  unsigned long slot = d->type->hash(key) & (SLOTS(d->exp[t]) - 1);
  dictEntry *e = NEW(struct dictEntry);
  e->key = key;
  e->next = d->table[t][slot];
  d->table[t][slot] = e;
  d->used[t]++;
  return e;
}

static int dictDelete(dict *d, const void *key) {
  uint64_t h = d->type->hash(key);
  for (int t = 0; t < 2; t++) {
    if (d->exp[t] < 0) continue;
    dictEntry **at = &d->table[t][h & (SLOTS(d->exp[t]) - 1)];
    for (; *at != NULL; at = &(*at)->next) {
      dictEntry *e = *at;
      if (!d->type->compare(e->key, key)) continue;
      *at = e->next;
      if (d->type->freeKey) d->type->freeKey(e->key);
      if (d->type->freeVal) d->type->freeVal(e->v.val);
      free(e);
      d->used[t]--;
      return 1;
    }
  }
  return 0;
}

static void dictRelease(dict *d) {
  for (int t = 0; t < 2; t++) {
    for (unsigned long i = 0; i < SLOTS(d->exp[t]); i++)
      for (dictEntry *e = d->table[t][i], *next; e != NULL; e = next) {
        next = e->next;
        if (d->type->freeKey) d->type->freeKey(e->key);
        if (d->type->freeVal) d->type->freeVal(e->v.val);
        free(e);
      }
    free(d->table[t]);
  }
  free(d);
}

/* sorted sets */
typedef struct zskiplistNode {
  sds ele;
  double score;
  struct zskiplistNode *backward;
  struct zskiplistLevel {
    struct zskiplistNode *forward;
    unsigned long span;
  } level[];
} zskiplistNode;

typedef struct zskiplist {
  struct zskiplistNode *header, *tail;
  unsigned long length;
  int level;
} zskiplist;

typedef struct zset {
  dict *dict;
  zskiplist *zsl;
} zset;

#define MAXLEVEL 16

static zskiplistNode *zslNode(int level, double score, sds ele) {
  zskiplistNode *n = NEW_FLEX(struct zskiplistNode, level * sizeof(struct zskiplistLevel));
  n->score = score;
  n->ele = ele;
  return n;
}

static zskiplist *zslCreate(void) {
  zskiplist *z = NEW(struct zskiplist);
  z->level = 1;
  z->length = 0;
  z->header = zslNode(MAXLEVEL, 0, NULL);
  memset(z->header->level, 0, MAXLEVEL * sizeof(struct zskiplistLevel));
  z->header->backward = z->tail = NULL;
  return z;
}

static void zslInsert(zskiplist *z, double score, sds ele) {
  zskiplistNode *update[MAXLEVEL], *x = z->header;
  int level = 1;
  for (int i = z->level - 1; i >= 0; i--) {
    while (x->level[i].forward && (x->level[i].forward->score < score || (x->level[i].forward->score == score && sdscmp(x->level[i].forward->ele, ele) < 0))) x = x->level[i].forward;
    update[i] = x;
  }
  while (level < MAXLEVEL && upto(4) == 0) level++;
  for (; z->level < level; z->level++) update[z->level] = z->header;
  x = zslNode(level, score, ele);
  for (int i = 0; i < level; i++) {
    x->level[i].forward = update[i]->level[i].forward;
    x->level[i].span = 1;
    update[i]->level[i].forward = x;
  }
  x->backward = update[0] == z->header ? NULL : update[0];
  if (x->level[0].forward) x->level[0].forward->backward = x;
  else z->tail = x;
  z->length++;
}

static void zsetRelease(zset *z) {
  for (zskiplistNode *n = z->zsl->header->level[0].forward, *next; n != NULL; n = next) {
    next = n->level[0].forward;
    sdsfree(n->ele);
    free(n);
  }
  free(z->zsl->header);
  free(z->zsl);
  dictRelease(z->dict);
  free(z);
}

/* lists of packed nodes */
typedef struct quicklistNode {
  struct quicklistNode *prev, *next;
  unsigned char *entry;
  size_t sz;
  unsigned int count : 16;
  unsigned int encoding : 2;
  unsigned int container : 2;
} quicklistNode;

typedef struct quicklist {
  quicklistNode *head, *tail;
  unsigned long count, len;
} quicklist;

static unsigned char *lpNew(void) {
  unsigned char *lp = NEW_ARRAY(unsigned char, 7);
  memcpy(lp, "\7\0\0\0\0\0\xff", 7);
  return lp;
}
static unsigned char *lpAppend(unsigned char *lp, const char *text) {
  uint32_t bytes, len = (uint32_t)strlen(text);
  memcpy(&bytes, lp, 4);
  lp = RENEW_ARRAY(lp, unsigned char, bytes + len + 2);
  lp[bytes - 1] = 0x80 | (len & 63);
  memcpy(lp + bytes, text, len);
  lp[bytes + len] = (unsigned char)(len + 1);
  lp[bytes + len + 1] = 0xff;
  bytes += len + 2;
  memcpy(lp, &bytes, 4);
  return lp;
}

static quicklist *quicklistNew(void) { return NEW0(struct quicklist); }
static void quicklistPush(quicklist *q, const char *text) {
  if (q->tail == NULL || q->tail->count >= 24) {
    quicklistNode *n = NEW(struct quicklistNode);
    n->entry = lpNew();
    n->count = 0, n->encoding = 1, n->container = 2, n->next = NULL;
    n->prev = q->tail;
    if (q->tail) q->tail->next = n;
    else q->head = n;
    q->tail = n;
    q->len++;
  }
  q->tail->entry = lpAppend(q->tail->entry, text);
  q->tail->sz += strlen(text);
  q->tail->count++;
  q->count++;
}
static void quicklistRelease(quicklist *q) {
  for (quicklistNode *n = q->head, *next; n != NULL; n = next) {
    next = n->next;
    free(n->entry);
    free(n);
  }
  free(q);
}

/* integer sets */
typedef struct intset {
  uint32_t encoding;
  uint32_t length;
  int8_t contents[];
} intset;

/* objects */
enum { OBJ_STRING, OBJ_LIST, OBJ_SET, OBJ_ZSET, OBJ_HASH };
enum { ENC_RAW, ENC_INT, ENC_HT, ENC_QUICKLIST, ENC_SKIPLIST, ENC_LISTPACK, ENC_INTSET };

typedef struct redisObject {
  unsigned type : 4;
  unsigned encoding : 4;
  unsigned lru : 24;
  int refcount;
  void *ptr;
} robj;

static robj *createObject(int type, int encoding, void *ptr) {
  robj *o = NEW(struct redisObject);
  o->type = type, o->encoding = encoding, o->lru = upto(1 << 20), o->refcount = 1;
  o->ptr = ptr;
  return o;
}

static void freeobject(void *p) {
  robj *o = p;
  if (o == NULL || --o->refcount > 0) return;
  switch (o->encoding) {
  case ENC_RAW: sdsfree(o->ptr); break;
  case ENC_HT: dictRelease(o->ptr); break;
  case ENC_QUICKLIST: quicklistRelease(o->ptr); break;
  case ENC_SKIPLIST: zsetRelease(o->ptr); break;
  case ENC_LISTPACK:
  case ENC_INTSET: free(o->ptr); break;
  }
  free(o);
}

/* generic list of void *, as clients and replies use it */
typedef struct listNode {
  struct listNode *prev, *next;
  void *value;
} listNode;
typedef struct list {
  listNode *head, *tail;
  void (*free)(void *value);
  unsigned long len;
} list;

static list *listCreate(void (*release)(void *)) {
  list *l = NEW0(struct list);
  l->free = release;
  return l;
}
static void listAdd(list *l, void *value) {
  listNode *n = NEW(struct listNode);
  n->value = value;
  n->next = NULL;
  n->prev = l->tail;
  if (l->tail) l->tail->next = n;
  else l->head = n;
  l->tail = n;
  l->len++;
}
static void *listPop(list *l) {
  listNode *n = l->head;
  void *value = n->value;
  l->head = n->next;
  if (n->next) n->next->prev = NULL;
  else l->tail = NULL;
  l->len--;
  free(n);
  return value;
}

typedef struct clientReplyBlock {
  size_t size, used;
  char buf[];
} clientReplyBlock;

typedef struct client {
  uint64_t id;
  int fd;
  struct database *db;
  robj *name;
  sds querybuf;
  int argc;
  robj **argv;
  list *reply;
  dict *subscriptions;
  char *peer;
  void *module_data;
} client;

typedef struct database {
  dict *keys;
  dict *expires;
  int id;
  long long avg_ttl;
} database;

static struct {
  database *dbs;
  int dbnum;
  list *clients;
  list *slowlog;
  dict *scripts;
  robj *shared[32];
} server;

typedef struct slowlogEntry {
  robj **argv;
  int argc;
  long long id, duration, time;
  sds cname;
} slowlogEntry;

static sds textOf(const char *what, unsigned n) {
  char text[400];
  int length = snprintf(text, sizeof text, "%s:%u", what, n);
  if (upto(12) == 0) {
    memset(text + length, 'x', 320 - length);
    length = 320;
  }
  return sdsnewlen(text, length, upto(5) == 0 ? 20 : 0);
}

static robj *randomValue(void) {
  char text[64];
  switch (upto(9)) {
  case 0:
    return createObject(OBJ_STRING, ENC_INT, (void *)(long)upto(100000));
  case 1: {
    quicklist *q = quicklistNew();
    for (int i = upto(60); i >= 0; i--) {
      snprintf(text, sizeof text, "element %d", i);
      quicklistPush(q, text);
    }
    return createObject(OBJ_LIST, ENC_QUICKLIST, q);
  }
  case 2: {
    dict *d = dictCreate(&hashType);
    for (int i = upto(20); i >= 0; i--) dictAdd(d, textOf("field", i))->v.val = textOf("value", upto(1000));
    return createObject(OBJ_HASH, ENC_HT, d);
  }
  case 3: {
    dict *d = dictCreate(&setType);
    for (int i = upto(16); i >= 0; i--) dictAdd(d, textOf("member", i))->v.val = NULL;
    return createObject(OBJ_SET, ENC_HT, d);
  }
  case 4: {
    zset *z = NEW(struct zset);
    z->dict = dictCreate(&scoreType);
    z->zsl = zslCreate();
    for (int i = upto(14); i >= 0; i--) {
      sds ele = textOf("player", i);
      double score = upto(1000);
      zslInsert(z->zsl, score, ele);
      dictAdd(z->dict, ele)->v.d = score;
    }
    return createObject(OBJ_ZSET, ENC_SKIPLIST, z);
  }
  case 5: {
    int n = 2 + upto(30);
    intset *s = NEW_FLEX(struct intset, 4 * n);
    s->encoding = 4, s->length = n;
    for (int i = 0; i < n; i++) ((int32_t *)s->contents)[i] = i * 7;
    return createObject(OBJ_SET, ENC_INTSET, s);
  }
  case 6: {
    unsigned char *lp = lpNew();
    for (int i = upto(8); i >= 0; i--) lp = lpAppend(lp, "listpack");
    return createObject(OBJ_HASH, ENC_LISTPACK, lp);
  }
  default:
    return createObject(OBJ_STRING, ENC_RAW, textOf("value", upto(1 << 20)));
  }
}

static void set(database *db, sds key, robj *value) {
  dictEntry *e = dictFind(db->keys, key);
  if (e != NULL) {
    freeobject(e->v.val);
    e->v.val = value;
    sdsfree(key);
    return;
  }
  dictAdd(db->keys, key)->v.val = value;
  if (upto(4) == 0) dictAdd(db->expires, key)->v.s64 = 1700000000000ll + upto(1 << 30);
}

static void freeReply(void *block) { free(block); }

static client *connectClient(int i) {
  client *c = NEW(struct client);
  char peer[40];
  c->id = i, c->fd = i + 5;
  c->db = &server.dbs[upto(server.dbnum)];
  c->name = upto(2) ? createObject(OBJ_STRING, ENC_RAW, textOf("client", i)) : NULL;
  c->querybuf = sdsnewlen("GET key", 7, 200);
  c->argc = 1 + upto(5);
  c->argv = NEW_ARRAY(robj *, c->argc);
  for (int a = 0; a < c->argc; a++) {
    c->argv[a] = a == 0 ? server.shared[upto(32)] : createObject(OBJ_STRING, ENC_RAW, textOf("argument", a));
    c->argv[a]->refcount++;
  }
  c->reply = listCreate(freeReply);
  for (int n = upto(4); n > 0; n--) {
    clientReplyBlock *block = NEW_FLEX(struct clientReplyBlock, 512);
    block->size = 512, block->used = 100;
    listAdd(c->reply, block);
  }
  c->subscriptions = dictCreate(&setType);
  if (upto(3) == 0) dictAdd(c->subscriptions, textOf("channel", upto(20)));
  snprintf(peer, sizeof peer, "192.168.%u.%u:%u", upto(250), upto(250), 1024 + upto(60000));
  c->peer = strdup(peer);
  c->module_data = upto(5) == 0 ? NEW_RAW(64) : NULL;
  return c;
}

int main(void) {
  server.dbnum = 4;
  server.dbs = NEW0_ARRAY(struct database, 4);
  server.clients = listCreate(NULL);
  server.slowlog = listCreate(NULL);
  server.scripts = dictCreate(&keyspaceType);
  for (int i = 0; i < 32; i++) server.shared[i] = createObject(OBJ_STRING, ENC_RAW, textOf("shared", i));
  for (int i = 0; i < server.dbnum; i++) {
    server.dbs[i].id = i;
    server.dbs[i].keys = dictCreate(&keyspaceType);
    server.dbs[i].expires = dictCreate(&expireType);
  }
  for (int i = 0; i < 4000; i++) {
    database *db = &server.dbs[upto(server.dbnum)];
    set(db, textOf("key", upto(2500)), randomValue());
    if (i % 5 == 0) {
      sds key = textOf("key", upto(2500));
      dictDelete(db->expires, key);
      dictDelete(db->keys, key);
      sdsfree(key);
    }
  }
  for (int i = 0; i < 80; i++) dictAdd(server.scripts, textOf("sha", i))->v.val = createObject(OBJ_STRING, ENC_RAW, textOf("return redis.call('get', KEYS[1]) --", i));
  for (int i = 0; i < 200; i++) listAdd(server.clients, connectClient(i));
  for (int i = 0; i < 60; i++) {
    client *c = listPop(server.clients);
    // argv and the replies are forgotten
    dictRelease(c->subscriptions);
    sdsfree(c->querybuf);
    free(c->peer);
    free(c);
  }
  for (int i = 0; i < 128; i++) {
    slowlogEntry *e = NEW(struct slowlogEntry);
    e->argc = 2 + upto(3);
    e->argv = NEW_ARRAY(robj *, e->argc);
    for (int a = 0; a < e->argc; a++) e->argv[a] = createObject(OBJ_STRING, ENC_RAW, textOf("slow", a));
    e->id = i, e->duration = upto(100000), e->time = 1700000000 + i;
    e->cname = textOf("name", i);
    listAdd(server.slowlog, e);
  }
  typelog_ready();
  return 0;
}
