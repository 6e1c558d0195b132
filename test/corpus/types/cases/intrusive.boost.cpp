/* Boost.Intrusive: hooks as bases and as members. */
#include "leaf.h"
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>
namespace bi = boost::intrusive;
struct ByBase : bi::list_base_hook<> {
  int id;
  Leaf *leaf;
  ByBase(int i, Leaf *l) : id(i), leaf(l) {}
};
struct ByMember {
  double weight;
  bi::set_member_hook<> hook;
  Leaf *leaf;
  long id, more;
  bool operator<(const ByMember &other) const { return id < other.id; }
};
bi::list<ByBase> list;
bi::set<ByMember, bi::member_hook<ByMember, bi::set_member_hook<>, &ByMember::hook>> set;
CASE {
  for (int i = 0; i < 15; i++) {
    list.push_back(*tracked(new ByBase(i, newLeaf(i))));
    ByMember *member = tracked(new ByMember);
    member->weight = 0.5, member->id = i, member->leaf = newLeaf(i);
    set.insert(*member);
  }
}
