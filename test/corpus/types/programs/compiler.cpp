/* A compiler's front and middle: tokens, interned strings, trees of tagged unions without virtual functions, arenas, scopes, types,
 * basic blocks with bit sets, and a symbol table of its own. */
#include "typelog.h"
#include <bitset>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace {
uint32_t seed = 7;
unsigned upTo(unsigned n) {
  seed = seed * 1103515245u + 12345u;
  return (seed >> 8) % n;
}
} // namespace

namespace support {

// memory that is only given back as a whole
class Arena {
public:
  struct Slab {
    Slab *previous;
    size_t size;
  };
  void *allocate(size_t bytes, size_t alignment = 8) {
    cursor_ = (cursor_ + alignment - 1) & ~(alignment - 1);
    if (cursor_ + bytes > end_) grow(bytes);
    void *p = reinterpret_cast<void *>(cursor_);
    cursor_ += bytes;
    used_ += bytes;
    return p;
  }
  template <typename T, typename... Args> T *make(Args &&...args) { return new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...}; }
  ~Arena() {
    while (slabs_) {
      Slab *previous = slabs_->previous;
      free(slabs_);
      slabs_ = previous;
    }
  }

private:
  void grow(size_t bytes) {
    size_t size = bytes > 4000 ? bytes + sizeof(Slab) : 4096;
    Slab *slab = NEW_FLEX(Slab, size - sizeof(Slab));
    typelog(slab, typeid(Slab).name(), 1, TYPELOG_OBJECT | TYPELOG_MANGLED);
    slab->previous = slabs_;
    slab->size = size;
    slabs_ = slab;
    cursor_ = reinterpret_cast<uintptr_t>(slab + 1);
    end_ = reinterpret_cast<uintptr_t>(slab) + size;
  }
  Slab *slabs_ = nullptr;
  uintptr_t cursor_ = 0, end_ = 0;
  size_t used_ = 0;
};

// one entry for each spelling; its characters lie behind it
struct Symbol {
  uint32_t hash;
  uint32_t length;
  Symbol *next;
  struct Definition *meaning;
  char text[1];
};

class Interner {
public:
  Interner() : buckets_(trackedArray(new Symbol *[1024](), 1024)), mask_(1023) {}
  Symbol *intern(const std::string &text) {
    uint32_t hash = 0;
    for (char c : text) hash = hash * 131 + c;
    for (Symbol *s = buckets_[hash & mask_]; s; s = s->next)
      if (s->hash == hash && text == s->text) return s;
    Symbol *s = static_cast<Symbol *>(malloc(sizeof(Symbol) + text.size()));
    typelog(s, typeid(Symbol).name(), 1, TYPELOG_OBJECT | TYPELOG_MANGLED);
    s->hash = hash, s->length = text.size(), s->meaning = nullptr;
    memcpy(s->text, text.c_str(), text.size() + 1);
    s->next = buckets_[hash & mask_];
    buckets_[hash & mask_] = s;
    return s;
  }

private:
  Symbol **buckets_;
  uint32_t mask_;
};

// a vector that keeps a few elements in itself
template <typename T, unsigned N> class SmallVector {
public:
  SmallVector() : begin_(reinterpret_cast<T *>(inline_)), size_(0), capacity_(N) {}
  SmallVector(const SmallVector &) = delete;
  ~SmallVector() {
    if (!isSmall()) delete[] begin_;
  }
  void push_back(const T &value) {
    if (size_ == capacity_) {
      T *bigger = trackedArray(new T[capacity_ * 2], capacity_ * 2);
      memcpy(bigger, begin_, size_ * sizeof(T));
      if (!isSmall()) delete[] begin_;
      begin_ = bigger;
      capacity_ *= 2;
    }
    begin_[size_++] = value;
  }
  T &operator[](unsigned i) { return begin_[i]; }
  unsigned size() const { return size_; }

private:
  bool isSmall() const { return begin_ == reinterpret_cast<const T *>(inline_); }
  T *begin_;
  unsigned size_, capacity_;
  alignas(T) unsigned char inline_[N * sizeof(T)];
};

} // namespace support

