/* An embedded database: a pager whose pages are void *, B-trees with cursors, a schema in hash tables, prepared statements as
 * void * handles, embedded list nodes, tables of functions, and memory that is handed out with its size in front. */
#include "typelog.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t seed = 99;
static unsigned upto(unsigned n) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 9) % n;
}

#define PAGE 1024

/* the file system, behind a table of functions */
typedef struct vfs_file vfs_file;
struct vfs_methods {
  int version;
  int (*read)(vfs_file *, void *, int, int64_t);
  int (*write)(vfs_file *, const void *, int, int64_t);
  void (*close)(vfs_file *);
};
struct vfs_file {
  const struct vfs_methods *methods;
};
struct memory_file {
  vfs_file base;
  struct file_chunk *first;
  int64_t size;
  char *name;
};
struct file_chunk {
  struct file_chunk *next;
  uint8_t bytes[];
};
#define CHUNK 4088

static int memory_read(vfs_file *file, void *into, int bytes, int64_t at) { return bytes; }
static int memory_write(vfs_file *file, const void *from, int bytes, int64_t at) {
  struct memory_file *f = (struct memory_file *)file;
  struct file_chunk **chunk = &f->first;
  for (int64_t skip = at / CHUNK; skip >= 0; skip--) {
    if (*chunk == NULL) {
      *chunk = NEW_FLEX(struct file_chunk, CHUNK);
      (*chunk)->next = NULL;
    }
    if (skip > 0) chunk = &(*chunk)->next;
  }
  int room = CHUNK - (int)(at % CHUNK);
  memcpy((*chunk)->bytes + at % CHUNK, from, bytes < room ? bytes : room);
  if (at + bytes > f->size) f->size = at + bytes;
  return 0;
}
static void memory_close(vfs_file *file) {
  struct memory_file *f = (struct memory_file *)file;
  for (struct file_chunk *c = f->first, *next; c; c = next) next = c->next, free(c);
  free(f->name);
  free(f);
}
static const struct vfs_methods memory_methods = {1, memory_read, memory_write, memory_close};

static vfs_file *open_memory(const char *name) {
  struct memory_file *f = NEW(struct memory_file);
  f->base.methods = &memory_methods;
  f->first = NULL, f->size = 0;
  f->name = strdup(name);
  return &f->base;
}

/* pager: a page's data, its header and what a tree keeps of it are one block or two */
typedef struct page_header {
  uint32_t number;
  uint16_t flags;
  int16_t references;
  void *data;
  void *extra;
  struct page_header *hash_next;
  struct page_header *dirty_next, *dirty_prev;
  struct page_header *lru_next, *lru_prev;
  struct pager *pager;
} page_header;

struct pcache {
  page_header **slots;
  unsigned slot_count, page_count, most;
  page_header *lru_first, *lru_last;
};
struct pager {
  vfs_file *file, *journal;
  struct pcache *cache;
  page_header *dirty;
  uint32_t page_total;
  uint8_t *scratch;
  void (*reinit)(page_header *);
  uint32_t *savepoint_pages;
  int savepoints;
};

static page_header *page_get(struct pager *p, uint32_t number);

/* B-trees */
struct cell_info {
  int64_t key;
  uint8_t *payload;
  uint32_t payload_size;
};
struct mem_page {
  uint8_t is_init, leaf, int_key;
  uint16_t cell_count;
  uint32_t number;
  struct btree_shared *bt;
  uint8_t *data, *data_end, *cell_index;
  page_header *db_page;
};
struct btree_shared {
  struct pager *pager;
  struct btree_cursor *cursors;
  struct mem_page *page1;
  uint16_t page_size, usable;
  int references;
  void *schema;
  void (*free_schema)(void *);
  struct btree_lock *locks;
  uint8_t *temp;
};
struct btree_lock {
  struct btree *owner;
  uint32_t table;
  uint8_t kind;
  struct btree_lock *next;
};
struct btree {
  struct connection *db;
  struct btree_shared *shared;
  uint8_t in_transaction;
  struct btree *next, *prev;
};
struct btree_cursor {
  uint8_t state, flags;
  struct btree *tree;
  struct btree_cursor *next;
  struct key_info *key_info;
  struct cell_info info;
  int8_t depth;
  uint16_t index[8];
  struct mem_page *page;
  struct mem_page *stack[7];
  void *saved_key;
  int64_t saved_size;
};

