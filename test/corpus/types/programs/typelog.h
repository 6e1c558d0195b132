/* A program's own word on what each of its heap blocks is, kept outside its memory (typelog.c) and read by ../typelog.ts.
 *
 * Every malloc, calloc, realloc, strdup, operator new and their counterparts of the program are logged by themselves (--wrap,
 * replaced operators). What is here adds the type. In C: NEW(struct conn), NEW_ARRAY(struct entry *, n). In C++:
 * tracked(new Npc(...)), and what std::allocator hands out is logged by the header that ../shadow.ts makes.
 * Without TYPES_LOG in the environment nothing is kept. */
#ifndef TYPELOG_H
#define TYPELOG_H
#include <stddef.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif
enum typelog_kind {
  TYPELOG_OBJECT = 1, /* one T, maybe with a flexible tail */
  TYPELOG_ARRAY = 2,  /* count of T */
  TYPELOG_RAW = 3,    /* bytes of no type */
  TYPELOG_MANGLED = 8,
  TYPELOG_ALLOCATOR = 16 /* by std::allocator<T>: a node, or storage of count */
};
/** What lies at `block`, which malloc handed out, is `type`. Answers block. */
void *typelog(void *block, const char *type, size_t count, int kind);
/** Says that the state is worth a core, and waits to be killed. */
void typelog_ready(void);
#ifdef __cplusplus
}
#endif

#define NEW(T) ((T *)typelog(malloc(sizeof(T)), #T, 1, TYPELOG_OBJECT))
#define NEW0(T) ((T *)typelog(calloc(1, sizeof(T)), #T, 1, TYPELOG_OBJECT))
/* with `extra` bytes behind: a flexible array, a tail of characters */
#define NEW_FLEX(T, extra) ((T *)typelog(malloc(sizeof(T) + (extra)), #T, 1, TYPELOG_OBJECT))
#define NEW0_FLEX(T, extra) ((T *)typelog(calloc(1, sizeof(T) + (extra)), #T, 1, TYPELOG_OBJECT))
#define RENEW_FLEX(p, T, extra) ((T *)typelog(realloc((p), sizeof(T) + (extra)), #T, 1, TYPELOG_OBJECT))
#define NEW_ARRAY(T, n) ((T *)typelog(malloc(sizeof(T) * (n)), #T, (n), TYPELOG_ARRAY))
#define NEW0_ARRAY(T, n) ((T *)typelog(calloc((n), sizeof(T)), #T, (n), TYPELOG_ARRAY))
#define RENEW_ARRAY(p, T, n) ((T *)typelog(realloc((p), sizeof(T) * (n)), #T, (n), TYPELOG_ARRAY))
#define NEW_RAW(n) (typelog(malloc(n), "", (n), TYPELOG_RAW))
#define RENEW_RAW(p, n) (typelog(realloc((p), (n)), "", (n), TYPELOG_RAW))

#ifdef __cplusplus
#include <any>
#include <functional>
#include <memory>
#include <type_traits>
#include <typeinfo>
#include <utility>

template <typename T> T *tracked(T *object) {
  typelog((void *)object, typeid(T).name(), 1, TYPELOG_OBJECT | TYPELOG_MANGLED);
  return object;
}

/** new T[n]: in front of objects with a destructor lies their number. */
template <typename T> T *trackedArray(T *first, size_t count) {
  size_t cookie = std::is_trivially_destructible<T>::value ? 0 : alignof(T) > sizeof(size_t) ? alignof(T) : sizeof(size_t);
  typelog((char *)first - cookie, typeid(T).name(), count, TYPELOG_ARRAY | TYPELOG_MANGLED);
  return first;
}

template <typename T, typename... Args> std::unique_ptr<T> owned(Args &&...args) { return std::unique_ptr<T>(tracked(new T(std::forward<Args>(args)...))); }

/** A shared_ptr of an object by new, whose control block is a block of its own, of a class with a vtable. */
template <typename T> std::shared_ptr<T> sharedFromNew(T *object) {
  struct Polymorphic {
    virtual ~Polymorphic() {}
  };
  std::shared_ptr<T> pointer(object);
  void *control = ((void **)&pointer)[1];
  typelog(control, typeid(*(Polymorphic *)control).name(), 1, TYPELOG_OBJECT | TYPELOG_MANGLED);
  return pointer;
}

/** A std::function whose target lies on the heap. */
template <typename Signature, typename F> std::function<Signature> heapFunction(F target) {
  std::function<Signature> function(std::move(target));
#ifdef __GLIBCXX__
  if (sizeof(F) > 16 || !std::is_trivially_copyable<F>::value) typelog((void *)function.template target<F>(), typeid(F).name(), 1, TYPELOG_OBJECT | TYPELOG_MANGLED);
#endif
  return function;
}

/** A std::any whose value lies on the heap. */
template <typename T> std::any heapAny(T value) {
  std::any any(std::in_place_type<T>, std::move(value));
#ifdef __GLIBCXX__
  const bool inside = sizeof(T) <= sizeof(void *) && std::is_nothrow_move_constructible<T>::value;
#else
  const bool inside = sizeof(T) <= 3 * sizeof(void *) && std::is_nothrow_move_constructible<T>::value;
#endif
  if (!inside) typelog((void *)std::any_cast<T>(&any), typeid(T).name(), 1, TYPELOG_OBJECT | TYPELOG_MANGLED);
  return any;
}
#endif
#endif
