/* What both units of `shapes` have: the same types must come out once. */
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace geometry {
enum class Colour : std::uint8_t { red, green = 7, blue = 255 };
enum Plain { plainNegative = -5, plainZero = 0, plainLarge = 0x7fffffff };
enum class Wide : std::uint64_t { none = 0, top = 0x8000000000000000ull };

struct Point {
  int x, y;
  static const int dimensions = 2;
  static inline long made = 3;
};

class Shape {
public:
  explicit Shape(std::string name) : name_(std::move(name)) {}
  virtual ~Shape();
  virtual double area() const = 0;
  Colour colour = Colour::red;
protected:
  std::string name_;
private:
  mutable volatile unsigned reads_ = 0;
};

inline namespace v2 {
struct Versioned { char tag; Plain plain; };
}

namespace deep { namespace deeper {
struct alignas(64) CacheLine { char head; std::uint64_t words[3]; char tail; };
} }
}

/* Declared here, defined in the second unit only. */
class Opaque;
struct Incomplete;
Opaque *makeOpaque(int value);
int useSecondUnit(geometry::Shape &shape);

/* One name, two meanings: each unit defines its own in an anonymous namespace. */
int firstHidden();
int secondHidden();
