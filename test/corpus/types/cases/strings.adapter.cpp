/* std::string by value in containers: local ones point into their own block. */
#include "leaf.h"
struct Named {
  std::string name;
  Leaf *leaf;
};
std::vector<Named> named;
std::map<std::string, Named> byName;
std::list<std::string> list;
CASE {
  for (int i = 0; i < 40; i++) {
    std::string name(i, 'n');
    named.push_back({name, newLeaf(i)});
    byName[std::to_string(i) + name] = {name, newLeaf(i)};
    list.push_back(name);
  }
}
