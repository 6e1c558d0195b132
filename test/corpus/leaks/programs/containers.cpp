// Containers of the standard library, strings, smart pointers, arrays and objects with several bases: leaked with all that
// they own, or without the container object itself, and held. Which of a container's blocks lead to which is libstdc++'s way.
#include "known.h"
#include <deque>
#include <functional>
#include <initializer_list>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

/* Every block is known as soon as it is made. */
APART void *operator new(size_t n) {
  void *p = fill(malloc(n));
  know(p, n, UNCLAIMED);
  return p;
}
APART void *operator new[](size_t n) { return operator new(n); }
APART void operator delete(void *p) noexcept {
  int i = known_count;
  while (i > 0 && (known[i - 1].inverted != invert(p) || known[i - 1].kind == FREED)) i--;
  if (i > 0) known[i - 1].kind = FREED;
  free(p);
}
void operator delete(void *p, size_t) noexcept { operator delete(p); }
void operator delete[](void *p) noexcept { operator delete(p); }
void operator delete[](void *p, size_t) noexcept { operator delete[](p); }

/** 100 characters and more: in a block of its own. */
static std::string text(int i) { return std::string(100 + i % 50, 'x'); }

// not in the namespace, or what they hold would be dropped as never read
struct First { virtual ~First() {} long a = 1; };
struct Second { virtual ~Second() {} long b = 2; };
struct Both : First, Second { std::string name = text(7); long c[9] = {}; };
struct Peer { std::shared_ptr<Peer> other; std::string name = text(1); };
struct Tree { std::unique_ptr<Tree> left, right; std::vector<int> numbers = std::vector<int>(40, 5); };
struct Root { Tree tree; std::string name = text(3); };

namespace {

/** All blocks that are made while it is there. */
class Made {
  int from = known_count;

public:
  /** Leaked together; those of the given sizes are the one that leads to all others, or the cycle that does. */
  void leaked(std::initializer_list<size_t> source) {
    int group = new_group(), number = new_source();
    for (int i = from; i < known_count; i++) {
      if (known[i].kind != UNCLAIMED) continue;
      known[i].kind = LEAKED;
      known[i].group = group;
      known[i].source = HANGS;
      for (size_t size : source) if (known[i].requested == size) known[i].source = number;
    }
  }
  void held(const char *by) {
    for (int i = from; i < known_count; i++) if (known[i].kind == UNCLAIMED) known[i].kind = HELD, known[i].by = by;
  }
};

template <class T> constexpr size_t mapNode = sizeof(std::_Rb_tree_node<T>);
template <class T> constexpr size_t listNode = sizeof(std::_List_node<T>);

APART std::unique_ptr<Tree> grow(int depth) {
  auto tree = std::make_unique<Tree>();
  if (depth > 0) tree->left = grow(depth - 1), tree->right = grow(depth - 1);
  return tree;
}

APART void leakStrings() {
  for (int i = 0; i < 20; i++) {
    { Made m; new std::string(text(i)); m.leaked({sizeof(std::string)}); }
    // a short one leads to itself
    { Made m; new std::string("short"); m.leaked({sizeof(std::string)}); }
  }
}

APART void leakSequences() {
  for (int i = 0; i < 10; i++) {
    { Made m; auto *v = new std::vector<std::string>; for (int k = 0; k < 20 + i; k++) v->push_back(text(k)); m.leaked({sizeof *v}); }
    { Made m; auto *v = new std::vector<std::vector<int>>(7, std::vector<int>(50 + i)); m.leaked({sizeof *v}); }
    { Made m; auto *d = new std::deque<int>(200 + 50 * i, 3); m.leaked({sizeof *d}); }
    { Made m; auto *v = new std::vector<std::function<int()>>; for (int k = 0; k < 9; k++) v->push_back([a = std::string(text(k)), k] { return k + static_cast<int>(a.size()); }); m.leaked({sizeof *v}); }
    // the list's object is one of its ring
    { Made m; auto *l = new std::list<std::string>; for (int k = 0; k < 12; k++) l->push_back(text(k)); m.leaked({sizeof *l, listNode<std::string>}); }
  }
}

/** A tree's root leads back to the object, and a node to its parent; a table of buckets leads back to the object. */
APART void leakMaps() {
  for (int i = 0; i < 10; i++) {
    { Made m; auto *o = new std::map<int, std::string>; for (int k = 0; k < 30 + i; k++) (*o)[k] = text(k); m.leaked({sizeof *o, mapNode<std::pair<const int, std::string>>}); }
    { Made m; auto *o = new std::map<int, int>; m.leaked({sizeof *o}); }
    { Made m; auto *o = new std::set<uint64_t>; for (int k = 0; k < 25; k++) o->insert(k * 7919 % 100); m.leaked({sizeof *o, mapNode<uint64_t>}); }
    { Made m; auto *o = new std::unordered_map<int, std::string>; for (int k = 0; k < 100 + i; k++) (*o)[k] = text(k); m.leaked({sizeof *o, o->bucket_count() * 8}); }
  }
}

/** The object's own memory was used for something else: only what it owned is there. */
template <class T, class F> APART void abandon(F fillIt, std::initializer_list<size_t> source) {
  Made m;
  alignas(T) unsigned char place[sizeof(T)];
  fillIt(*new (place) T);
  memset(place, 0, sizeof place);
  __asm__ volatile("" ::"r"(place) : "memory");
  m.leaked(source);
}

APART void abandonContents() {
  for (int i = 0; i < 10; i++) {
    abandon<std::string>([&](auto &s) { s = text(i); }, {text(i).size() + 1});
    abandon<std::vector<std::string>>([](auto &v) { v.resize(16, text(0)); }, {16 * sizeof(std::string)});
    abandon<std::map<int, std::string>>([](auto &o) { for (int k = 0; k < 20; k++) o[k] = text(k); }, {mapNode<std::pair<const int, std::string>>});
    abandon<std::list<int>>([](auto &l) { l.assign(20, 4); }, {listNode<int>});
    abandon<std::unique_ptr<Root>>([](auto &p) { p = std::make_unique<Root>(); p->tree.left = grow(2); }, {sizeof(Root)});
  }
}

APART void leakPointers() {
  for (int i = 0; i < 10; i++) {
    // control block and object in one, and apart: then both lead to each other by way of the other peer
    { Made m; auto a = std::make_shared<Peer>(), b = std::make_shared<Peer>(); a->other = b, b->other = a; m.leaked({sizeof(std::_Sp_counted_ptr_inplace<Peer, std::allocator<Peer>, __gnu_cxx::_S_atomic>)}); }
    { Made m; std::shared_ptr<Peer> a(new Peer), b(new Peer); a->other = b, b->other = a; m.leaked({sizeof(Peer), sizeof(std::_Sp_counted_ptr<Peer *, __gnu_cxx::_S_atomic>)}); }
    { Made m; std::shared_ptr<Peer> a(new Peer); a->other = a; m.leaked({sizeof(Peer), sizeof(std::_Sp_counted_ptr<Peer *, __gnu_cxx::_S_atomic>)}); }
    { Made m; auto *root = new Root; root->tree.left = grow(3); m.leaked({sizeof *root}); }
    { Made m; new Both[5]; m.leaked({8 + 5 * sizeof(Both)}); }
    { Made m; new Both; m.leaked({sizeof(Both)}); }
  }
}

} // namespace

