/* std::any: what fits into it, and what doesn't. */
#include "leaf.h"
struct Large {
  Leaf *leaf;
  long more[5];
};
struct Values {
  std::any empty, pointer, number, large, text;
};
Values *values;
CASE {
  values = tracked(new Values);
  values->pointer = newLeaf(1);
  values->number = 17;
  values->large = heapAny(Large{newLeaf(2), {1, 2}});
  values->text = heapAny(std::string(60, 'a'));
}
