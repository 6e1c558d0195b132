/* std::optional: an object in it, or what is left of one. */
#include "leaf.h"
struct Options {
  std::optional<Held> some, none;
  std::optional<std::vector<Leaf *>> list;
  std::optional<long> number;
};
Options *options;
CASE {
  options = tracked(new Options);
  options->some = Held{1, newLeaf(1), 2};
  options->none = Held{1, (Leaf *)notALeaf(), 2};
  KEEP(options);
  options->none.reset();
  options->list.emplace();
  for (int i = 0; i < 9; i++) options->list->push_back(newLeaf(i));
}