/* Static memory that no destructor empties when the program ends. */
template <class T> T &lasting() {
  alignas(T) static unsigned char place[sizeof(T)];
  return *new (place) T;
}
auto &heldMap = lasting<std::map<std::string, std::vector<int>>>();
auto &heldTable = lasting<std::unordered_map<std::string, std::unique_ptr<Root>>>();
auto &heldPeers = lasting<std::vector<std::shared_ptr<Peer>>>();
auto &heldWeakly = lasting<std::weak_ptr<Peer>>();
std::list<std::deque<int>> *heldList;
std::set<int> *heldSet;
Second *heldBySecondBase[20];
Both *heldArray;
thread_local std::vector<std::string> *heldThreadLocal;

APART void hold() {
  Made m;
  heldThreadLocal = new std::vector<std::string>;
  for (int i = 0; i < 60; i++) {
    heldMap[text(i) + std::to_string(i)].assign(30, i);
    auto &root = heldTable[std::to_string(i)];
    root = std::make_unique<Root>();
    root->tree.right = grow(1);
    heldPeers.push_back(i % 2 ? std::make_shared<Peer>() : std::shared_ptr<Peer>(new Peer));
    heldPeers.back()->other = heldPeers[i / 2];
    heldThreadLocal->push_back(text(i));
  }
  heldList = new std::list<std::deque<int>>(10, std::deque<int>(300, 1));
  for (auto &second : heldBySecondBase) second = new Both;
  heldArray = new Both[3];
  heldSet = new std::set<int>{1, 2, 3, 4, 5};
  m.held("variables");
}

/** The control block outlives the object that lies in it; what the object owned is freed. */
APART void holdWeakly() {
  Made m;
  heldWeakly = std::make_shared<Peer>();
  m.held("weak pointer");
}

int main(int argc, char **argv) {
  leakStrings();
  leakSequences();
  leakMaps();
  abandonContents();
  leakPointers();
  hold();
  holdWeakly();
  scrub();
  return finish(argc, argv);
}
