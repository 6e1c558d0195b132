/* Bytes that only their owner understands: numbers, pointers to others, text. */
#include "case.h"
struct buffer {
  void *bytes;
  size_t length;
};
struct buffer buffers[30];
CASE {
  for (int i = 0; i < 30; i++) {
    buffers[i].length = 16 + i * 8;
    char *bytes = buffers[i].bytes = NEW_RAW(buffers[i].length);
    for (size_t at = 0; at + 8 <= buffers[i].length; at += 8) {
      long number = at * i;
      double real = at / 3.0;
      void *pointer = i > 0 ? buffers[i - 1].bytes : NULL;
      memcpy(bytes + at, at % 24 == 0 ? (void *)&number : at % 24 == 8 ? (void *)&real : (void *)&pointer, 8);
    }
  }
}
