/* Generic C libraries, and a program on top of them: lists and tables of gpointer with functions that destroy, arrays of pointers,
 * balanced trees, n-ary nodes, text in counted boxes and in builders, objects with classes made at run time and private data behind
 * pointers, signals with closures, properties as values, event sources whose own data lies behind, quarks, sequences. */
#include "typelog.h"
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef void *gpointer;
typedef const void *gconstpointer;
typedef int gboolean;
typedef unsigned guint;
typedef char gchar;
typedef size_t gsize;
typedef void (*GDestroyNotify)(gpointer data);
typedef guint (*GHashFunc)(gconstpointer key);
typedef gboolean (*GEqualFunc)(gconstpointer a, gconstpointer b);
typedef int (*GCompareFunc)(gconstpointer a, gconstpointer b);

static uint64_t weyl = 1, walk = 1;
static guint roll(guint n) {
  walk = walk * walk + (weyl += 0xb5ad4eceda1ce2a9ull);
  walk = walk >> 32 | walk << 32;
  return (guint)walk % n;
}

/* lists */
typedef struct _GList {
  gpointer data;
  struct _GList *next, *prev;
} GList;
typedef struct _GSList {
  gpointer data;
  struct _GSList *next;
} GSList;
typedef struct _GQueue {
  GList *head, *tail;
  guint length;
} GQueue;
static GList *g_list_prepend(GList *list, gpointer data) {
  GList *l = NEW(GList);
  l->data = data, l->next = list, l->prev = NULL;
  if (list) list->prev = l;
  return l;
}
static GSList *g_slist_prepend(GSList *list, gpointer data) {
  GSList *l = NEW(GSList);
  l->data = data, l->next = list;
  return l;
}
static void g_queue_push_tail(GQueue *q, gpointer data) {
  GList *l = NEW(GList);
  l->data = data, l->next = NULL, l->prev = q->tail;
  if (q->tail) q->tail->next = l;
  else q->head = l;
  q->tail = l, q->length++;
}

/* a table by open addressing; values are left out where they are the keys, as in sets */
typedef struct _GHashTable {
  gsize size;
  int mod;
  guint mask, nnodes, noccupied;
  gpointer *keys;
  guint *hashes;
  gpointer *values;
  GHashFunc hash_func;
  GEqualFunc key_equal_func;
  int ref_count;
  GDestroyNotify key_destroy_func, value_destroy_func;
} GHashTable;
static guint g_str_hash(gconstpointer key) {
  guint h = 5381;
  for (const char *c = key; *c; c++) h = h * 33 + *c;
  return h < 2 ? 2 : h;
}
static gboolean g_str_equal(gconstpointer a, gconstpointer b) { return strcmp(a, b) == 0; }
static guint g_direct_hash(gconstpointer p) { return (guint)((uintptr_t)p >> 4) | 2; }
static gboolean g_direct_equal(gconstpointer a, gconstpointer b) { return a == b; }
static GHashTable *g_hash_table_new_full(GHashFunc hash, GEqualFunc equal, GDestroyNotify key, GDestroyNotify value) {
  GHashTable *h = NEW0(GHashTable);
  h->hash_func = hash, h->key_equal_func = equal, h->key_destroy_func = key, h->value_destroy_func = value, h->ref_count = 1;
  h->size = 8, h->mask = 7;
  h->keys = NEW0_ARRAY(gpointer, 8), h->values = h->keys, h->hashes = NEW0_ARRAY(guint, 8);
  return h;
}
static guint g_hash_find(GHashTable *h, gconstpointer key, guint hash) {
  guint i = hash & h->mask, step = 0;
  while (h->hashes[i] && !(h->hashes[i] == hash && h->key_equal_func(h->keys[i], key))) i = (i + ++step) & h->mask;
  return i;
}
static gpointer g_hash_table_lookup(GHashTable *h, gconstpointer key) {
  guint i = g_hash_find(h, key, h->hash_func(key));
  return h->hashes[i] ? h->values[i] : NULL;
}
static void g_hash_table_insert(GHashTable *h, gpointer key, gpointer value) {
  if (h->nnodes * 4 >= h->size * 3) {
    GHashTable old = *h;
    h->size *= 2, h->mask = h->size - 1;
    h->keys = NEW0_ARRAY(gpointer, h->size), h->hashes = NEW0_ARRAY(guint, h->size);
    h->values = old.values == old.keys ? h->keys : NEW0_ARRAY(gpointer, h->size);
    for (guint i = 0; i < old.size; i++)
      if (old.hashes[i]) {
        guint at = g_hash_find(h, old.keys[i], old.hashes[i]);
        h->keys[at] = old.keys[i], h->hashes[at] = old.hashes[i], h->values[at] = old.values[i];
      }
    if (old.values != old.keys) free(old.values);
    free(old.keys), free(old.hashes);
  }
  if (key != value && h->values == h->keys) {
    h->values = NEW_ARRAY(gpointer, h->size);
    memcpy(h->values, h->keys, h->size * sizeof(gpointer));
  }
  guint hash = h->hash_func(key), i = g_hash_find(h, key, hash);
  if (h->hashes[i]) {
    if (h->value_destroy_func) h->value_destroy_func(h->values[i]);
    if (h->key_destroy_func) h->key_destroy_func(key);
  } else h->keys[i] = key, h->hashes[i] = hash, h->nnodes++;
  h->values[i] = value;
}

