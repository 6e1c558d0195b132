/* Documents: a JSON value as a variant, an element tree with base-class pointers and shared_ptr cycles, styles that are shared,
 * an undo history of commands, and an index over it all. */
#include "typelog.h"
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stack>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace doc {

static unsigned state = 12345;
static unsigned upTo(unsigned n) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % n;
}

// JSON
struct Json;
using JsonArray = std::vector<Json>;
using JsonObject = std::map<std::string, Json>;
struct Json {
  std::variant<std::nullptr_t, bool, double, std::string, std::shared_ptr<JsonArray>, std::unique_ptr<JsonObject>> value;
  Json() : value(nullptr) {}
  template <typename T> Json(T v) : value(std::move(v)) {}
};

static Json randomJson(int depth) {
  switch (upTo(depth > 0 ? 7 : 4)) {
  case 0: return Json();
  case 1: return Json(upTo(2) == 0);
  case 2: return Json(double(upTo(100000)) / 3);
  case 3: return Json(std::string(upTo(2) ? "brief" : "a string value that is stored outside, being long"));
  case 4:
  case 5: {
    auto object = owned<JsonObject>();
    for (unsigned n = 1 + upTo(6); n > 0; n--) (*object)["key" + std::to_string(upTo(20))] = randomJson(depth - 1);
    return Json(std::move(object));
  }
  default: {
    auto array = std::make_shared<JsonArray>();
    for (unsigned n = upTo(8); n > 0; n--) array->push_back(randomJson(depth - 1));
    return Json(std::move(array));
  }
  }
}

// styles
enum class Unit : char { Px, Em, Percent };
struct Length {
  float amount;
  Unit unit;
};
struct Style {
  std::string name;
  std::map<std::string, std::variant<Length, uint32_t, std::string>> properties;
  std::shared_ptr<const Style> inherits;
  mutable std::weak_ptr<class Element> firstUser;
};

// the tree
class Document;
class Element;

struct Rectangle {
  float x, y, width, height;
};

struct LayoutBox {
  Rectangle frame;
  Rectangle content;
  LayoutBox *firstChild, *nextSibling;
  Element *element;
  std::vector<Rectangle> lines;
};

class EventTarget {
public:
  virtual ~EventTarget() {}
  using Listener = std::function<void(EventTarget &)>;
  void on(std::string name, Listener listener) { listeners_[std::move(name)].push_back(std::move(listener)); }

protected:
  std::map<std::string, std::vector<Listener>> listeners_;
};

class Node : public std::enable_shared_from_this<Node> {
public:
  virtual ~Node() {}
  virtual size_t weight() const = 0;
  std::weak_ptr<Element> parent;
  Document *document = nullptr;
  uint32_t id = 0;
};

class Text : public Node {
public:
  explicit Text(std::string text) : text_(std::move(text)) {}
  size_t weight() const override { return text_.size(); }

private:
  std::string text_;
  std::vector<uint16_t> breaks_{0, 4, 9};
};

class Comment : public Node {
public:
  size_t weight() const override { return 0; }
  std::string text = "a comment that nobody reads, ever";
};

class Element : public Node, public EventTarget {
public:
  explicit Element(std::string tag) : tag_(std::move(tag)) {}
  size_t weight() const override {
    size_t sum = 1;
    for (auto &child : children_) sum += child->weight();
    return sum;
  }
  void append(std::shared_ptr<Node> child) {
    child->parent = std::static_pointer_cast<Element>(shared_from_this());
    children_.push_back(std::move(child));
  }
  void set(std::string name, std::string value) { attributes_.emplace_back(std::move(name), std::move(value)); }
  std::vector<std::shared_ptr<Node>> &children() { return children_; }
  std::shared_ptr<const Style> style;
  std::unique_ptr<LayoutBox> box;

protected:
  std::string tag_;
  std::vector<std::pair<std::string, std::string>> attributes_;
  std::vector<std::shared_ptr<Node>> children_;
};

class Link : public Element {
public:
  Link() : Element("a") {}
  std::shared_ptr<Element> target; // these make cycles
  std::string href;
};

