/* The places of a library that hold something for holders.c. -DPLACE=linked or late. */
#define JOIN(a, b) a##b
#define NAMED(a, b) JOIN(a, b)

static void *in_bss;
static void *in_data = &in_bss;
static _Thread_local void *in_thread_local[100];

void **NAMED(PLACE, _static)(void) { return &in_bss; }
void **NAMED(PLACE, _data)(void) { return &in_data; }
void **NAMED(PLACE, _thread_local)(void) { return &in_thread_local[50]; }