namespace ast {

using support::SmallVector;
using support::Symbol;

enum class NodeKind : uint8_t { Number, Text, Name, Unary, Binary, Call, Block, If, Loop, Return, Let, Function };

struct Location {
  uint32_t line : 20;
  uint32_t column : 12;
  uint16_t file;
};

struct Type;

struct Node {
  NodeKind kind;
  uint8_t flags;
  Location at;
  Type *type;
  union {
    int64_t number;
    Symbol *text;
    struct {
      Symbol *symbol;
      struct Variable *variable;
    } name;
    struct {
      int op;
      Node *left, *right;
    } binary;
    struct {
      Node *callee;
      Node **arguments;
      uint32_t count;
    } call;
    struct {
      Node **statements;
      uint32_t count, room;
      struct Scope *scope;
    } block;
    struct {
      Node *condition, *then, *otherwise;
    } branch;
    struct {
      struct Function *function;
    } lambda;
  };
};

struct Variable {
  Symbol *name;
  Type *type;
  Node *initial;
  uint32_t uses;
  bool captured;
};

struct Scope {
  Scope *parent;
  std::map<Symbol *, Variable *> names;
  std::vector<std::unique_ptr<Scope>> children;
};

enum class TypeKind { Integer, Pointer, Array, Struct, Function };

struct Field {
  Symbol *name;
  Type *type;
  uint32_t offset;
};

struct Type {
  TypeKind kind;
  uint32_t size;
  Symbol *name;
  Type *element;
  std::vector<Field> fields;
  std::vector<Type *> parameters;
  mutable Type *pointerTo;
};

} // namespace ast

namespace ir {

using support::SmallVector;

struct Block;

struct Instruction {
  uint16_t opcode;
  uint16_t operandCount;
  uint32_t id;
  Instruction *previous, *next;
  Block *parent;
  ast::Type *type;
  struct Use *uses;
};

struct Use {
  Instruction *value;
  Use *next;
  Instruction *user;
};

// operands lie in front of the instruction
struct Operand {
  Instruction *value;
  Use *use;
};

struct Block {
  uint32_t id;
  Instruction *first, *last;
  SmallVector<Block *, 2> successors, predecessors;
  std::bitset<256> liveIn, liveOut;
  std::vector<bool> reaches;
  Block *dominator;
};

struct Function {
  support::Symbol *name;
  std::vector<std::unique_ptr<Block>> blocks;
  std::vector<ast::Variable *> parameters;
  uint32_t *order;
  std::unordered_map<const ast::Node *, Instruction *> lowered;
};

} // namespace ir

namespace ast {
struct Function {
  Symbol *name;
  Node *body;
  SmallVector<Variable *, 4> parameters;
  Scope *scope;
  ir::Function *lowered;
};
} // namespace ast

namespace support {
struct Definition {
  enum { Variable, Function, Type, Macro } kind;
  union {
    ast::Variable *variable;
    ast::Function *function;
    ast::Type *type;
    struct {
      char *text;
      size_t length;
    } macro;
  };
  Definition *shadowed;
};
} // namespace support

using namespace ast;

struct Token {
  uint16_t kind;
  uint16_t length;
  uint32_t offset;
  union {
    support::Symbol *symbol;
    double number;
  } value;
};

struct Diagnostic {
  enum Severity { Note, Warning, Error } severity;
  Location at;
  std::string message;
  std::vector<std::pair<Location, std::string>> notes;
};

struct SourceFile {
  std::string path;
  char *text;
  size_t length;
  std::vector<uint32_t> lineStarts;
  std::unique_ptr<Token[]> tokens;
  size_t tokenCount;
};

