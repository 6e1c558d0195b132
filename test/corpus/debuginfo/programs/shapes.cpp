/* Types of C++ by their shape: inheritance of all sorts, bit-fields, unions, templates, pointers to members, local types. */
#include "shapes.h"
#include <functional>
#include <initializer_list>
#include <tuple>
#include <utility>

namespace geometry {
Shape::~Shape() = default;

class Circle final : public Shape {
public:
  Circle(std::string name, double radius) : Shape(std::move(name)), radius_(radius) {}
  double area() const override { return 3 * radius_ * radius_; }
private:
  double radius_;
  Point centre_{1, 2};
};

struct Named { virtual ~Named() {} const char *label = "label"; };
struct Counted { virtual int count() { return uses; } int uses = 1; char tail = 'c'; };
class Both : public Named, protected Counted { public: int count() override { return 2; } short own = 3; };
struct Base { virtual ~Base() {} long common = 1; };
struct Left : virtual Base { int left = 2; };
struct Right : virtual Base { int right = 3; char spare = 4; };
struct Diamond : Left, Right { int bottom = 5; };
struct Empty {};
struct UsesEmptyBase : Empty { int value; };
struct HoldsEmpty { Empty empty; [[no_unique_address]] Empty overlapped; int value; };
struct VirtualEmpty : virtual Empty { char c; };
struct Deeper : Diamond, virtual Counted { double last = 6; };
}

struct Bits {
  unsigned a : 1;
  unsigned b : 7;
  int c : 13;
  unsigned : 0;
  bool flag : 1;
  geometry::Colour colour : 8;
  std::uint64_t wide : 47;
  std::uint64_t : 5;
  signed char small : 3;
  geometry::Plain plain : 32;
  char after;
  unsigned short crossing : 12;
  unsigned short next : 12;
};

struct __attribute__((packed)) Packed { char tag; std::uint32_t value; std::uint64_t bits : 37; std::uint16_t rest; };

union Number { int i; float f; double d; std::uint8_t bytes[8]; struct { std::uint16_t low, high; } halves; Number *next; };

struct Anonymous {
  int kind;
  union { long number; const char *text; struct { short first, second; }; };
  struct { int inner; } named;
  enum { small, large = 40 } size;
  enum class Mode : short { off = -1, on = 1 } mode;
};

typedef struct { int onlyByTypedef; struct { char nested; } deep; } ByTypedef;
using Alias = ByTypedef;
using Callback = int (*)(const geometry::Point &, char **, ...);
using Matrix = double[3][4];

template <typename T, int N, T Default = T(3)> struct Fixed { T values[N]; static constexpr int size = N; T fallback = Default; };
template <typename... Ts> struct Pack { std::tuple<Ts...> all; };
template <template <typename, typename> class C> struct OfTemplate { C<int, long> held; };
template <typename A, typename B> struct Pair { A first; B second; struct Inner { A *back; }; Inner inner; };
template <auto V> struct Auto { decltype(V) value = V; };
template <int *P> struct OfAddress { int held; };
template <bool B, char C, geometry::Colour E, unsigned long L> struct Literals { char c = C; };
int addressed = 8;

struct Members {
  int geometry::Point::*data;
  double (geometry::Shape::*method)() const;
  Callback callback;
  void (*plain)(void);
  Matrix matrix;
  const char *const names[2];
  int &reference;
  int &&rvalue;
  const volatile int *volatile cv;
  int (*toArray)[5];
  int *(*deep)(int (*)(double), Matrix *);
  decltype(nullptr) null;
  __int128 huge;
  long double extended;
  char16_t utf16[2];
  char32_t utf32;
  wchar_t wide;
  bool truth;
  void *opaque;
  Opaque *declared;
  Incomplete *never;
  struct geometry::deep::deeper::CacheLine line;
  _Complex double complex;
  float vector __attribute__((vector_size(16)));
};

