/* A scripting language's front end and machine: names with their characters behind them, scopes that nest, a tree of nodes with a
 * tagged union, statements by first member, code in growing arrays, values boxed into the bits of a NaN, closures with upvalues,
 * fibers, foreign objects; and documents in two other libraries' manner, one linked, one counted with a base in front. */
#include "typelog.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint32_t lfsr = 0xace1u;
static __thread uint32_t salt;
static unsigned pick(unsigned n) {
  lfsr = lfsr * 22695477u + 1 + salt;
  return (lfsr >> 12) % n;
}

/* names */
struct name {
  struct name *chain;
  uint32_t hash;
  uint16_t length, keyword;
  char text[1];
};
static struct {
  struct name **buckets;
  unsigned size, count;
} names;

static struct name *intern(const char *text) {
  uint32_t hash = 2166136261u;
  size_t length = strlen(text);
  for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)text[i]) * 16777619u;
  if (names.count >= names.size) {
    unsigned size = names.size ? names.size * 2 : 64;
    struct name **buckets = NEW0_ARRAY(struct name *, size);
    for (unsigned i = 0; i < names.size; i++)
      for (struct name *n = names.buckets[i], *next; n; n = next) {
        next = n->chain;
        n->chain = buckets[n->hash & (size - 1)];
        buckets[n->hash & (size - 1)] = n;
      }
    free(names.buckets);
    names.buckets = buckets, names.size = size;
  }
  struct name **slot = &names.buckets[hash & (names.size - 1)];
  for (struct name *n = *slot; n; n = n->chain)
    if (n->hash == hash && !strcmp(n->text, text)) return n;
  struct name *n = NEW_FLEX(struct name, length);
  memcpy(n->text, text, length + 1);
  n->hash = hash, n->length = length, n->keyword = 0;
  n->chain = *slot;
  names.count++;
  return *slot = n;
}
static struct name *name_of(const char *stem, int n) {
  char text[80];
  snprintf(text, sizeof text, "%s%d", stem, n);
  return intern(text);
}

/* the tree */
enum node_kind { N_NUMBER, N_STRING, N_NAME, N_BINARY, N_CALL, N_TERNARY, N_FUNCTION, N_TABLE };
struct node {
  enum node_kind kind;
  int line;
  union {
    double number;
    struct {
      char *bytes;
      size_t length;
    } string;
    struct {
      struct name *name;
      struct symbol *symbol;
    } ref;
    struct {
      struct node *left, *right;
      int op;
    } binary;
    struct {
      struct node *callee, **args;
      int count;
    } call;
    struct {
      struct node *test, *yes, *no;
    } ternary;
    struct function *function;
    struct field {
      struct name *key;
      struct node *value;
      struct field *next;
    } *fields;
  } u;
};

/* statements start with what they have in common */
enum stmt_kind { S_EXPRESSION, S_LOCAL, S_WHILE, S_IF, S_RETURN };
struct stmt {
  enum stmt_kind kind;
  int line;
  struct stmt *next;
};
struct stmt_expression {
  struct stmt base;
  struct node *value;
};
struct stmt_local {
  struct stmt base;
  struct symbol *symbol;
  struct node *value;
  struct name *attribute;
};
struct stmt_while {
  struct stmt base;
  struct node *test;
  struct stmt *body;
  struct scope *scope;
  int breaks, continues;
};
struct stmt_if {
  struct stmt base;
  int count;
  struct branch {
    struct node *test;
    struct stmt *body;
  } branches[];
};

/* scopes */
struct symbol {
  struct name *name;
  struct symbol *next, *shadowed;
  struct scope *scope;
  int slot;
  bool captured;
};
struct scope {
  struct scope *outer;
  struct symbol *first, **last;
  struct function *function;
  struct symbol **table; // once there are many
  int count;
};
struct function {
  struct function *outer;
  struct name *name, **parameters;
  int parameter_count;
  struct scope *scope;
  struct stmt *body;
  struct capture {
    uint16_t index;
    bool local;
  } *captures;
  int capture_count, capture_capacity;
};