/* arrays: what callers see is the first part */
typedef struct _GPtrArray {
  gpointer *pdata;
  guint len;
} GPtrArray;
typedef struct _GRealPtrArray {
  gpointer *pdata;
  guint len, alloc;
  int ref_count;
  GDestroyNotify element_free_func;
} GRealPtrArray;
typedef struct _GArray {
  gchar *data;
  guint len;
} GArray;
typedef struct _GRealArray {
  uint8_t *data;
  guint len, alloc, elt_size, zero_terminated;
} GRealArray;
static GPtrArray *g_ptr_array_new(GDestroyNotify destroy) {
  GRealPtrArray *a = NEW0(GRealPtrArray);
  a->element_free_func = destroy, a->ref_count = 1;
  return (GPtrArray *)a;
}
static void g_ptr_array_add(GPtrArray *array, gpointer data) {
  GRealPtrArray *a = (GRealPtrArray *)array;
  if (a->len == a->alloc) {
    a->alloc = a->alloc ? a->alloc * 2 : 4;
    a->pdata = RENEW_ARRAY(a->pdata, gpointer, a->alloc);
  }
  a->pdata[a->len++] = data;
}
/** `type` is what the elements are. */
static GArray *g_array_sized(guint size, guint n, const char *type) {
  GRealArray *a = NEW0(GRealArray);
  a->elt_size = size, a->alloc = n;
  a->data = typelog(calloc(n, size), type, n, TYPELOG_ARRAY);
  return (GArray *)a;
}

/* text */
typedef struct _GString {
  gchar *str;
  gsize len, allocated_len;
} GString;
static GString *g_string_new(const char *text) {
  GString *s = NEW(GString);
  s->len = strlen(text), s->allocated_len = 16;
  while (s->allocated_len <= s->len) s->allocated_len *= 2;
  s->str = NEW_ARRAY(gchar, s->allocated_len);
  memcpy(s->str, text, s->len + 1);
  return s;
}
typedef struct {
  gsize refs, len;
  char text[];
} RcText;
/** Callers have the text only. */
static char *rc_text(const char *text) {
  gsize len = strlen(text);
  RcText *t = NEW_FLEX(RcText, len + 1);
  t->refs = 1, t->len = len;
  memcpy(t->text, text, len + 1);
  return t->text;
}
typedef struct _GBytes {
  gconstpointer data;
  gsize size;
  int ref_count;
  GDestroyNotify free_func;
  gpointer user_data;
} GBytes;