struct Flexible { int count; geometry::Point points[]; };
struct ZeroLength { int count; char none[0]; };
struct SelfReferential { SelfReferential *next; SelfReferential **prior; SelfReferential &self; int (*visit)(SelfReferential *); };

namespace {
struct Hidden { int first; char pad; };
Hidden hidden{1, 'a'};
namespace inner { struct AlsoHidden { long a, b; } alsoHidden; }
}
int firstHidden() { return hidden.first + int(inner::alsoHidden.a); }

static int fileStatic = 11;
thread_local long perThread = 12;
thread_local geometry::Point perThreadPoint{3, 4};
extern const int exported;
const int exported = 13;
static const int neverStored = 14;

/* gcc puts `const Prefix` into the declaration of its copy constructor. */
__attribute__((noinline)) int findPrefix(const char *text) {
  struct Prefix { const char *text; int value; };
  static const struct Prefix prefixes[] = {{"udp:", 1}, {"tcp:", 2}};
  for (const Prefix prefix : prefixes) if (!std::char_traits<char>::compare(text, prefix.text, 4)) return prefix.value;
  return 0;
}

int functionLocal(int n) {
  static int calls = 21;
  static thread_local int perThreadCalls = 22;
  struct Local { int a; struct Nested { char b; } nested; enum { one, two } which; } local{n, {'c'}, Local::two};
  class Visitor : public geometry::Counted { public: Local *at = nullptr; int count() override { return at->a; } } visitor;
  visitor.at = &local;
  auto lambda = [n, &local, text = std::string("text")](auto x) { return n + local.a + x + int(text.size()); };
  std::function<int(int)> held = lambda;
  { static int calls = 23; calls += n; n += calls; }
  { struct Local { double other; } inBlock{2.5}; n += int(inBlock.other); }
  return held(n) + calls++ + perThreadCalls++ + visitor.count() + int(local.which) + neverStored;
}
template <typename T> T &once() { static T value{}; struct InTemplate { T held; } local{value}; value = local.held; return value; }

geometry::Circle circle("circle", 2);
geometry::Both both;
geometry::Diamond diamond;
geometry::Deeper deeperOne;
geometry::UsesEmptyBase usesEmptyBase;
geometry::HoldsEmpty holdsEmpty;
geometry::VirtualEmpty virtualEmpty;
geometry::Versioned versioned;
geometry::Wide wide = geometry::Wide::top;
Bits bits;
Packed packed;
Number number;
Anonymous anonymous;
ByTypedef byTypedef;
Alias alias;
Fixed<int, 4> fixedInts;
Fixed<unsigned long, 2, 7ul> fixedLongs;
Pack<int, char *, geometry::Point> pack;
OfTemplate<Pair> ofTemplate;
Pair<const char *, Pair<unsigned char, long long>> pairs;
Auto<5> autoInt;
Auto<'c'> autoChar;
OfAddress<&addressed> ofAddress;
Literals<true, 'x', geometry::Colour::blue, 18446744073709551615ul> literals;
Literals<false, '\n', geometry::Colour(9), 0> otherLiterals;
int target = 1;
Members members{nullptr, nullptr, nullptr, nullptr, {}, {"a", "b"}, target, std::move(target), nullptr, nullptr, nullptr, nullptr, 0, 0, {}, 0, 0, false, nullptr, nullptr, nullptr, {}, 0, {}};
Flexible flexible;
ZeroLength zeroLength;
SelfReferential *selfReferential;

int main(int argc, char **argv) {
  geometry::Shape &shape = circle;
  once<int>() = argc;
  once<geometry::Point>().x = fileStatic++;
  perThread += perThreadPoint.x++;
  return functionLocal(argc) + findPrefix(argv[0]) + int(shape.area()) + useSecondUnit(shape) + firstHidden() + secondHidden() + exported + (makeOpaque(1) != nullptr) + int(perThread) + once<int>() == 0;
}