struct token {
  int kind, line;
  const char *start;
  int length;
};
struct lexer {
  const char *source, *at;
  char *buffer;
  size_t used, capacity;
  struct token *tokens;
  int token_count, token_capacity;
  struct lexer *includer;
};
struct parser {
  struct lexer *lexer;
  struct scope *scope;
  struct function *function;
  char **errors;
  int error_count, depth;
};

static void lexer_put(struct lexer *l, char c) {
  if (l->used == l->capacity) {
    l->capacity = l->capacity ? l->capacity * 2 : 32;
    l->buffer = RENEW_ARRAY(l->buffer, char, l->capacity);
  }
  l->buffer[l->used++] = c;
}
static struct lexer *lexer_new(const char *source, struct lexer *includer) {
  struct lexer *l = NEW0(struct lexer);
  l->includer = includer;
  l->source = l->at = strdup(source);
  for (; *l->at; l->at++) {
    lexer_put(l, *l->at);
    if (*l->at != ' ') continue;
    if (l->token_count == l->token_capacity) {
      l->token_capacity = l->token_capacity * 3 / 2 + 8;
      l->tokens = RENEW_ARRAY(l->tokens, struct token, l->token_capacity);
    }
    l->tokens[l->token_count++] = (struct token){1, 1, l->at, 3};
  }
  return l;
}