/* trees */
typedef struct _GTreeNode {
  gpointer key, value;
  struct _GTreeNode *left, *right;
  int8_t balance;
  uint8_t left_child, right_child;
} GTreeNode;
typedef struct _GTree {
  GTreeNode *root;
  GCompareFunc key_compare;
  GDestroyNotify key_destroy_func, value_destroy_func;
  gpointer key_compare_data;
  guint nnodes;
} GTree;
static void g_tree_insert(GTree *tree, gpointer key, gpointer value) {
  GTreeNode **at = &tree->root;
  while (*at) {
    int c = tree->key_compare(key, (*at)->key);
    if (c == 0) return;
    at = c < 0 ? &(*at)->left : &(*at)->right;
  }
  GTreeNode *n = *at = NEW0(GTreeNode);
  n->key = key, n->value = value;
  tree->nnodes++;
}
typedef struct _GNode {
  gpointer data;
  struct _GNode *next, *prev, *parent, *children;
} GNode;
static GNode *g_node_append(GNode *parent, gpointer data) {
  GNode *n = NEW0(GNode);
  n->data = data;
  if (parent) {
    n->parent = parent, n->next = parent->children;
    if (n->next) n->next->prev = n;
    parent->children = n;
  }
  return n;
}

/* objects: a type's node says how large its instances and classes are */
typedef uintptr_t GType;
typedef struct _TypeNode {
  gsize ref_count;
  char *name;
  struct _TypeNode *parent;
  struct _TypeData *data;
  GType *children;
  guint n_children, n_supers, private_size;
  GType supers[6];
} TypeNode;
typedef struct _GTypeClass {
  GType g_type;
} GTypeClass;
typedef struct _GTypeInstance {
  GTypeClass *g_class;
} GTypeInstance;
struct _TypeData {
  uint16_t class_size, instance_size;
  const char *class_name, *instance_name;
  void (*class_init)(gpointer klass);
  GTypeClass *klass;
};
typedef struct _GData {
  guint len, alloc;
  struct datum {
    gpointer data;
    GDestroyNotify destroy;
    uint32_t key;
  } data[];
} GData;
typedef struct _GObject {
  GTypeInstance g_type_instance;
  volatile guint ref_count;
  GData *qdata;
} GObject;
typedef struct _GParamSpec {
  GTypeInstance g_type_instance;
  const char *name;
  guint flags;
  GType value_type, owner_type;
  char *nick;
} GParamSpec;
typedef struct {
  GParamSpec parent;
  int minimum, maximum, standard;
} GParamSpecInt;
typedef struct {
  GParamSpec parent;
  char *standard, *cset_first;
  guint null_fold : 1;
} GParamSpecString;
typedef struct _GObjectClass {
  GTypeClass g_type_class;
  GSList *construct_properties;
  void (*finalize)(GObject *object);
  void (*notify)(GObject *object, GParamSpec *pspec);
  GParamSpec **pspecs;
  gsize n_pspecs;
} GObjectClass;
typedef struct _GClosure {
  guint ref_count : 15, n_notifiers : 2, floating : 1;
  void (*marshal)(struct _GClosure *closure, gpointer data);
  gpointer data;
  struct notify_data {
    gpointer data;
    void (*notify)(gpointer data, struct _GClosure *closure);
  } *notifiers;
} GClosure;
typedef struct {
  GClosure closure;
  gpointer callback;
} GCClosure;
typedef struct _Handler {
  uint64_t id;
  struct _Handler *next, *prev;
  uint32_t detail;
  guint ref_count;
  GClosure *closure;
} Handler;
typedef struct {
  GType g_type;
  union {
    int v_int;
    double v_double;
    gpointer v_pointer;
  } data[2];
} GValue;