class Compiler {
public:
  Compiler() : global_(tracked(new Scope{nullptr, {}, {}})) {}
  void compile(int files);
  size_t size() const { return functions_.size() + diagnostics_.size(); }

private:
  Node *node(NodeKind kind) {
    Node *n = tracked(new Node);
    n->kind = kind;
    n->flags = 0;
    n->at = {upTo(1000), upTo(80), uint16_t(files_.size())};
    n->type = upTo(3) ? types_[upTo(types_.size())] : nullptr;
    return n;
  }
  Node *expression(int depth, Scope *scope);
  Node *statement(int depth, Scope *scope);
  Node *block(int depth, Scope *scope);
  Variable *declare(Scope *scope);
  ast::Function *function();
  ir::Function *lower(ast::Function *f);
  void release(Node *n);
  void fold(Node *n);

  support::Interner symbols_;
  support::Arena arena_;
  std::unique_ptr<Scope> global_;
  std::vector<Type *> types_;
  std::vector<ast::Function *> functions_;
  std::vector<std::unique_ptr<SourceFile>> files_;
  std::vector<Diagnostic> diagnostics_;
  std::unordered_set<std::string> includes_;
  std::unordered_map<uint64_t, std::vector<Node *>> byShape_;
};

Variable *Compiler::declare(Scope *scope) {
  Variable *v = tracked(new Variable{symbols_.intern("variable" + std::to_string(upTo(400))), types_[upTo(types_.size())], nullptr, 0, false});
  scope->names[v->name] = v;
  auto *d = tracked(new support::Definition);
  d->kind = support::Definition::Variable, d->variable = v, d->shadowed = v->name->meaning;
  v->name->meaning = d;
  return v;
}

Node *Compiler::expression(int depth, Scope *scope) {
  switch (depth > 0 ? upTo(6) : upTo(3)) {
  case 0: {
    Node *n = node(NodeKind::Number);
    n->number = upTo(100);
    return n;
  }
  case 1: {
    Node *n = node(NodeKind::Text);
    n->text = symbols_.intern("some literal text, number " + std::to_string(upTo(200)));
    return n;
  }
  case 2: {
    Node *n = node(NodeKind::Name);
    n->name.symbol = symbols_.intern("variable" + std::to_string(upTo(400)));
    auto found = scope->names.find(n->name.symbol);
    n->name.variable = found == scope->names.end() ? nullptr : found->second;
    return n;
  }
  case 3: {
    Node *n = node(NodeKind::Call);
    n->call.callee = expression(0, scope);
    n->call.count = upTo(4);
    n->call.arguments = n->call.count ? static_cast<Node **>(arena_.allocate(n->call.count * sizeof(Node *))) : nullptr;
    for (uint32_t i = 0; i < n->call.count; i++) n->call.arguments[i] = expression(depth - 1, scope);
    return n;
  }
  default: {
    Node *n = node(upTo(5) ? NodeKind::Binary : NodeKind::Unary);
    n->binary.op = upTo(20);
    n->binary.left = expression(depth - 1, scope);
    n->binary.right = n->kind == NodeKind::Binary ? expression(depth - 1, scope) : nullptr;
    return n;
  }
  }
}

Node *Compiler::statement(int depth, Scope *scope) {
  switch (depth > 0 ? upTo(5) : 4) {
  case 0: {
    Node *n = node(NodeKind::If);
    n->branch = {expression(2, scope), block(depth - 1, scope), upTo(2) ? block(depth - 1, scope) : nullptr};
    return n;
  }
  case 1: {
    Node *n = node(NodeKind::Loop);
    n->branch = {expression(1, scope), block(depth - 1, scope), nullptr};
    return n;
  }
  case 2: {
    Node *n = node(NodeKind::Let);
    n->name.variable = declare(scope);
    n->name.symbol = n->name.variable->name;
    n->name.variable->initial = expression(2, scope);
    return n;
  }
  default: return expression(3, scope);
  }
}

