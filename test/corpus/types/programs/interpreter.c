/* A small language's virtual machine: tagged values, garbage-collected objects behind a header with a type byte and a list,
 * strings with their characters behind them, tables with an array and a hash part, closures with flexible arrays. */
#include "typelog.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef enum { VAL_NIL, VAL_BOOL, VAL_NUMBER, VAL_LIGHT, VAL_OBJ } ValueType;
typedef enum { OBJ_STRING, OBJ_TABLE, OBJ_FUNCTION, OBJ_CLOSURE, OBJ_UPVALUE, OBJ_NATIVE, OBJ_USERDATA, OBJ_COROUTINE } ObjType;

typedef struct Obj Obj;
struct Obj {
  Obj *next;
  uint8_t type;
  uint8_t marked;
};

typedef struct {
  ValueType type;
  union {
    bool boolean;
    double number;
    void *light;
    Obj *obj;
  } as;
} Value;

typedef struct ObjString {
  Obj obj;
  uint32_t hash;
  uint32_t length;
  struct ObjString *chain;
  char chars[];
} ObjString;

typedef struct {
  Value key;
  Value value;
  int32_t next;
} Node;

typedef struct Table {
  Obj obj;
  uint8_t flags;
  uint8_t log2nodes;
  uint32_t arraySize;
  Value *array;
  Node *nodes;
  Node *lastFree;
  struct Table *metatable;
  Obj *graylist;
} Table;

typedef uint32_t Instruction;

typedef struct {
  ObjString *name;
  int startpc, endpc;
} LocalVar;

typedef struct Proto {
  Obj obj;
  int numParams, maxStack;
  int codeSize, constantCount, protoCount, localCount, upvalueCount;
  Instruction *code;
  Value *constants;
  struct Proto **protos;
  int *lines;
  LocalVar *locals;
  ObjString *source;
} Proto;

typedef struct Upvalue {
  Obj obj;
  Value *location;
  union {
    Value closed;
    struct {
      struct Upvalue *next;
      struct Upvalue **previous;
    } open;
  } u;
} Upvalue;

typedef struct Closure {
  Obj obj;
  uint8_t upvalueCount;
  Proto *proto;
  Upvalue *upvalues[];
} Closure;

typedef struct VM VM;
typedef int (*NativeFn)(VM *vm, int argc, Value *argv);

typedef struct Native {
  Obj obj;
  uint8_t count;
  NativeFn function;
  Value captured[];
} Native;

typedef struct Userdata {
  Obj obj;
  size_t size;
  Table *metatable;
  void (*finalize)(void *data);
  union {
    double align;
    char bytes[1];
  } data;
} Userdata;

typedef struct CallInfo {
  Value *base, *top;
  Closure *closure;
  const Instruction *pc;
  struct CallInfo *previous, *next;
} CallInfo;

typedef struct Coroutine {
  Obj obj;
  int status;
  Value *stack, *top;
  int stackSize;
  CallInfo *ci;
  CallInfo firstCall;
  Upvalue *openUpvalues;
} Coroutine;

struct VM {
  Obj *objects;
  size_t bytes, nextGC;
  ObjString **strings;
  int stringCount, stringCapacity;
  Table *globals;
  Table *registry;
  Coroutine *main;
  Obj **gray;
  int grayCount, grayCapacity;
  ObjString *metaNames[24];
};

static VM *vm;
static uint32_t state = 2463534242u;
static unsigned upto(unsigned n) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % n;
}

static void link(Obj *o, int type) {
  o->type = type;
  o->marked = 0;
  o->next = vm->objects;
  vm->objects = o;
}

#define NIL ((Value){VAL_NIL, {.number = 0}})
static Value object(void *o) { return (Value){VAL_OBJ, {.obj = o}}; }
static Value number(double n) { return (Value){VAL_NUMBER, {.number = n}}; }