static TypeNode *type_register(TypeNode *parent, const char *name, const char *instance, gsize instance_size, const char *klass, gsize class_size, gsize private_size) {
  TypeNode *n = NEW0(TypeNode);
  n->name = strdup(name), n->parent = parent, n->ref_count = 1, n->private_size = private_size;
  n->data = NEW(struct _TypeData);
  *n->data = (struct _TypeData){class_size, instance_size, klass, instance};
  n->n_supers = parent ? parent->n_supers + 1 : 0;
  n->supers[0] = (GType)n;
  if (parent) {
    memcpy(n->supers + 1, parent->supers, 5 * sizeof(GType));
    parent->children = RENEW_ARRAY(parent->children, GType, parent->n_children + 1);
    parent->children[parent->n_children++] = (GType)n;
  }
  n->data->klass = typelog(calloc(1, class_size), klass, 1, TYPELOG_OBJECT);
  if (parent) memcpy(n->data->klass, parent->data->klass, parent->data->class_size);
  n->data->klass->g_type = (GType)n;
  return n;
}
static GHashTable *handlers; // by instance
static gpointer object_new(TypeNode *type) {
  GObject *o = typelog(calloc(1, type->data->instance_size), type->data->instance_name, 1, TYPELOG_OBJECT);
  o->g_type_instance.g_class = type->data->klass;
  o->ref_count = 1;
  return o;
}
static GObject *object_ref(gpointer o) { return ((GObject *)o)->ref_count++, o; }
static void object_unref(gpointer o) { ((GObject *)o)->ref_count--; }
static void set_data(GObject *o, uint32_t key, gpointer data, GDestroyNotify destroy) {
  guint len = o->qdata ? o->qdata->len : 0, alloc = o->qdata ? o->qdata->alloc : 0;
  if (len == alloc) {
    alloc = alloc ? alloc * 2 : 2;
    o->qdata = RENEW_FLEX(o->qdata, GData, alloc * sizeof(struct datum));
    o->qdata->alloc = alloc;
  }
  o->qdata->data[len] = (struct datum){data, destroy, key};
  o->qdata->len = len + 1;
}
static void signal_connect(gpointer instance, void (*callback)(gpointer, gpointer), gpointer data, GDestroyNotify destroy) {
  GCClosure *c = NEW0(GCClosure);
  Handler *h = NEW0(Handler), *first = g_hash_table_lookup(handlers, instance);
  c->callback = callback, c->closure.data = data, c->closure.ref_count = 1;
  if (destroy) c->closure.n_notifiers = 1, c->closure.notifiers = NEW0_ARRAY(struct notify_data, 1), c->closure.notifiers[0].data = data;
  h->closure = &c->closure, h->id = roll(10000), h->next = first;
  if (first) first->prev = h;
  g_hash_table_insert(handlers, instance, h);
}

/* the program: a graph that is edited */
typedef struct _Shape Shape;
typedef struct _ShapePrivate {
  char *title;
  GList *edges;
  GHashTable *attributes;
  double x, y;
  Shape *group;
} ShapePrivate;
struct _Shape {
  GObject parent_instance;
  ShapePrivate *priv;
};
typedef struct {
  GObjectClass parent_class;
  void (*draw)(Shape *shape, gpointer context);
  double (*area)(Shape *shape);
} ShapeClass;
typedef struct {
  Shape parent_instance;
  double radius;
  GString *caption;
} Circle;
typedef struct {
  ShapeClass parent_class;
  int segments;
} CircleClass;
typedef struct {
  double x, y;
} Point;
typedef struct {
  Shape parent_instance;
  GArray *points;
  GPtrArray *labels;
  gpointer cached_path;
} Polygon;
typedef struct {
  ShapeClass parent_class;
  GHashTable *cache;
} PolygonClass;
typedef struct {
  guint n;
  float box[4];
  uint8_t verbs[];
} Path;
typedef struct {
  Shape *from, *to;
  char *kind; /* counted */
  GSList *bends;
  double weight;
} Edge;
typedef struct {
  GObject parent_instance;
  GQueue shapes, undo;
  GHashTable *by_name;
  GTree *by_place;
  GNode *outline;
  GPtrArray *layers;
} Document;
typedef struct {
  GObjectClass parent_class;
} DocumentClass;
typedef struct {
  char *text;
  Document *document;
  GValue *values;
  guint n_values;
} Change;
typedef struct {
  gpointer owner;
  guint count, *history;
  struct timeout *timeout;
} HoverState;