Node *Compiler::block(int depth, Scope *scope) {
  Node *n = node(NodeKind::Block);
  scope->children.push_back(owned<Scope>());
  Scope *inner = scope->children.back().get();
  inner->parent = scope;
  n->block.scope = inner;
  n->block.count = 0;
  n->block.room = 4;
  n->block.statements = NEW_ARRAY(Node *, 4);
  typelog(n->block.statements, typeid(Node *).name(), 4, TYPELOG_ARRAY | TYPELOG_MANGLED);
  for (unsigned i = 1 + upTo(6); i > 0; i--) {
    if (n->block.count == n->block.room) {
      n->block.room *= 2;
      n->block.statements = static_cast<Node **>(realloc(n->block.statements, n->block.room * sizeof(Node *)));
      typelog(n->block.statements, typeid(Node *).name(), n->block.room, TYPELOG_ARRAY | TYPELOG_MANGLED);
    }
    n->block.statements[n->block.count++] = statement(depth, inner);
  }
  return n;
}

void Compiler::release(Node *n) {
  if (!n) return;
  if (n->kind == NodeKind::Binary || n->kind == NodeKind::Unary) release(n->binary.left), release(n->binary.right);
  if (n->kind == NodeKind::Call) {
    release(n->call.callee);
    for (uint32_t i = 0; i < n->call.count; i++) release(n->call.arguments[i]);
  }
  delete n;
}

/* additions of constants become one */
void Compiler::fold(Node *n) {
  if (n->kind == NodeKind::Block)
    for (uint32_t i = 0; i < n->block.count; i++) fold(n->block.statements[i]);
  if (n->kind != NodeKind::Binary) return;
  fold(n->binary.left);
  fold(n->binary.right);
  if (n->binary.left->kind == NodeKind::Number && upTo(2)) {
    Node *left = n->binary.left, *right = n->binary.right;
    n->kind = NodeKind::Number;
    n->number = left->number;
    release(left);
    release(right);
  }
}

ast::Function *Compiler::function() {
  ast::Function *f = tracked(new ast::Function);
  f->name = symbols_.intern("function_" + std::to_string(functions_.size()));
  global_->children.push_back(owned<Scope>());
  f->scope = global_->children.back().get();
  f->scope->parent = global_.get();
  for (unsigned i = upTo(9); i > 0; i--) f->parameters.push_back(declare(f->scope));
  f->body = block(3, f->scope);
  fold(f->body);
  f->lowered = upTo(4) ? lower(f) : nullptr;
  auto *d = tracked(new support::Definition);
  d->kind = support::Definition::Function, d->function = f, d->shadowed = nullptr;
  f->name->meaning = d;
  return f;
}

ir::Function *Compiler::lower(ast::Function *f) {
  auto *lowered = tracked(new ir::Function);
  lowered->name = f->name;
  for (unsigned i = 0; i < f->parameters.size(); i++) lowered->parameters.push_back(f->parameters[i]);
  unsigned blocks = 2 + upTo(6);
  uint32_t id = 0;
  ir::Instruction *lastValue = nullptr;
  for (unsigned b = 0; b < blocks; b++) {
    auto block = owned<ir::Block>();
    block->id = b;
    block->first = block->last = nullptr;
    block->reaches.resize(blocks * 40);
    block->dominator = b ? lowered->blocks[upTo(b)].get() : nullptr;
    for (unsigned i = 2 + upTo(8); i > 0; i--) {
      uint16_t operands = upTo(3);
      size_t bytes = operands * sizeof(ir::Operand) + sizeof(ir::Instruction);
      char *raw = static_cast<char *>(arena_.allocate(bytes));
      auto *instruction = new (raw + operands * sizeof(ir::Operand)) ir::Instruction{uint16_t(upTo(50)), operands, id++, block->last, nullptr, block.get(), types_[upTo(types_.size())], nullptr};
      for (uint16_t o = 0; o < operands; o++) {
        auto *operand = reinterpret_cast<ir::Operand *>(instruction) - 1 - o;
        operand->value = lastValue;
        operand->use = nullptr;
        if (lastValue) lastValue->uses = operand->use = tracked(new ir::Use{lastValue, lastValue->uses, instruction});
      }
      if (block->last) block->last->next = instruction;
      else block->first = instruction;
      block->last = instruction;
      lastValue = instruction;
    }
    lowered->blocks.push_back(std::move(block));
  }
  for (auto &block : lowered->blocks)
    for (unsigned n = 1 + upTo(4); n > 0; n--) {
      ir::Block *to = lowered->blocks[upTo(blocks)].get();
      block->successors.push_back(to);
      to->predecessors.push_back(block.get());
      block->liveOut.set(upTo(256));
    }
  lowered->order = trackedArray(new uint32_t[blocks], blocks);
  for (unsigned b = 0; b < blocks; b++) lowered->order[b] = b;
  if (f->body->kind == NodeKind::Block)
    for (uint32_t i = 0; i < f->body->block.count; i++) lowered->lowered[f->body->block.statements[i]] = lastValue;
  return lowered;
}

