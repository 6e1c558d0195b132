/* A process that never allocates: no block may be reported as used. */
#include <stdlib.h>

int main(void) { abort(); }