/* event sources */
typedef struct source Source;
typedef struct {
  gboolean (*prepare)(Source *s, int *timeout);
  gboolean (*dispatch)(Source *s);
} SourceFuncs;
struct source {
  const SourceFuncs *funcs;
  guint ref_count, id;
  int priority;
  gpointer callback_data;
  void (*callback)(gpointer data);
  GSList *poll_fds;
  Source *prev, *next;
  char *name;
};
struct timeout {
  Source source;
  uint64_t expiration;
  guint interval;
};
struct fd_source {
  Source source;
  struct pollrec {
    int fd;
    short events, revents;
    struct pollrec *next;
  } poll;
  GString *buffer;
};
typedef struct {
  pthread_mutex_t lock;
  GHashTable *sources;
  Source *first, *last;
  GPtrArray *pending;
  struct pollrec *records;
} MainContext;
static gboolean timeout_dispatch(Source *s) { return ((struct timeout *)s)->interval > 0; }
static gboolean fd_dispatch(Source *s) { return ((struct fd_source *)s)->poll.fd > 0; }
static const SourceFuncs timeout_funcs = {NULL, timeout_dispatch}, fd_funcs = {NULL, fd_dispatch};
static Source *source_new(const SourceFuncs *funcs, gsize size, const char *type, MainContext *context) {
  Source *s = typelog(calloc(1, size), type, 1, TYPELOG_OBJECT);
  s->funcs = funcs, s->ref_count = 1, s->id = context->sources->nnodes + 1;
  s->prev = context->last;
  if (s->prev) s->prev->next = s;
  else context->first = s;
  context->last = s;
  g_hash_table_insert(context->sources, (gpointer)(uintptr_t)(s->id * 16), s);
  return s;
}
static void on_hover(gpointer data) { ((HoverState *)data)->count++; }
static void on_read(gpointer data) { ((GString *)data)->len++; }
static void on_changed(gpointer instance, gpointer data) { ((HoverState *)data)->owner = instance; }
static int by_coordinates(gconstpointer a, gconstpointer b) {
  const Point *p = a, *q = b;
  return p->x < q->x ? -1 : p->x > q->x ? 1 : p->y < q->y ? -1 : p->y > q->y;
}

static TypeNode *object_type, *shape_type, *circle_type, *polygon_type, *document_type;
static MainContext *context;
static GHashTable *quarks;
static GQueue clipboard;
static __thread GSList *dispatch_stack;
static Document *the_document;

static void shape_draw(Shape *shape, gpointer context) { shape->priv->x += context == shape; }
static void circle_init(gpointer klass) { ((CircleClass *)klass)->segments = 64, ((ShapeClass *)klass)->draw = shape_draw; }
static void polygon_init(gpointer klass) {
  PolygonClass *k = klass;
  k->parent_class.draw = shape_draw;
  k->cache = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, NULL);
}
static void document_init(gpointer klass) { ((DocumentClass *)klass)->parent_class.n_pspecs = 0; }