/* schema */
struct hash_elem {
  struct hash_elem *next, *prev;
  void *data;
  const char *key;
};
struct hash {
  unsigned size, count;
  struct hash_elem *first;
  struct hash_bucket {
    unsigned count;
    struct hash_elem *chain;
  } *buckets;
};
struct collation {
  char *name;
  int (*compare)(void *, int, const void *, int, const void *);
  void *user;
};
struct key_info {
  uint32_t references;
  uint16_t fields;
  struct connection *db;
  uint8_t *orders;
  struct collation *collations[];
};
struct column {
  char *name;
  char *default_text;
  uint8_t affinity, not_null;
};
struct index {
  char *name;
  int16_t *columns;
  uint16_t column_count;
  struct table *table;
  struct index *next;
  uint32_t root;
  double *estimates;
};
struct foreign_key {
  struct table *from;
  struct foreign_key *next_from;
  char *to;
  struct foreign_key *next_to, *prev_to;
  int column_count;
  struct {
    int from;
    char *column;
  } map[];
};
struct table {
  char *name;
  struct column *columns;
  int16_t column_count;
  struct index *indexes;
  struct foreign_key *foreign;
  uint32_t root;
  struct schema *schema;
};
struct schema {
  int cookie;
  struct hash tables, indexes, foreign;
};

/* virtual machine */
enum { MEM_NULL = 1, MEM_INT = 4, MEM_REAL = 8, MEM_TEXT = 2, MEM_BLOB = 16 };
struct mem {
  union {
    double r;
    int64_t i;
    int zero;
  } u;
  char *z;
  int n;
  uint16_t flags;
  uint8_t encoding;
  struct connection *db;
  int room;
  char *own;
  void (*release)(void *);
};
struct op {
  uint8_t opcode;
  int8_t p4type;
  uint16_t p5;
  int p1, p2, p3;
  union {
    int i;
    void *p;
    char *z;
    int64_t *i64;
    double *real;
    struct collation *collation;
    struct key_info *key_info;
    struct table *table;
  } p4;
};
enum { P4_NONE, P4_TEXT, P4_INT64, P4_REAL, P4_COLLATION, P4_KEYINFO, P4_TABLE };
struct sorter_record {
  int size;
  union {
    struct sorter_record *next;
    int offset;
  } u;
  /* the record itself follows */
};
struct sorter {
  struct key_info *key_info;
  struct sorter_record *list;
  uint8_t *memory;
  int used, room;
};
struct vdbe_cursor {
  uint8_t kind;
  uint16_t fields;
  union {
    struct btree_cursor *cursor;
    struct sorter *sorter;
  } uc;
  uint32_t *offsets;
  struct key_info *key_info;
  uint32_t types[];
};
struct statement {
  struct connection *db;
  struct statement *prev, *next;
  struct op *ops;
  int op_count, op_room;
  struct mem *registers, *variables;
  int register_count, variable_count;
  struct vdbe_cursor **cursors;
  int cursor_count;
  char *sql;
  char **column_names;
  int column_count, pc;
};

struct list_node {
  struct list_node *next, *prev;
};
struct function {
  const char *name;
  int arguments;
  void (*call)(void *, int, struct mem **);
  void *user;
  struct list_node all;
};
struct function_user {
  int calls;
  char *pattern;
  double *weights;
};
struct connection {
  struct btree *tree;
  struct schema *schema;
  struct statement *statements;
  struct list_node functions;
  struct hash collations;
  struct lookaside {
    uint16_t size, total;
    struct slot {
      struct slot *next;
    } *free;
    void *start, *end;
  } lookaside;
  int (*busy)(void *, int);
  void *busy_arg;
  char *error;
};