static struct symbol *declare(struct parser *p, struct name *name) {
  struct scope *s = p->scope;
  struct symbol *y = NEW0(struct symbol);
  y->name = name, y->scope = s, y->slot = s->count++;
  *s->last = y;
  s->last = &y->next;
  if (s->outer && s->outer->first) y->shadowed = s->outer->first;
  if (s->count == 6) {
    s->table = NEW0_ARRAY(struct symbol *, 16);
    for (struct symbol *i = s->first; i; i = i->next) s->table[i->name->hash & 15] = i;
  } else if (s->table) s->table[name->hash & 15] = y;
  return y;
}
static struct scope *open_scope(struct parser *p) {
  struct scope *s = NEW0(struct scope);
  s->outer = p->scope, s->function = p->function;
  s->last = &s->first;
  return p->scope = s;
}
static struct node *node(enum node_kind kind) {
  struct node *n = NEW0(struct node);
  n->kind = kind;
  return n;
}
static struct stmt *block(struct parser *p, int depth);
static struct node *expression(struct parser *p, int depth) {
  struct node *n;
  switch (depth <= 0 ? pick(3) : 3 + pick(6)) {
  case 0:
    n = node(N_NUMBER), n->u.number = pick(1000) / 4.0;
    return n;
  case 1: {
    char text[64];
    n = node(N_STRING), n->u.string.length = snprintf(text, sizeof text, "a string literal: %u", pick(1000));
    n->u.string.bytes = strdup(text);
    return n;
  }
  case 2:
    n = node(N_NAME), n->u.ref.name = name_of("variable", pick(200)), n->u.ref.symbol = p->scope->first;
    return n;
  case 3:
    n = node(N_CALL), n->u.call.count = pick(5), n->u.call.callee = expression(p, 0);
    n->u.call.args = n->u.call.count ? NEW_ARRAY(struct node *, n->u.call.count) : NULL;
    for (int i = 0; i < n->u.call.count; i++) n->u.call.args[i] = expression(p, depth - 2);
    return n;
  case 4:
    n = node(N_TERNARY), n->u.ternary.test = expression(p, depth - 1), n->u.ternary.yes = expression(p, depth - 2), n->u.ternary.no = expression(p, 0);
    return n;
  case 5: {
    struct function *f = NEW0(struct function);
    f->outer = p->function, f->name = pick(2) ? name_of("function", pick(40)) : NULL;
    f->parameter_count = pick(4);
    if (f->parameter_count) f->parameters = NEW_ARRAY(struct name *, f->parameter_count);
    p->function = f, f->scope = open_scope(p);
    for (int i = 0; i < f->parameter_count; i++) declare(p, f->parameters[i] = name_of("parameter", i));
    f->body = block(p, depth - 2);
    for (int i = pick(5); i > 0; i--) {
      if (f->capture_count == f->capture_capacity) {
        f->capture_capacity = f->capture_capacity * 2 + 2;
        f->captures = RENEW_ARRAY(f->captures, struct capture, f->capture_capacity);
      }
      f->captures[f->capture_count++] = (struct capture){i, true};
    }
    p->scope = f->scope->outer, p->function = f->outer;
    n = node(N_FUNCTION), n->u.function = f;
    return n;
  }
  case 6:
    n = node(N_TABLE);
    for (int i = 1 + pick(5); i > 0; i--) {
      struct field *f = NEW(struct field);
      f->key = pick(3) ? name_of("key", pick(50)) : NULL, f->value = expression(p, depth - 2), f->next = n->u.fields;
      n->u.fields = f;
    }
    return n;
  default:
    n = node(N_BINARY), n->u.binary.op = '+', n->u.binary.left = expression(p, depth - 1), n->u.binary.right = expression(p, depth - 1);
    return n;
  }
}
static struct stmt *block(struct parser *p, int depth) {
  struct stmt *first = NULL, **last = &first;
  for (int n = 1 + pick(4); n > 0; n--) {
    struct stmt *made;
    switch (depth <= 0 ? pick(2) : pick(4)) {
    case 0: {
      struct stmt_expression *s = NEW0(struct stmt_expression);
      s->base.kind = S_EXPRESSION, s->value = expression(p, depth);
      made = &s->base;
      break;
    }
    case 1: {
      struct stmt_local *s = NEW0(struct stmt_local);
      s->base.kind = S_LOCAL, s->symbol = declare(p, name_of("local", pick(90))), s->value = pick(4) ? expression(p, depth - 1) : NULL;
      made = (struct stmt *)s;
      break;
    }
    case 2: {
      struct stmt_while *s = NEW0(struct stmt_while);
      s->base.kind = S_WHILE, s->test = expression(p, 1), s->scope = open_scope(p), s->body = block(p, depth - 1);
      p->scope = s->scope->outer;
      made = &s->base;
      break;
    }
    default: {
      int count = 1 + pick(3);
      struct stmt_if *s = NEW_FLEX(struct stmt_if, count * sizeof(struct branch));
      s->base = (struct stmt){S_IF}, s->count = count;
      for (int i = 0; i < count; i++) s->branches[i] = (struct branch){i + 1 < count ? expression(p, 1) : NULL, block(p, depth - 1)};
      made = &s->base;
    }
    }
    *last = made;
    last = &made->next;
  }
  return first;
}

/* the machine. Numbers are numbers; all else is a NaN with bits: an object is its address below them */
typedef uint64_t value;
#define BOXED 0xfffc000000000000ull
#define NIL (0x7ffc000000000001ull)
#define OBJECT(o) (BOXED | (uint64_t)(uintptr_t)(o))
#define UNBOX(v) ((struct object *)(uintptr_t)((v) & ~BOXED))

