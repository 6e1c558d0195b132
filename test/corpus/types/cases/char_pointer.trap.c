/* char * to a struct, beside char * to text. */
#include "case.h"
struct secret {
  struct secret *next;
  long id;
  double weight;
};
struct module {
  char *name;
  char *private;
};
struct module modules[20];
CASE {
  for (int i = 0; i < 20; i++) {
    modules[i].name = strdup("a module");
    struct secret *secret = MAYBE(calloc(1, sizeof(struct secret)), struct secret);
    secret->id = i;
    secret->weight = i / 3.0;
    secret->next = i > 0 ? (struct secret *)modules[i - 1].private : NULL;
    modules[i].private = (char *)secret;
  }
}