static unsigned text_hash(const char *text) {
  unsigned h = 0;
  while (*text) h = (h + (*text++ & 0xdf)) * 0x9e3779b1u;
  return h;
}
static void hash_insert(struct hash *h, const char *key, void *data) {
  if (h->count >= 10 && h->count > 2 * h->size) {
    unsigned size = h->count * 2;
    free(h->buckets);
    h->buckets = NEW0_ARRAY(struct hash_bucket, size);
    h->size = size;
    struct hash_elem *e = h->first;
    h->first = NULL;
    for (struct hash_elem *next; e; e = next) {
      next = e->next;
      struct hash_bucket *b = &h->buckets[text_hash(e->key) % size];
      struct hash_elem *head = b->count ? b->chain : h->first;
      e->next = head;
      e->prev = head ? head->prev : NULL;
      if (head && head->prev) head->prev->next = e;
      if (head == NULL || head == h->first) h->first = e;
      if (head) head->prev = e;
      b->count++, b->chain = e;
    }
  }
  struct hash_elem *e = NEW(struct hash_elem);
  e->key = key, e->data = data, e->prev = NULL, e->next = h->first;
  if (h->first) h->first->prev = e;
  h->first = e;
  if (h->buckets) {
    struct hash_bucket *b = &h->buckets[text_hash(key) % h->size];
    b->count++, b->chain = e;
  }
  h->count++;
}

static page_header *page_get(struct pager *p, uint32_t number) {
  struct pcache *c = p->cache;
  for (page_header *h = c->slots[number % c->slot_count]; h; h = h->hash_next)
    if (h->number == number) return h->references++, h;
  page_header *h = NULL;
  if (c->page_count >= c->most && c->lru_last != NULL) {
    h = c->lru_last;
    c->lru_last = h->lru_prev;
    if (c->lru_last) c->lru_last->lru_next = NULL;
    else c->lru_first = NULL;
    page_header **at = &c->slots[h->number % c->slot_count];
    while (*at != h) at = &(*at)->hash_next;
    *at = h->hash_next;
  } else {
    h = NEW(struct page_header);
    h->data = NEW_RAW(PAGE);
    h->extra = NEW0(struct mem_page);
    c->page_count++;
  }
  h->number = number, h->flags = 0, h->references = 1, h->pager = p;
  h->dirty_next = h->dirty_prev = h->lru_next = h->lru_prev = NULL;
  h->hash_next = c->slots[number % c->slot_count];
  c->slots[number % c->slot_count] = h;
  return h;
}
static void page_release(page_header *h) {
  if (--h->references > 0 || h->flags & 1) return;
  struct pcache *c = h->pager->cache;
  h->lru_next = c->lru_first, h->lru_prev = NULL;
  if (c->lru_first) c->lru_first->lru_prev = h;
  else c->lru_last = h;
  c->lru_first = h;
}
static struct mem_page *tree_page(struct btree_shared *bt, uint32_t number) {
  page_header *h = page_get(bt->pager, number);
  struct mem_page *m = h->extra;
  m->is_init = 1, m->leaf = number % 4 != 0, m->number = number, m->bt = bt;
  m->data = h->data, m->data_end = m->data + PAGE, m->cell_index = m->data + 8;
  m->cell_count = upto(20);
  m->db_page = h;
  return m;
}
static void page_write(struct mem_page *m) {
  page_header *h = m->db_page;
  memset(m->data, m->number, PAGE / 4);
  if (h->flags & 1) return;
  h->flags |= 1;
  h->dirty_next = h->pager->dirty;
  if (h->dirty_next) h->dirty_next->dirty_prev = h;
  h->pager->dirty = h;
  h->pager->file->methods->write(h->pager->file, h->data, PAGE, (int64_t)(h->number % 150) * PAGE);
}

static struct key_info *new_key_info(struct connection *db, int fields) {
  struct key_info *k = NEW0_FLEX(struct key_info, fields * (sizeof(struct collation *) + 1));
  k->references = 1, k->fields = fields, k->db = db;
  k->orders = (uint8_t *)&k->collations[fields];
  int n = 0;
  for (struct hash_elem *e = db->collations.first; e && n < fields; e = e->next) k->collations[n++] = upto(2) ? e->data : NULL;
  return k;
}

