/* Containers of containers of containers. */
#include "leaf.h"
std::map<std::string, std::vector<std::unordered_map<int, std::unique_ptr<Leaf>>>> deep;
std::vector<std::list<std::deque<Held>>> lists;
std::unordered_map<std::string, std::map<int, std::set<Leaf *>>> sets;
CASE {
  for (int i = 0; i < 4; i++) {
    auto &list = deep["a longer name, number " + std::to_string(i)];
    list.resize(3);
    for (auto &table : list) for (int j = 0; j < 5; j++) table[j].reset(newLeaf(j));
    lists.emplace_back(2);
    for (auto &queue : lists.back()) for (int j = 0; j < 5; j++) queue.push_back({j, newLeaf(j), 1});
    for (int j = 0; j < 3; j++) for (int k = 0; k < 3; k++) sets[std::to_string(i)][j].insert(newLeaf(k));
  }
}