enum object_kind { O_STRING, O_LIST, O_MAP, O_CLOSURE, O_UPVALUE, O_FIBER, O_FOREIGN, O_CODE };
typedef struct object {
  struct object *next;
  enum object_kind kind;
  bool dark;
} object;
typedef struct {
  object base;
  uint32_t length, hash;
  char *chars;
} string;
typedef struct {
  object base;
  value *items;
  uint32_t count, capacity;
} list;
typedef struct {
  value key, value;
} map_entry;
typedef struct {
  object base;
  uint32_t count, capacity;
  map_entry *entries;
} map;
typedef struct code {
  object base;
  uint8_t *bytes;
  int *lines;
  int count, capacity;
  value *constants;
  int constant_count;
  struct code **inner;
  int inner_count;
  string *source;
} code;
typedef struct upvalue {
  object base;
  value *at, closed;
  struct upvalue *next_open;
} upvalue;
typedef struct {
  object base;
  code *code;
  upvalue *upvalues[];
} closure;
typedef struct {
  closure *closure;
  uint8_t *ip;
  value *base;
} frame;
typedef struct fiber {
  object base;
  value *stack, *top;
  frame *frames;
  int frame_count;
  upvalue *open;
  struct fiber *caller;
  value error;
} fiber;
typedef struct {
  object base;
  const struct foreign_class *class;
  uint8_t data[];
} foreign;
struct foreign_class {
  const char *name;
  size_t size;
  void (*finalize)(void *data);
};
struct file_data {
  char *path;
  int fd;
  struct file_data *next;
};
struct handle {
  value held;
  struct handle *previous, *next;
};
struct vm {
  object *first;
  fiber *current;
  struct handle *handles;
  value *globals;
  char **global_names;
  int global_count;
  object *temporary[8];
  void *user;
};
static struct vm *machine;
static const struct foreign_class file_class = {"File", sizeof(struct file_data), NULL};

static void *adopted(void *block, enum object_kind kind) {
  object *o = block;
  o->kind = kind, o->dark = false, o->next = machine->first;
  return machine->first = o;
}
static string *new_string(const char *text) {
  string *s = adopted(NEW(string), O_STRING);
  s->length = strlen(text), s->hash = s->length * 31;
  s->chars = strdup(text);
  return s;
}
static value any_value(int depth) {
  char text[60];
  double number = pick(100000) / 16.0;
  value v;
  switch (depth <= 0 ? pick(3) : pick(6)) {
  case 0: return NIL;
  case 1: memcpy(&v, &number, 8); return v;
  case 2: snprintf(text, sizeof text, "the machine's string no. %u", pick(100000)); return OBJECT(new_string(text));
  case 3: case 4: {
    list *l = adopted(NEW0(list), O_LIST);
    for (int n = pick(9); n > 0; n--) {
      if (l->count == l->capacity) {
        l->capacity = l->capacity ? l->capacity * 2 : 4;
        l->items = RENEW_ARRAY(l->items, value, l->capacity);
      }
      l->items[l->count++] = any_value(depth - 1);
    }
    return OBJECT(l);
  }
  default: {
    map *m = adopted(NEW0(map), O_MAP);
    m->capacity = 8, m->entries = NEW_ARRAY(map_entry, m->capacity);
    for (unsigned i = 0; i < m->capacity; i++) m->entries[i] = (map_entry){NIL, NIL};
    for (int n = pick(6); n > 0; n--) m->entries[n] = (map_entry){any_value(0), any_value(depth - 1)}, m->count++;
    return OBJECT(m);
  }
  }
}
static code *compile(struct function *f, int depth) {
  code *c = adopted(NEW0(code), O_CODE);
  c->capacity = 16 + pick(100), c->count = c->capacity - 3;
  c->bytes = NEW0_ARRAY(uint8_t, c->capacity), c->lines = NEW0_ARRAY(int, c->capacity);
  c->constant_count = pick(8);
  if (c->constant_count) c->constants = NEW_ARRAY(value, c->constant_count);
  for (int i = 0; i < c->constant_count; i++) c->constants[i] = any_value(0);
  c->inner_count = depth > 0 ? pick(4) : 0;
  if (c->inner_count) c->inner = NEW_ARRAY(code *, c->inner_count);
  for (int i = 0; i < c->inner_count; i++) c->inner[i] = compile(f, depth - 1);
  c->source = new_string("script.lox");
  return c;
}
static fiber *new_fiber(code *c, fiber *caller) {
  fiber *f = adopted(NEW0(fiber), O_FIBER);
  f->stack = f->top = NEW_ARRAY(value, 64);
  for (int i = 0; i < 64; i++) f->stack[i] = NIL;
  f->frames = NEW0_ARRAY(frame, 8);
  f->caller = caller;
  for (int i = 1 + pick(4); i > 0; i--) {
    int count = pick(4);
    closure *k = adopted(NEW_FLEX(closure, count * sizeof(upvalue *)), O_CLOSURE);
    k->code = c;
    for (int u = 0; u < count; u++) {
      upvalue *v = adopted(NEW0(upvalue), O_UPVALUE);
      v->at = pick(2) ? &v->closed : f->stack + pick(64);
      if (v->at != &v->closed) v->next_open = f->open, f->open = v;
      else v->closed = any_value(1);
      k->upvalues[u] = v;
    }
    f->frames[f->frame_count++] = (frame){k, c->bytes + pick(8), f->stack + 4 * i};
    *f->top++ = OBJECT(k);
    *f->top++ = any_value(2);
  }
  return f;
}