static struct btree_cursor *open_cursor(struct btree *tree, struct key_info *info) {
  struct btree_cursor *c = NEW(struct btree_cursor);
  memset(c, 0, offsetof(struct btree_cursor, info));
  c->tree = tree, c->key_info = info;
  c->next = tree->shared->cursors;
  tree->shared->cursors = c;
  c->depth = upto(3);
  for (int i = 0; i < c->depth; i++) c->stack[i] = tree_page(tree->shared, 4 + upto(900));
  c->page = tree_page(tree->shared, 5 + upto(900));
  c->info.payload = c->page->data + upto(PAGE);
  c->saved_key = upto(4) ? NULL : NEW_RAW(24 + upto(40));
  if (upto(3) == 0) page_write(c->page);
  return c;
}

static struct table *create_table(struct connection *db, int n) {
  char text[80];
  struct table *t = NEW0(struct table);
  snprintf(text, sizeof text, n % 3 ? "table_%d" : "customer_addresses_history_%d", n);
  t->name = strdup(text);
  t->column_count = 2 + upto(12);
  t->columns = NEW_ARRAY(struct column, (t->column_count + 7) & ~7);
  for (int i = 0; i < t->column_count; i++) {
    snprintf(text, sizeof text, "column_%d", i);
    t->columns[i] = (struct column){strdup(text), upto(4) ? NULL : strdup("'none'"), upto(5), upto(2)};
  }
  t->root = 4 + upto(900);
  t->schema = db->schema;
  for (unsigned k = upto(4); k > 0; k--) {
    struct index *x = NEW(struct index);
    snprintf(text, sizeof text, "index_%u_of_%s", k, t->name);
    x->name = strdup(text);
    x->column_count = 1 + upto(4);
    x->columns = NEW_ARRAY(int16_t, x->column_count);
    for (int i = 0; i < x->column_count; i++) x->columns[i] = upto(t->column_count);
    x->table = t, x->root = 4 + upto(900), x->next = t->indexes;
    x->estimates = upto(2) ? NEW_ARRAY(double, x->column_count + 1) : NULL;
    t->indexes = x;
    hash_insert(&db->schema->indexes, x->name, x);
  }
  if (upto(3) == 0) {
    int count = 1 + upto(3);
    struct foreign_key *f = NEW0_FLEX(struct foreign_key, count * 16);
    f->from = t, f->column_count = count, f->next_from = t->foreign;
    f->to = strdup("table_1");
    for (int i = 0; i < count; i++) f->map[i].from = i, f->map[i].column = upto(2) ? strdup("id") : NULL;
    if (db->schema->foreign.first) {
      struct foreign_key *other = db->schema->foreign.first->data;
      f->next_to = other;
      other->prev_to = f;
    }
    t->foreign = f;
    hash_insert(&db->schema->foreign, f->to, f);
  }
  hash_insert(&db->schema->tables, t->name, t);
  return t;
}

static struct op *add_op(struct statement *s) {
  if (s->op_count == s->op_room) {
    s->op_room = s->op_room ? 2 * s->op_room : 16;
    s->ops = RENEW_ARRAY(s->ops, struct op, s->op_room);
  }
  struct op *o = &s->ops[s->op_count++];
  o->opcode = upto(120), o->p4type = P4_NONE, o->p5 = 0;
  o->p1 = upto(10), o->p2 = upto(10), o->p3 = 0;
  o->p4.p = NULL;
  return o;
}

