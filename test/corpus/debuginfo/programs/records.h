struct shared { int id; struct shared *next; union { int i; float f; } value; };
typedef struct shared shared_t;
struct opaque;
struct opaque *open_it(int n);
int close_it(struct opaque *it);
int old_style();