class Image : public Element {
public:
  Image() : Element("img") {}
  ~Image() override { delete[] pixels_; }
  size_t weight() const override { return width_ * height_; }
  void load(uint32_t width, uint32_t height) {
    width_ = width, height_ = height;
    pixels_ = trackedArray(new Pixel[width * height], width * height);
    for (uint32_t i = 0; i < width * height / 2; i++) pixels_[i] = {uint8_t(i), 2, 3, 255};
  }

private:
  struct Pixel {
    uint8_t r, g, b, a;
  };
  uint32_t width_ = 0, height_ = 0;
  Pixel *pixels_ = nullptr;
  std::optional<std::string> caption_;
};

class Table : public Element {
public:
  Table(unsigned rows, unsigned columns) : Element("table"), cells_(rows, std::vector<Element *>(columns)) {}
  size_t weight() const override { return cells_.size(); }
  std::vector<std::vector<Element *>> cells_;
  std::unordered_map<std::string_view, unsigned> columnNames_;
};

// undo
struct Command {
  virtual ~Command() {}
  virtual void undo(Document &) = 0;
};
struct InsertCommand : Command {
  std::shared_ptr<Node> node;
  size_t at = 0;
  void undo(Document &) override {}
};
struct TextCommand : Command {
  std::weak_ptr<Text> where;
  std::string before, after;
  void undo(Document &) override {}
};
struct GroupCommand : Command {
  std::list<std::unique_ptr<Command>> parts;
  std::string label;
  void undo(Document &document) override {
    for (auto &part : parts) part->undo(document);
  }
};

struct Posting {
  uint32_t node;
  uint32_t position;
  Posting *next;
};

class Document {
public:
  explicit Document(std::string title) : title_(std::move(title)) {}
  void build(int sections);
  void edit(int steps);
  size_t weight() const { return root_->weight(); }

private:
  template <typename T> std::shared_ptr<T> adopt(std::shared_ptr<T> node) {
    node->document = this;
    node->id = nextId_++;
    byId_[node->id] = node;
    return node;
  }
  std::shared_ptr<Element> element(const char *tag) {
    auto e = adopt(upTo(3) ? std::make_shared<Element>(tag) : sharedFromNew(tracked(new Element(tag))));
    e->style = styles_[upTo(styles_.size())];
    if (upTo(2)) e->set("class", "plain");
    if (upTo(4) == 0) e->set("data-source", "imported from the previous version of this document");
    return e;
  }
  void section(const std::shared_ptr<Element> &into, int depth);
  LayoutBox *layout(const std::shared_ptr<Element> &e, int depth);
  void index(const std::string &word, uint32_t node) {
    Posting *&first = index_[word];
    first = tracked(new Posting{node, upTo(5000), first});
  }

  std::string title_;
  std::shared_ptr<Element> root_;
  std::vector<std::shared_ptr<const Style>> styles_;
  std::unordered_map<uint32_t, std::weak_ptr<Node>> byId_;
  std::unordered_map<std::string, Posting *> index_;
  std::map<std::string, Json> metadata_;
  std::stack<std::unique_ptr<Command>> undo_;
  std::stack<std::unique_ptr<Command>, std::vector<std::unique_ptr<Command>>> redo_;
  std::vector<std::shared_ptr<Link>> links_;
  std::multimap<uint32_t, Element *> anchors_;
  LayoutBox *overlay_ = nullptr;
  uint32_t nextId_ = 1;
};

struct Highlight {
  Document *document;
  std::string color;
  std::vector<uint32_t> nodes;
  void operator()(EventTarget &) { nodes.push_back(document->weight()); }
};

void Document::section(const std::shared_ptr<Element> &into, int depth) {
  for (unsigned n = 2 + upTo(5); n > 0; n--) {
    switch (upTo(7)) {
    case 0: {
      auto link = adopt(std::make_shared<Link>());
      link->href = "https://www.example.org/documents/" + std::to_string(upTo(1000));
      links_.push_back(link);
      if (links_.size() > 1) link->target = links_[upTo(links_.size())];
      into->append(link);
      break;
    }
    case 1: {
      auto image = adopt(sharedFromNew(tracked(new Image)));
      image->load(2 + upTo(8), 2 + upTo(8));
      into->append(image);
      break;
    }
    case 2: {
      unsigned rows = 1 + upTo(4), columns = 1 + upTo(4);
      auto table = adopt(std::make_shared<Table>(rows, columns));
      for (auto &row : table->cells_)
        for (auto &cell : row) {
          auto e = element("td");
          cell = e.get();
          table->append(e);
        }
      table->columnNames_["first"] = 0;
      into->append(table);
      break;
    }
    case 3: into->append(adopt(std::make_shared<Comment>())); break;
    default: {
      auto text = adopt(std::make_shared<Text>(upTo(3) ? "Some words of a paragraph, number " + std::to_string(upTo(400)) : "short"));
      index("word" + std::to_string(upTo(120)), text->id);
      into->append(text);
    }
    }
  }
  if (upTo(3) == 0) into->on("click", heapFunction<void(EventTarget &)>(Highlight{this, "yellow as the sun in the afternoon", {1, 2}}));
  if (depth > 0)
    for (unsigned n = 1 + upTo(3); n > 0; n--) {
      auto child = element(depth % 2 ? "div" : "section");
      anchors_.emplace(child->id % 60, child.get());
      section(child, depth - 1);
      into->append(child);
    }
}