/* the caller only gets a void * */
static void *prepare(struct connection *db, const char *sql, struct table *t) {
  struct statement *s = NEW0(struct statement);
  s->db = db;
  s->next = db->statements;
  if (s->next) s->next->prev = s;
  db->statements = s;
  s->sql = strdup(sql);
  struct key_info *info = new_key_info(db, 1 + upto(3));
  for (unsigned n = 8 + upto(30); n > 0; n--) {
    struct op *o = add_op(s);
    switch (upto(9)) {
    case 0: o->p4type = P4_TEXT, o->p4.z = strdup("a constant of the statement"); break;
    case 1: o->p4type = P4_INT64, o->p4.i64 = NEW_ARRAY(int64_t, 1), *o->p4.i64 = 1ll << 40; break;
    case 2: o->p4type = P4_REAL, o->p4.real = NEW_ARRAY(double, 1), *o->p4.real = 0.25; break;
    case 3: o->p4type = P4_KEYINFO, o->p4.key_info = info, info->references++; break;
    case 4: o->p4type = P4_TABLE, o->p4.table = t; break;
    }
  }
  s->register_count = 3 + upto(10);
  s->registers = NEW0_ARRAY(struct mem, s->register_count);
  for (int i = 0; i < s->register_count; i++) {
    struct mem *m = &s->registers[i];
    m->db = db;
    switch (upto(4)) {
    case 0: m->flags = MEM_INT, m->u.i = upto(1000); break;
    case 1:
      m->flags = MEM_TEXT, m->room = 32, m->own = m->z = NEW_ARRAY(char, 32);
      m->n = snprintf(m->z, 32, "value %d", i);
      break;
    case 2: m->flags = MEM_REAL, m->u.r = 0.5; break;
    default: m->flags = MEM_NULL;
    }
  }
  s->variable_count = upto(4);
  if (s->variable_count) s->variables = NEW0_ARRAY(struct mem, s->variable_count);
  s->cursor_count = 1 + upto(3);
  s->cursors = NEW0_ARRAY(struct vdbe_cursor *, s->cursor_count);
  for (int i = 0; i < s->cursor_count; i++) {
    int fields = t->column_count;
    struct vdbe_cursor *c = NEW0_FLEX(struct vdbe_cursor, 2 * fields * sizeof(uint32_t));
    c->kind = upto(4) == 0, c->fields = fields, c->key_info = info;
    c->offsets = c->types + fields;
    if (c->kind) {
      struct sorter *sorter = NEW0(struct sorter);
      sorter->key_info = info;
      for (unsigned n = upto(12); n > 0; n--) {
        int size = 10 + upto(60);
        struct sorter_record *r = NEW_FLEX(struct sorter_record, size);
        r->size = size;
        r->u.next = sorter->list;
        memset(r + 1, 'r', size);
        sorter->list = r;
      }
      c->uc.sorter = sorter;
    } else c->uc.cursor = open_cursor(db->tree, info);
    s->cursors[i] = c;
  }
  s->column_count = t->column_count;
  s->column_names = NEW_ARRAY(char *, s->column_count);
  for (int i = 0; i < s->column_count; i++) s->column_names[i] = t->columns[i].name;
  return s;
}

static void finalize(void *handle) {
  struct statement *s = handle;
  if (s->prev) s->prev->next = s->next;
  else s->db->statements = s->next;
  if (s->next) s->next->prev = s->prev;
  for (int i = 0; i < s->op_count; i++)
    if (s->ops[i].p4type == P4_TEXT || s->ops[i].p4type == P4_INT64 || s->ops[i].p4type == P4_REAL) free(s->ops[i].p4.p);
  for (int i = 0; i < s->register_count; i++) free(s->registers[i].own);
  for (int i = 0; i < s->cursor_count; i++) {
    struct vdbe_cursor *c = s->cursors[i];
    if (c->kind) {
      for (struct sorter_record *r = c->uc.sorter->list, *next; r; r = next) next = r->u.next, free(r);
      free(c->uc.sorter);
    } else {
      struct btree_cursor **at = &c->uc.cursor->tree->shared->cursors;
      while (*at != c->uc.cursor) at = &(*at)->next;
      *at = c->uc.cursor->next;
      page_release(c->uc.cursor->page->db_page);
      free(c->uc.cursor->saved_key);
      free(c->uc.cursor);
    }
    free(c);
  }
  free(s->cursors), free(s->ops), free(s->registers), free(s->variables), free(s->sql), free(s->column_names);
  free(s);
}