void Compiler::compile(int files) {
  for (int i = 0; i < 80; i++) {
    Type *type = tracked(new Type{TypeKind(upTo(5)), 8, symbols_.intern("type" + std::to_string(i)), i ? types_[upTo(i)] : nullptr, {}, {}, nullptr});
    if (type->kind == TypeKind::Struct)
      for (unsigned n = 1 + upTo(8); n > 0; n--) type->fields.push_back({symbols_.intern("field" + std::to_string(n)), i ? types_[upTo(i)] : type, n * 8});
    if (type->kind == TypeKind::Function)
      for (unsigned n = upTo(5); n > 0; n--) type->parameters.push_back(types_[upTo(i)]);
    types_.push_back(type);
  }
  for (int i = 0; i < files; i++) {
    auto file = owned<SourceFile>();
    file->path = "/home/build/project/source/module" + std::to_string(i) + ".lang";
    file->length = 500 + upTo(3000);
    file->text = trackedArray(new char[file->length], file->length);
    memset(file->text, 'a' + i % 26, file->length);
    for (unsigned at = 0; at < file->length; at += 1 + upTo(60)) file->lineStarts.push_back(at);
    file->tokenCount = file->length / 5;
    file->tokens.reset(trackedArray(new Token[file->tokenCount], file->tokenCount));
    for (size_t t = 0; t < file->tokenCount; t++) {
      Token &token = file->tokens[t];
      token.kind = upTo(30), token.length = 5, token.offset = t * 5;
      if (token.kind % 3) token.value.symbol = symbols_.intern("variable" + std::to_string(upTo(400)));
      else token.value.number = t;
    }
    includes_.insert("include/" + std::to_string(upTo(30)) + ".h");
    files_.push_back(std::move(file));
    for (int n = 0; n < 4; n++) {
      functions_.push_back(function());
      byShape_[upTo(60)].push_back(functions_.back()->body);
    }
    if (upTo(2)) {
      Diagnostic diagnostic{Diagnostic::Warning, {1, 2, 3}, "unused variable in a function that is never called", {}};
      for (unsigned n = upTo(4); n > 0; n--) diagnostic.notes.push_back({{n, 1, 0}, "declared here"});
      diagnostics_.push_back(std::move(diagnostic));
    }
    if (i % 6 == 5) {
      auto *d = tracked(new support::Definition);
      d->kind = support::Definition::Macro;
      d->macro.text = strdup("do { something(); } while (0)");
      d->macro.length = 29;
      d->shadowed = nullptr;
      symbols_.intern("MACRO" + std::to_string(i))->meaning = d;
      // the file's text was read twice, and the first copy forgotten
      trackedArray(new char[200], 200);
    }
  }
}

static std::unique_ptr<Compiler> compiler;

int main() {
  compiler = owned<Compiler>();
  compiler->compile(40);
  typelog_ready();
  return int(compiler->size());
}