static Shape *shape_new(Document *d, int i) {
  char text[64];
  Shape *s = object_new(roll(2) ? circle_type : polygon_type);
  s->priv = NEW0(ShapePrivate);
  snprintf(text, sizeof text, "shape %d of the document", i);
  s->priv->title = strdup(text), s->priv->x = roll(1000), s->priv->y = roll(1000);
  s->priv->group = d->shapes.tail && roll(3) == 0 ? d->shapes.tail->data : NULL;
  if (roll(3)) {
    s->priv->attributes = g_hash_table_new_full(g_str_hash, g_str_equal, free, free);
    for (int n = 1 + roll(8); n > 0; n--) {
      snprintf(text, sizeof text, "attribute-%d", n);
      GValue *v = NEW0(GValue);
      v->g_type = n % 3 ? (GType)24 : (GType)64;
      if (n % 3) v->data[0].v_int = n;
      else v->data[0].v_pointer = strdup("a value that is a text");
      g_hash_table_insert(s->priv->attributes, strdup(text), v);
    }
  }
  if (s->parent_instance.g_type_instance.g_class->g_type == (GType)circle_type) {
    Circle *c = (Circle *)s;
    c->radius = roll(30), c->caption = roll(2) ? g_string_new("a circle's caption, as typed") : NULL;
  } else {
    Polygon *p = (Polygon *)s;
    p->points = g_array_sized(sizeof(Point), 16, "Point");
    for (p->points->len = 3; p->points->len < 3 + roll(12); p->points->len++) continue;
    for (guint n = 0; n < p->points->len; n++) ((Point *)p->points->data)[n] = (Point){roll(100), roll(100)};
    p->labels = g_ptr_array_new(free);
    for (int n = roll(6); n > 0; n--) g_ptr_array_add(p->labels, strdup("label at a corner"));
    if (roll(2)) {
      Path *path = NEW_FLEX(Path, 40);
      path->n = 40, memset(path->verbs, 2, 40);
      p->cached_path = path;
    }
  }
  if (roll(3) == 0) {
    HoverState *h = NEW0(HoverState);
    h->count = 4, h->history = NEW0_ARRAY(guint, 8);
    h->timeout = (struct timeout *)source_new(&timeout_funcs, sizeof(struct timeout), "struct timeout", context);
    h->timeout->source.callback = on_hover, h->timeout->source.callback_data = h, h->timeout->interval = 500;
    signal_connect(s, on_changed, h, roll(2) ? free : NULL);
  }
  if (roll(4) == 0) {
    GBytes *b = NEW0(GBytes);
    b->size = 40 + roll(200), b->data = NEW_RAW(b->size), b->ref_count = 1;
    memset((void *)b->data, 0x11, b->size);
    set_data(&s->parent_instance, 1 + roll(4), b, free);
    set_data(&s->parent_instance, 5, rc_text("a note that somebody has left"), NULL);
  }
  return s;
}

static void *loop(void *argument) {
  MainContext *mine = argument;
  GPtrArray *ready = g_ptr_array_new(NULL);
  GString *line = g_string_new("a line that the thread is reading just now");
  for (int i = 0; i < 50; i++) {
    struct fd_source *s = (struct fd_source *)source_new(&fd_funcs, sizeof(struct fd_source), "struct fd_source", mine);
    s->poll.fd = i + 3, s->poll.next = mine->records, s->buffer = g_string_new("read so far");
    s->source.callback = on_read, s->source.callback_data = s->buffer;
    if (i % 3 == 0) s->source.name = strdup("a source that has a name");
    mine->records = &s->poll;
    struct pollrec *extra = NEW0(struct pollrec);
    s->source.poll_fds = g_slist_prepend(NULL, extra);
    g_ptr_array_add(ready, s);
    if (i % 9 == 0) dispatch_stack = g_slist_prepend(dispatch_stack, s);
  }
  mine->pending = ready;
  while (mine->pending) {
    pthread_mutex_unlock(&mine->lock);
    sleep(100);
  }
  return dispatch_stack ? line->str : NULL;
}

