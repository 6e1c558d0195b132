/* What std::allocator calls once ../shadow.ts has been at its header. */
#ifndef SHADOWED_H
#define SHADOWED_H
#include <stddef.h>
#include <typeinfo>
extern "C" void *typelog(void *block, const char *type, size_t count, int kind);
namespace typelogged {
template <typename T> inline void *allocated(void *block, size_t count) {
  return typelog(block, typeid(T).name(), count, 8 | 16);
}
}
#endif