static uint32_t hashOf(const char *text, size_t length) {
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < length; i++) h = (h ^ (uint8_t)text[i]) * 16777619u;
  return h;
}

static void growStrings(void) {
  int capacity = vm->stringCapacity ? vm->stringCapacity * 2 : 64;
  ObjString **strings = NEW0_ARRAY(struct ObjString *, capacity);
  for (int i = 0; i < vm->stringCapacity; i++)
    for (ObjString *s = vm->strings[i], *next; s; s = next) {
      next = s->chain;
      s->chain = strings[s->hash & (capacity - 1)];
      strings[s->hash & (capacity - 1)] = s;
    }
  free(vm->strings);
  vm->strings = strings;
  vm->stringCapacity = capacity;
}

static ObjString *intern(const char *text) {
  size_t length = strlen(text);
  uint32_t hash = hashOf(text, length);
  if (vm->stringCount >= vm->stringCapacity) growStrings();
  for (ObjString *s = vm->strings[hash & (vm->stringCapacity - 1)]; s; s = s->chain)
    if (s->hash == hash && s->length == length && memcmp(s->chars, text, length) == 0) return s;
  ObjString *s = NEW_FLEX(struct ObjString, length + 1);
  link(&s->obj, OBJ_STRING);
  s->hash = hash, s->length = length;
  memcpy(s->chars, text, length + 1);
  s->chain = vm->strings[hash & (vm->stringCapacity - 1)];
  vm->strings[hash & (vm->stringCapacity - 1)] = s;
  vm->stringCount++;
  return s;
}

static ObjString *internf(const char *format, int n) {
  char text[160];
  snprintf(text, sizeof text, format, n);
  return intern(text);
}

/* tables */
static Node dummy[1];

static Table *newTable(int array, int hash) {
  Table *t = NEW(struct Table);
  link(&t->obj, OBJ_TABLE);
  t->flags = 0, t->arraySize = array, t->metatable = NULL;
  t->array = array ? NEW_ARRAY(Value, array) : NULL;
  for (int i = 0; i < array; i++) t->array[i] = NIL;
  t->log2nodes = 0;
  t->nodes = dummy;
  t->lastFree = NULL;
  if (hash) {
    while ((1 << t->log2nodes) < hash) t->log2nodes++;
    int n = 1 << t->log2nodes;
    t->nodes = NEW_ARRAY(Node, n);
    for (int i = 0; i < n; i++) t->nodes[i].key = t->nodes[i].value = NIL, t->nodes[i].next = -1;
    t->lastFree = t->nodes + n;
  }
  return t;
}

static bool isString(Value v) { return v.type == VAL_OBJ && v.as.obj->type == OBJ_STRING; }

static void setField(Table *t, ObjString *key, Value value) {
  int n = t->nodes == dummy ? 0 : 1 << t->log2nodes;
  if (n) {
    int main = key->hash & (n - 1);
    for (int i = 0; i < n; i++) {
      Node *node = &t->nodes[(main + i) & (n - 1)];
      if (node->key.type == VAL_NIL || (isString(node->key) && node->key.as.obj == &key->obj)) {
        node->key = object(key);
        node->value = value;
        return;
      }
    }
  }
  Node *old = t->nodes;
  t->log2nodes = n ? t->log2nodes + 1 : 0;
  int m = 1 << t->log2nodes;
  t->nodes = NEW_ARRAY(Node, m);
  for (int i = 0; i < m; i++) t->nodes[i].key = t->nodes[i].value = NIL, t->nodes[i].next = -1;
  t->lastFree = t->nodes + m;
  for (int i = 0; i < n; i++)
    if (isString(old[i].key)) setField(t, (ObjString *)old[i].key.as.obj, old[i].value);
  if (old != dummy) free(old);
  setField(t, key, value);
}

