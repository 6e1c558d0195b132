/* std::string: in itself, on the heap, grown, empty; of wider characters. */
#include "leaf.h"
struct Strings {
  std::string local = "short", heap, grown, empty;
  std::wstring wide;
  std::u16string two;
  std::u32string four;
  Leaf *behind;
};
Strings *strings;
template <typename S> void text(S &string, const char *character) {
  char *data = (char *)string.data();
  size_t header = 0;
#if defined(__GLIBCXX__) && !_GLIBCXX_USE_CXX11_ABI
  header = 24;
  data -= header;
#endif
  typelog(data, character, string.capacity() + 1 + header / sizeof(string[0]), TYPELOG_ARRAY);
}
CASE {
  strings = tracked(new Strings);
  strings->heap = std::string(100, 'h');
  for (int i = 0; i < 300; i++) strings->grown += 'g';
  strings->wide = std::wstring(50, L'w');
  strings->two = std::u16string(60, u't');
  strings->four = std::u32string(70, U'f');
  text(strings->wide, "wchar_t");
  text(strings->two, "char16_t");
  text(strings->four, "char32_t");
  strings->behind = newLeaf(1);
}