/* documents: linked items, as a small library has them */
typedef struct doc {
  struct doc *next, *prev, *child;
  int type;
  char *valuestring;
  int valueint;
  double valuedouble;
  char *string;
} doc;
static doc *document(int depth, const char *key) {
  char text[64];
  doc *d = NEW0(doc), *last = NULL;
  if (key) d->string = strdup(key);
  d->type = depth <= 0 ? pick(2) : 2 + pick(2);
  if (d->type == 0) snprintf(text, sizeof text, "value %u of the document", pick(1000)), d->valuestring = strdup(text);
  else if (d->type == 1) d->valueint = d->valuedouble = pick(1000);
  else
    for (int n = 1 + pick(6); n > 0; n--) {
      snprintf(text, sizeof text, "member_%d", n);
      doc *c = document(depth - 1 - pick(2), d->type == 2 ? text : NULL);
      if (last) last->next = c, c->prev = last;
      else d->child = c;
      last = c;
    }
  return d;
}

/* and counted ones with a base, whose pairs hang in two intrusive lists */
struct ring {
  struct ring *prev, *next;
};
static void ring_init(struct ring *r) { r->prev = r->next = r; }
static void ring_insert(struct ring *r, struct ring *node) {
  node->next = r, node->prev = r->prev;
  r->prev->next = node;
  r->prev = node;
}
typedef struct {
  int type;
  size_t refcount;
} json_t;
struct pair {
  struct ring bucket, ordered;
  size_t hash;
  json_t *value;
  size_t key_length;
  char key[1];
};
typedef struct {
  json_t json;
  size_t size;
  struct bucket {
    struct ring *first, *last;
  } *buckets;
  size_t order;
  struct ring ordered;
} json_object_t;
typedef struct {
  json_t json;
  size_t size, entries;
  json_t **table;
} json_array_t;
typedef struct {
  json_t json;
  char *value;
  size_t length;
} json_string_t;
typedef struct {
  json_t json;
  double value;
} json_real_t;
static json_t *json(int depth) {
  switch (depth <= 0 ? pick(2) : 2 + pick(2)) {
  case 0: {
    json_string_t *s = NEW(json_string_t);
    s->json = (json_t){2, 1}, s->value = strdup("configured by json"), s->length = 18;
    return &s->json;
  }
  case 1: {
    json_real_t *r = NEW(json_real_t);
    *r = (json_real_t){{3, 1}, pick(100) / 3.0};
    return &r->json;
  }
  case 2: {
    json_array_t *a = NEW(json_array_t);
    a->json = (json_t){1, 1}, a->size = 8, a->entries = pick(8);
    a->table = NEW0_ARRAY(json_t *, 8);
    for (size_t i = 0; i < a->entries; i++) a->table[i] = json(depth - 1 - pick(2));
    return &a->json;
  }
  default: {
    json_object_t *o = NEW(json_object_t);
    o->json = (json_t){0, 1}, o->size = 0, o->order = 3;
    struct bucket *buckets = o->buckets = NEW0_ARRAY(struct bucket, 8);
    ring_init(&o->ordered);
    for (int n = 1 + pick(6); n > 0; n--) {
      struct pair *p = NEW_FLEX(struct pair, 8);
      snprintf(p->key, 8, "key%d", n);
      p->hash = n * 2654435761u, p->key_length = 4, p->value = json(depth - 1 - pick(2));
      ring_init(&p->bucket);
      buckets[n & 7].first = buckets[n & 7].last = &p->bucket;
      ring_insert(&o->ordered, &p->ordered);
      o->size++;
    }
    return &o->json;
  }
  }
}