static void setIndex(Table *t, uint32_t i, Value value) {
  if (i >= t->arraySize) {
    uint32_t size = t->arraySize ? t->arraySize * 2 : 4;
    while (size <= i) size *= 2;
    t->array = RENEW_ARRAY(t->array, Value, size);
    for (uint32_t k = t->arraySize; k < size; k++) t->array[k] = NIL;
    t->arraySize = size;
  }
  t->array[i] = value;
}

/* functions */
static Proto *newProto(int depth) {
  Proto *p = NEW0(struct Proto);
  link(&p->obj, OBJ_FUNCTION);
  p->source = internf("@lib/module%d.lang", upto(12));
  p->codeSize = 8 + upto(60);
  p->code = NEW_ARRAY(Instruction, p->codeSize);
  p->lines = NEW_ARRAY(int, p->codeSize);
  for (int i = 0; i < p->codeSize; i++) p->code[i] = upto(1u << 31), p->lines[i] = i / 3;
  p->constantCount = 1 + upto(8);
  p->constants = NEW_ARRAY(Value, p->constantCount);
  for (int i = 0; i < p->constantCount; i++) p->constants[i] = upto(2) ? number(i) : object(internf("constant %d", upto(900)));
  p->localCount = upto(6);
  if (p->localCount) p->locals = NEW_ARRAY(LocalVar, p->localCount);
  for (int i = 0; i < p->localCount; i++) p->locals[i] = (LocalVar){internf("local%d", i), i, p->codeSize};
  p->upvalueCount = upto(4);
  if (depth > 0) {
    p->protoCount = upto(3);
    if (p->protoCount) p->protos = NEW_ARRAY(struct Proto *, p->protoCount);
    for (int i = 0; i < p->protoCount; i++) p->protos[i] = newProto(depth - 1);
  }
  return p;
}

static Coroutine *newCoroutine(int size) {
  Coroutine *co = NEW(struct Coroutine);
  link(&co->obj, OBJ_COROUTINE);
  co->status = 0, co->stackSize = size, co->openUpvalues = NULL;
  co->stack = NEW_ARRAY(Value, size);
  co->top = co->stack;
  co->ci = &co->firstCall;
  co->firstCall.base = co->firstCall.top = co->stack;
  co->firstCall.closure = NULL;
  co->firstCall.pc = NULL;
  co->firstCall.previous = co->firstCall.next = NULL;
  return co;
}

static Upvalue *capture(Coroutine *co) {
  Upvalue *u = NEW(struct Upvalue);
  link(&u->obj, OBJ_UPVALUE);
  if (upto(4) == 0 && co->top > co->stack) {
    u->location = co->stack + upto(co->top - co->stack);
    u->u.open.next = co->openUpvalues;
    u->u.open.previous = &co->openUpvalues;
    if (co->openUpvalues) co->openUpvalues->u.open.previous = &u->u.open.next;
    co->openUpvalues = u;
  } else {
    u->u.closed = upto(2) ? number(upto(100)) : object(internf("captured %d", upto(300)));
    u->location = &u->u.closed;
  }
  return u;
}

static Closure *newClosure(Proto *p, Coroutine *co) {
  Closure *c = NEW_FLEX(struct Closure, sizeof(Upvalue *) * p->upvalueCount);
  link(&c->obj, OBJ_CLOSURE);
  c->upvalueCount = p->upvalueCount;
  c->proto = p;
  for (int i = 0; i < p->upvalueCount; i++) c->upvalues[i] = capture(co);
  return c;
}

static int nativePrint(VM *v, int argc, Value *argv) { return argc; }
static int nativeNext(VM *v, int argc, Value *argv) { return argv[0].type; }

static Native *newNative(NativeFn f, int captured) {
  Native *n = NEW_FLEX(struct Native, captured * sizeof(Value));
  link(&n->obj, OBJ_NATIVE);
  n->count = captured, n->function = f;
  for (int i = 0; i < captured; i++) n->captured[i] = object(internf("native capture %d", i));
  return n;
}

typedef struct {
  FILE *stream;
  char *name;
  int line;
} FileData;

