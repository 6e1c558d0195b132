/* Polymorphic objects behind unique pointers to their base, with secrets of their own. */
#include "case.h"
struct Leaf {
  int id;
  Leaf *next;
};
class Widget {
public:
  explicit Widget(int id);
  virtual ~Widget();

protected:
  struct Secret;
  std::unique_ptr<Secret> secret;
};
struct Widget::Secret {
  Leaf *leaf;
  std::string name;
};
Widget::Widget(int id) : secret(tracked(new Secret{tracked(new Leaf{id, nullptr}), std::string(30, 'w')})) {}
Widget::~Widget() {}
class Button : public Widget {
  std::vector<Leaf *> leaves;

public:
  explicit Button(int id) : Widget(id) { leaves.push_back(tracked(new Leaf{id, nullptr})); }
};
class Window : public Widget {
  std::vector<std::unique_ptr<Widget>> children;

public:
  explicit Window(int id) : Widget(id) {
    for (int i = 0; i < id; i++) children.emplace_back(tracked(new Button(i)));
  }
};
std::vector<std::unique_ptr<Widget>> windows;
CASE {
  for (int i = 0; i < 6; i++) windows.emplace_back(tracked(new Window(i)));
}