static json_t *configuration;
static doc *documents[24];

static struct function *parse(struct parser *p, int depth) {
  struct function *f = NEW0(struct function);
  f->name = intern("main");
  p->function = f, f->scope = p->scope = NULL, f->scope = open_scope(p);
  f->body = block(p, depth);
  if (pick(3) == 0) {
    p->errors = RENEW_ARRAY(p->errors, char *, p->error_count + 1);
    p->errors[p->error_count++] = strdup("script.lox:12: expected an expression, got 'end'");
  }
  return f;
}

/* another thread parses for itself */
static __thread struct function **my_functions;
static __thread doc *my_document;
static int parsed;
static void *background(void *argument) {
  struct parser p = {0};
  p.lexer = lexer_new("function twice(f) return function(x) return f(f(x)) end end", argument);
  my_functions = NEW0_ARRAY(struct function *, 12);
  for (int i = 0; i < 6; i++) my_functions[i] = parse(&p, 3);
  my_document = document(4, NULL);
  __atomic_store_n(&parsed, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&parsed, __ATOMIC_SEQ_CST) < 2) sleep(1000);
  return my_document->child ? (void *)my_functions[0] : p.lexer;
}

int main(void) {
  struct parser parser = {0};
  struct function *functions[40];
  struct lexer *lexer = NULL;
  for (int i = 0; i < 20; i++) lexer = lexer_new("local answer = require 'answers' . compute ( 6 , 7 ) print ( answer )", lexer);
  parser.lexer = lexer;
  for (int i = 0; i < 40; i++) functions[i] = parse(&parser, 4);
  machine = NEW0(struct vm);
  for (int i = 0; i < 30; i++) machine->current = new_fiber(compile(functions[i], 2), i % 5 ? machine->current : NULL);
  machine->global_count = 100;
  machine->globals = NEW_ARRAY(value, 100);
  machine->global_names = NEW_ARRAY(char *, 100);
  for (int i = 0; i < 100; i++) machine->globals[i] = any_value(3), machine->global_names[i] = strdup("global");
  struct file_data *files = NULL;
  for (int i = 0; i < 25; i++) {
    foreign *o = adopted(NEW_FLEX(foreign, file_class.size), O_FOREIGN);
    o->class = &file_class;
    struct file_data *data = (struct file_data *)o->data;
    data->path = strdup("/tmp/a file that a script opened"), data->fd = i, data->next = files;
    files = data;
    struct handle *h = NEW(struct handle);
    h->held = OBJECT(o), h->previous = NULL, h->next = machine->handles;
    if (h->next) h->next->previous = h;
    machine->handles = h;
  }
  machine->user = files;
  for (int i = 0; i < 24; i++) documents[i] = document(5, NULL);
  configuration = json(6);
  pthread_t thread;
  pthread_create(&thread, NULL, background, lexer);
  while (!__atomic_load_n(&parsed, __ATOMIC_SEQ_CST)) usleep(1000);
  typelog_ready();
  int captured = parser.error_count + (configuration ? configuration->type : 0);
  for (int i = 0; i < 24; i++) captured += documents[i]->type;
  for (int i = 0; i < 40; i++) captured += functions[i]->capture_count;
  return captured;
}