static void closeFile(void *data) { free(((FileData *)data)->name); }

static Userdata *newUserdata(Table *meta) {
  Userdata *u = NEW_FLEX(struct Userdata, sizeof(FileData));
  link(&u->obj, OBJ_USERDATA);
  u->size = sizeof(FileData), u->metatable = meta, u->finalize = closeFile;
  FileData *f = (FileData *)u->data.bytes;
  f->stream = NULL;
  f->name = strdup(upto(2) ? "/var/log/script/output.log" : "input");
  f->line = upto(1000);
  return u;
}

/* collector */
static void mark(Obj *o) {
  if (o == NULL || o->marked) return;
  o->marked = 1;
  if (vm->grayCount == vm->grayCapacity) {
    vm->grayCapacity = vm->grayCapacity ? vm->grayCapacity * 2 : 16;
    vm->gray = RENEW_ARRAY(vm->gray, struct Obj *, vm->grayCapacity);
  }
  vm->gray[vm->grayCount++] = o;
}
static void markValue(Value v) {
  if (v.type == VAL_OBJ) mark(v.as.obj);
}

static void blacken(Obj *o) {
  switch ((ObjType)o->type) {
  case OBJ_STRING: break;
  case OBJ_TABLE: {
    Table *t = (Table *)o;
    mark((Obj *)t->metatable);
    for (uint32_t i = 0; i < t->arraySize; i++) markValue(t->array[i]);
    if (t->nodes != dummy)
      for (int i = 0; i < 1 << t->log2nodes; i++) markValue(t->nodes[i].key), markValue(t->nodes[i].value);
    break;
  }
  case OBJ_FUNCTION: {
    Proto *p = (Proto *)o;
    mark(&p->source->obj);
    for (int i = 0; i < p->constantCount; i++) markValue(p->constants[i]);
    for (int i = 0; i < p->protoCount; i++) mark(&p->protos[i]->obj);
    for (int i = 0; i < p->localCount; i++) mark(&p->locals[i].name->obj);
    break;
  }
  case OBJ_CLOSURE: {
    Closure *c = (Closure *)o;
    mark(&c->proto->obj);
    for (int i = 0; i < c->upvalueCount; i++) mark(&c->upvalues[i]->obj);
    break;
  }
  case OBJ_UPVALUE: markValue(*((Upvalue *)o)->location); break;
  case OBJ_NATIVE:
    for (int i = 0; i < ((Native *)o)->count; i++) markValue(((Native *)o)->captured[i]);
    break;
  case OBJ_USERDATA: mark((Obj *)((Userdata *)o)->metatable); break;
  case OBJ_COROUTINE: {
    Coroutine *co = (Coroutine *)o;
    for (Value *v = co->stack; v < co->top; v++) markValue(*v);
    for (CallInfo *ci = co->firstCall.next; ci; ci = ci->next) mark((Obj *)ci->closure);
    for (Upvalue *u = co->openUpvalues; u; u = u->u.open.next) mark(&u->obj);
    break;
  }
  }
}

static void release(Obj *o) {
  switch ((ObjType)o->type) {
  case OBJ_TABLE:
    free(((Table *)o)->array);
    if (((Table *)o)->nodes != dummy) free(((Table *)o)->nodes);
    break;
  case OBJ_FUNCTION: {
    Proto *p = (Proto *)o;
    free(p->code), free(p->lines), free(p->constants), free(p->locals), free(p->protos);
    break;
  }
  case OBJ_USERDATA: ((Userdata *)o)->finalize(((Userdata *)o)->data.bytes); break;
  case OBJ_COROUTINE: {
    Coroutine *co = (Coroutine *)o;
    for (CallInfo *ci = co->firstCall.next, *next; ci; ci = next) next = ci->next, free(ci);
    free(co->stack);
    break;
  }
  case OBJ_STRING: {
    ObjString *s = (ObjString *)o;
    ObjString **at = &vm->strings[s->hash & (vm->stringCapacity - 1)];
    while (*at != s) at = &(*at)->chain;
    *at = s->chain;
    vm->stringCount--;
    break;
  }
  case OBJ_CLOSURE:
  case OBJ_UPVALUE:
  case OBJ_NATIVE: break;
  }
  free(o);
}

