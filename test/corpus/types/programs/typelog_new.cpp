/* C++'s operators new and delete, through the logged malloc (this file is linked with --wrap too), and the strings' functions, which
 * the program and the standard library would else take from the library, where std::allocator is not shadowed. The
 * program itself sees them as always: declared, not instantiated. Built without debug information. */
#include <cstdlib>
#include <new>
#include <string>

template class std::basic_string<char>;

static void *allocate(size_t size, size_t alignment) {
  if (size == 0) size = 1;
  void *block = alignment > 16 ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment) : std::malloc(size);
  if (block == nullptr) std::abort();
  return block;
}

void *operator new(size_t size) { return allocate(size, 0); }
void *operator new[](size_t size) { return allocate(size, 0); }
void *operator new(size_t size, const std::nothrow_t &) noexcept { return allocate(size, 0); }
void *operator new[](size_t size, const std::nothrow_t &) noexcept { return allocate(size, 0); }
void *operator new(size_t size, std::align_val_t alignment) { return allocate(size, (size_t)alignment); }
void *operator new[](size_t size, std::align_val_t alignment) { return allocate(size, (size_t)alignment); }
void operator delete(void *block) noexcept { std::free(block); }
void operator delete[](void *block) noexcept { std::free(block); }
void operator delete(void *block, size_t) noexcept { std::free(block); }
void operator delete[](void *block, size_t) noexcept { std::free(block); }
void operator delete(void *block, std::align_val_t) noexcept { std::free(block); }
void operator delete[](void *block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void *block, size_t, std::align_val_t) noexcept { std::free(block); }
void operator delete[](void *block, size_t, std::align_val_t) noexcept { std::free(block); }
