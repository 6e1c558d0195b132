/* std::regex: much is the library's secret; nothing is to be wrong. */
#include "leaf.h"
#include <regex>
std::regex *regex;
std::vector<std::regex> regexes;
CASE {
  regex = tracked(new std::regex("(a|b)+[c-f]{2,3}(?:x\\d*)?"));
  regexes.emplace_back("[[:alpha:]_]\\w*\\s*=\\s*(\\d+|\"[^\"]*\")");
}
