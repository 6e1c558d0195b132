/* std::filesystem::path, whose list of components is the library's secret. */
#include "leaf.h"
#include <filesystem>
std::vector<std::filesystem::path> paths;
std::map<std::filesystem::path, Leaf *> byPath;
CASE {
  for (int i = 0; i < 10; i++) {
    paths.push_back("/usr/share/some/longer/path/" + std::to_string(i) + "/file.txt");
    byPath["/home/" + std::to_string(i)] = newLeaf(i);
  }
}