LayoutBox *Document::layout(const std::shared_ptr<Element> &e, int depth) {
  e->box.reset(tracked(new LayoutBox{{0, 0, 10, 10}, {}, nullptr, nullptr, e.get(), {}}));
  for (unsigned n = upTo(4); n > 0; n--) e->box->lines.push_back({0, float(n), 100, 12});
  LayoutBox **at = &e->box->firstChild;
  for (auto &child : e->children())
    if (auto inner = std::dynamic_pointer_cast<Element>(child)) {
      *at = layout(inner, depth + 1);
      at = &(*at)->nextSibling;
    }
  return e->box.get();
}

void Document::build(int sections) {
  for (int i = 0; i < 25; i++) {
    auto style = std::make_shared<Style>();
    style->name = "style" + std::to_string(i);
    for (unsigned n = 1 + upTo(6); n > 0; n--) {
      auto &slot = style->properties["property-" + std::to_string(n)];
      if (n % 3 == 0) slot = Length{1.5f, Unit::Em};
      else if (n % 3 == 1) slot = uint32_t(0xff00ff);
      else slot = std::string("'Helvetica Neue', Arial, sans-serif");
    }
    if (i) style->inherits = styles_[upTo(i)];
    styles_.push_back(style);
  }
  root_ = element("body");
  for (int i = 0; i < sections; i++) {
    auto child = element("section");
    section(child, 3);
    root_->append(child);
  }
  layout(root_, 0);
  for (int i = 0; i < 60; i++) metadata_["meta." + std::to_string(i)] = randomJson(4);
}

void Document::edit(int steps) {
  for (int i = 0; i < steps; i++) {
    std::unique_ptr<Command> command;
    auto found = byId_.find(upTo(nextId_));
    auto node = found == byId_.end() ? nullptr : found->second.lock();
    if (upTo(2)) {
      auto insert = owned<InsertCommand>();
      insert->node = node;
      command = std::move(insert);
    } else if (upTo(3)) {
      auto text = owned<TextCommand>();
      text->where = std::dynamic_pointer_cast<Text>(node);
      text->before = "what was there before " + std::to_string(i);
      text->after = "after";
      command = std::move(text);
    } else {
      auto group = owned<GroupCommand>();
      group->label = "replace all";
      for (unsigned n = upTo(5); n > 0; n--) group->parts.push_back(owned<InsertCommand>());
      command = std::move(group);
    }
    undo_.push(std::move(command));
    if (i % 5 == 4) {
      redo_.push(std::move(undo_.top()));
      undo_.pop();
    }
    // parts of the tree are cut off; what takes part in a cycle of links stays for good
    if (i % 40 == 39) {
      auto &children = root_->children();
      children.erase(children.begin() + upTo(children.size()));
      auto child = element("section");
      section(child, 2);
      layout(child, 0);
      root_->append(child);
      links_.erase(links_.begin() + upTo(links_.size()));
    }
    metadata_["meta." + std::to_string(upTo(80))] = randomJson(4);
  }
}

struct Application {
  std::map<std::string, std::unique_ptr<Document>> documents;
  Document *active = nullptr;
  std::set<std::string> recent;
};

} // namespace doc

static std::unique_ptr<doc::Application> application;

int main() {
  application = owned<doc::Application>();
  for (int i = 0; i < 4; i++) {
    std::string path = "/home/user/documents/letter number " + std::to_string(i) + ".doc";
    auto document = owned<doc::Document>("Document " + std::to_string(i));
    document->build(14);
    document->edit(200);
    application->active = document.get();
    application->documents[path] = std::move(document);
    application->recent.insert(path);
  }
  typelog_ready();
  return int(application->active->weight());
}
