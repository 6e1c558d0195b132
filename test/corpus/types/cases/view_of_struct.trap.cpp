/* Views of text that lies in objects, at their beginning and within. */
#include "case.h"
#include <string_view>
struct Person {
  char name[24];
  Person *friendOf;
  char town[16];
};
std::vector<std::string_view> names, towns;
std::vector<Person *> people;
CASE {
  for (int i = 0; i < 20; i++) {
    Person *person = tracked(new Person{"somebody", i > 0 ? people.back() : nullptr, "some town"});
    people.push_back(person);
    names.push_back(person->name);
    towns.push_back(person->town);
  }
}