int main(void) {
  char text[64];
  MainContext other = {.lock = PTHREAD_MUTEX_INITIALIZER};
  context = NEW0(MainContext);
  context->sources = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, NULL);
  other.sources = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, NULL);
  handlers = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, NULL);
  quarks = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, NULL);
  for (uintptr_t i = 0; i < 80; i++) snprintf(text, sizeof text, "quark-%zu", i), g_hash_table_insert(quarks, strdup(text), (gpointer)i);
  object_type = type_register(NULL, "GObject", "GObject", sizeof(GObject), "GObjectClass", sizeof(GObjectClass), 0);
  shape_type = type_register(object_type, "Shape", "Shape", sizeof(Shape), "ShapeClass", sizeof(ShapeClass), sizeof(ShapePrivate));
  circle_type = type_register(shape_type, "Circle", "Circle", sizeof(Circle), "CircleClass", sizeof(CircleClass), 0);
  polygon_type = type_register(shape_type, "Polygon", "Polygon", sizeof(Polygon), "PolygonClass", sizeof(PolygonClass), 0);
  document_type = type_register(object_type, "Document", "Document", sizeof(Document), "DocumentClass", sizeof(DocumentClass), 0);
  GObjectClass *klass = (GObjectClass *)shape_type->data->klass;
  klass->n_pspecs = 12, klass->pspecs = NEW0_ARRAY(GParamSpec *, 12);
  for (int i = 0; i < 12; i++) {
    GParamSpec *p;
    if (i % 2) p = &NEW0(GParamSpecInt)->parent, ((GParamSpecInt *)p)->maximum = 100;
    else p = &NEW0(GParamSpecString)->parent, ((GParamSpecString *)p)->standard = strdup("default of the property");
    p->name = "width", p->nick = strdup("what people read"), p->owner_type = (GType)shape_type;
    klass->pspecs[i] = p;
    klass->construct_properties = g_slist_prepend(klass->construct_properties, p);
  }
  circle_init(circle_type->data->klass), polygon_init(polygon_type->data->klass), document_init(document_type->data->klass);
  Document *d = the_document = object_new(document_type);
  d->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, object_unref);
  d->by_place = NEW0(GTree);
  d->by_place->key_compare = by_coordinates, d->by_place->key_destroy_func = free;
  d->outline = g_node_append(NULL, d);
  d->layers = g_ptr_array_new(object_unref);
  GNode *section = d->outline;
  for (int i = 0; i < 500; i++) {
    Shape *s = shape_new(d, i);
    g_queue_push_tail(&d->shapes, s);
    g_hash_table_insert(d->by_name, s->priv->title, object_ref(s));
    Point *place = NEW(Point);
    *place = (Point){s->priv->x, s->priv->y};
    g_tree_insert(d->by_place, place, s);
    section = g_node_append(i % 7 ? section : d->outline, s);
    if (i % 10 == 0) g_ptr_array_add(d->layers, object_ref(s));
    for (int n = roll(4); n > 0 && d->shapes.length > 2; n--) {
      Edge *e = NEW0(Edge);
      e->from = s, e->to = d->shapes.head->next->data, e->weight = 1, e->kind = rc_text("depends on");
      for (int k = roll(3); k > 0; k--) {
        Point *bend = NEW(Point);
        *bend = (Point){k, k};
        e->bends = g_slist_prepend(e->bends, bend);
      }
      s->priv->edges = g_list_prepend(s->priv->edges, e);
      e->to->priv->edges = g_list_prepend(e->to->priv->edges, e);
    }
    if (i % 4 == 0) {
      Change *c = NEW0(Change);
      snprintf(text, sizeof text, "moved shape no. %d", i);
      c->text = strdup(text), c->document = d, c->n_values = 2, c->values = NEW0_ARRAY(GValue, 2);
      c->values[0].g_type = 64, c->values[0].data[0].v_pointer = strdup("the title it had before");
      g_queue_push_tail(&d->undo, c);
    }
    if (i % 25 == 0) g_queue_push_tail(&clipboard, g_string_new("<svg><circle r='1'/></svg> was copied"));
  }
  GList *selection = NULL; // main's own
  for (int i = 0; i < 30; i++) selection = g_list_prepend(selection, rc_text("text of the selection"));
  pthread_mutex_lock(&other.lock);
  pthread_t thread;
  pthread_create(&thread, NULL, loop, &other);
  pthread_mutex_lock(&other.lock);
  typelog_ready();
  return (int)(intptr_t)selection->data;
}