static void collect(void) {
  for (int i = 0; i < 24; i++) mark((Obj *)vm->metaNames[i]);
  mark(&vm->globals->obj), mark(&vm->registry->obj), mark(&vm->main->obj);
  while (vm->grayCount) blacken(vm->gray[--vm->grayCount]);
  for (Obj **at = &vm->objects; *at;) {
    Obj *o = *at;
    if (o->marked) o->marked = 0, at = &o->next;
    else *at = o->next, release(o);
  }
}

static void push(Coroutine *co, Value v) {
  if (co->top < co->stack + co->stackSize) *co->top++ = v;
}

static Table *record(int i, Table *meta) {
  Table *t = newTable(0, upto(3) ? 4 : 0);
  t->metatable = meta;
  setField(t, internf("id", 0), number(i));
  setField(t, intern("name"), object(internf("record number %d of the large file", i)));
  if (upto(2)) {
    Table *tags = newTable(upto(5), 0);
    for (uint32_t k = 0; k < tags->arraySize; k++) setIndex(tags, k, object(internf("tag%d", upto(40))));
    setField(t, intern("tags"), object(tags));
  }
  if (upto(4) == 0) setField(t, intern("light"), (Value){VAL_LIGHT, {.light = vm}});
  return t;
}

int main(void) {
  vm = NEW0(struct VM);
  vm->main = newCoroutine(256);
  vm->globals = newTable(0, 16);
  vm->registry = newTable(8, 0);
  for (int i = 0; i < 24; i++) vm->metaNames[i] = internf("__meta%d", i);
  setField(vm->globals, intern("print"), object(newNative(nativePrint, 0)));
  setField(vm->globals, intern("next"), object(newNative(nativeNext, 2)));
  Table *meta = newTable(0, 4), *files = newTable(0, 0), *records = newTable(4, 0), *coroutines = newTable(0, 0);
  setField(vm->globals, intern("Record"), object(meta));
  setField(vm->globals, intern("files"), object(files));
  setField(vm->globals, intern("records"), object(records));
  setField(vm->globals, intern("coroutines"), object(coroutines));
  for (int i = 0; i < 40; i++) push(vm->main, upto(2) ? number(i) : object(internf("stack %d", i)));
  for (int i = 0; i < 120; i++) {
    Closure *c = newClosure(newProto(2), vm->main);
    setField(vm->globals, internf("function%d", i), object(c));
    if (i % 3 == 0) setField(meta, internf("method%d", i), object(c));
  }
  for (int i = 0; i < 60; i++) {
    setIndex(files, i, object(newUserdata(meta)));
    Coroutine *co = newCoroutine(16 + upto(40));
    CallInfo *last = &co->firstCall;
    for (int k = upto(4); k > 0; k--) {
      CallInfo *ci = NEW(struct CallInfo);
      ci->previous = last, ci->next = NULL;
      ci->base = co->top;
      push(co, number(k)), push(co, object(internf("argument %d", k)));
      ci->top = co->top;
      ci->closure = newClosure(newProto(0), co);
      ci->pc = ci->closure->proto->code + 3;
      last->next = ci;
      last = ci;
    }
    co->ci = last;
    setIndex(coroutines, i, object(co));
    setIndex(vm->registry, upto(8), object(newNative(nativePrint, upto(4))));
  }
  for (int i = 0; i < 6000; i++) {
    setIndex(records, upto(2600), object(record(i, meta)));
    if (i % 1500 == 1499) collect();
  }
  collect();
  for (int i = 0; i < 300; i++) setIndex(records, upto(2600), object(record(i, meta)));
  typelog_ready();
  return 0;
}
