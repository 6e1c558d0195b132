/* void * to different types, told by a number beside it; half of the objects are known otherwise. */
#include "case.h"
struct user {
  char name[24];
  int id;
};
struct group {
  double quota, used;
  int members, flags;
  long more;
};
struct rule {
  long from, to;
  int mask, on;
  double weight;
};
struct box {
  int kind;
  void *data;
};
struct box boxes[90];
struct user *users[15];
struct group *groups[15];
struct rule *rules[15];
CASE {
  for (int i = 0; i < 90; i++) {
    boxes[i].kind = i % 3 + 1;
    switch (i % 3) {
      case 0: {
        struct user *user = boxes[i].data = NEW0(struct user);
        strcpy(user->name, "user");
        user->id = i;
        if (i < 45) users[i / 3] = user;
        break;
      }
      case 1: {
        struct group *group = boxes[i].data = NEW0(struct group);
        group->quota = i / 3.0;
        if (i < 45) groups[i / 3] = group;
        break;
      }
      case 2: {
        struct rule *rule = boxes[i].data = NEW0(struct rule);
        rule->from = i;
        if (i < 45) rules[i / 3] = rule;
      }
    }
  }
}