static int compare_binary(void *user, int a, const void *x, int b, const void *y) { return a - b; }
static void call_match(void *user, int n, struct mem **arguments) { ((struct function_user *)user)->calls++; }
static int busy(void *arg, int count) { return ++*(int *)arg < count; }

static struct connection *open_database(const char *name) {
  struct connection *db = NEW0(struct connection);
  struct btree *tree = NEW0(struct btree);
  struct btree_shared *bt = NEW0(struct btree_shared);
  struct pager *pager = NEW0(struct pager);
  db->tree = tree;
  tree->db = db, tree->shared = bt;
  bt->pager = pager, bt->page_size = PAGE, bt->references = 1;
  bt->temp = NEW_ARRAY(uint8_t, PAGE);
  pager->file = open_memory(name), pager->journal = open_memory("journal");
  pager->cache = NEW0(struct pcache);
  pager->cache->slot_count = 256, pager->cache->most = 400;
  pager->cache->slots = NEW0_ARRAY(page_header *, 256);
  pager->scratch = NEW_ARRAY(uint8_t, PAGE);
  pager->savepoint_pages = NEW_ARRAY(uint32_t, 32);
  db->schema = NEW0(struct schema);
  bt->schema = db->schema;
  bt->page1 = tree_page(bt, 1);
  db->functions.next = db->functions.prev = &db->functions;
  db->lookaside.size = 128, db->lookaside.total = 100;
  db->lookaside.start = NEW_RAW(128 * 100);
  db->lookaside.end = (char *)db->lookaside.start + 128 * 100;
  for (int i = 0; i < 100; i++) {
    struct slot *slot = (struct slot *)((char *)db->lookaside.start + 128 * i);
    slot->next = db->lookaside.free;
    db->lookaside.free = slot;
  }
  db->busy = busy;
  db->busy_arg = NEW0_ARRAY(int, 1);
  char text[40];
  for (int i = 0; i < 12; i++) {
    struct collation *c = NEW(struct collation);
    snprintf(text, sizeof text, "COLLATION%d", i);
    c->name = strdup(text), c->compare = compare_binary, c->user = NULL;
    hash_insert(&db->collations, c->name, c);
    struct function *f = NEW(struct function);
    struct function_user *user = NEW(struct function_user);
    user->calls = 0, user->pattern = strdup("%pattern%"), user->weights = NEW_ARRAY(double, 6);
    f->name = c->name, f->arguments = 2, f->call = call_match, f->user = user;
    f->all.next = db->functions.next, f->all.prev = &db->functions;
    f->all.next->prev = &f->all;
    db->functions.next = &f->all;
    struct btree_lock *lock = NEW(struct btree_lock);
    lock->owner = tree, lock->table = i, lock->kind = 1, lock->next = bt->locks;
    bt->locks = lock;
  }
  return db;
}

int main(void) {
  struct connection *databases[3];
  void *handles[150] = {0};
  for (int d = 0; d < 3; d++) {
    char name[40];
    snprintf(name, sizeof name, "/var/lib/data/part%d.db", d);
    databases[d] = open_database(name);
    if (d > 0) {
      databases[d]->tree->prev = databases[d - 1]->tree;
      databases[d - 1]->tree->next = databases[d]->tree;
    }
    for (int i = 0; i < 70; i++) create_table(databases[d], i);
  }
  for (int i = 0; i < 1200; i++) {
    struct connection *db = databases[upto(3)];
    struct hash_elem *e = db->schema->tables.first;
    for (unsigned skip = upto(60); skip > 0; skip--) e = e->next;
    void **slot = &handles[upto(150)];
    // some are forgotten, but the connection still has them
    if (*slot && upto(12)) finalize(*slot);
    *slot = prepare(db, "SELECT a, b, count(*) FROM t WHERE a > ?1 GROUP BY b ORDER BY 2 LIMIT 10", e->data);
  }
  typelog_ready();
  return databases[0]->schema->cookie + (handles[3] != NULL);
}
