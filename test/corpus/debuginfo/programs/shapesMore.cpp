/* The second unit of `shapes`: defines what the first only declares, and has types of the same names. */
#include "shapes.h"
#include <memory>

class Opaque {
  int value_;
  std::unique_ptr<geometry::Point> at_;
public:
  explicit Opaque(int value) : value_(value), at_(new geometry::Point{value, value}) {}
  int sum() const { return value_ + at_->x; }
};

Opaque *makeOpaque(int value) {
  static Opaque kept(value);
  return kept.sum() > 0 ? &kept : nullptr;
}

namespace {
struct Hidden { double second; Hidden *link; };
Hidden hidden{2, &hidden};
}
int secondHidden() { return int(hidden.second); }

static int fileStatic = 31;
static thread_local int perThreadPoint = 32;
geometry::deep::deeper::CacheLine cacheLines[2];

int useSecondUnit(geometry::Shape &shape) {
  static int calls = 33;
  return int(shape.area()) + fileStatic + calls++ + perThreadPoint++ + int(cacheLines[1].words[0]);
}
