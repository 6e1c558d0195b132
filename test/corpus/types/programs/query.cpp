/* A query engine: expressions owned by unique_ptr, plans of iterators, columns by kind, dictionaries of strings, hash joins by multimap,
 * arenas, a B+tree whose nodes are unions, sets of pointers with an order of their own, optional statistics, a lock table. */
#include "typelog.h"
#include <algorithm>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace sql {

static uint64_t rngState = 0x853c49e6748fea9bull;
static uint32_t rng(uint32_t n) {
  rngState = rngState * 6364136223846793005ull + 0xda3e39cb94b95bdbull;
  return uint32_t(rngState >> 33) % n;
}

/** Bump allocation; all goes at once. */
class Arena {
  struct Block {
    Block *next;
    size_t size, used;
    alignas(16) char data[];
  };

public:
  explicit Arena(size_t blockSize = 4096) : blockSize_(blockSize) {}
  Arena(const Arena &) = delete;
  ~Arena() {
    while (head_) {
      Block *next = head_->next;
      free(head_);
      head_ = next;
    }
  }
  void *allocate(size_t n) {
    n = (n + 15) & ~size_t(15);
    if (!head_ || head_->used + n > head_->size) {
      size_t size = std::max(blockSize_, n);
      Block *block = static_cast<Block *>(typelog(malloc(sizeof(Block) + size), typeid(Block).name(), 1, TYPELOG_OBJECT | TYPELOG_MANGLED));
      block->next = head_, block->size = size, block->used = 0;
      head_ = block;
    }
    void *result = head_->data + head_->used;
    head_->used += n;
    return result;
  }
  template <typename T, typename... A> T *make(A &&...a) { return new (allocate(sizeof(T))) T{std::forward<A>(a)...}; }
  std::string_view copy(std::string_view text) {
    char *to = static_cast<char *>(allocate(text.size()));
    memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

private:
  size_t blockSize_;
  Block *head_ = nullptr;
};

enum class Kind : uint8_t { Null, Integer, Real, Text };
using Value = std::variant<std::monostate, int64_t, double, std::string>;

// columns
class Column {
public:
  Column(std::string name, Kind kind) : name_(std::move(name)), kind_(kind) {}
  virtual ~Column() { delete[] nulls_; }
  virtual void append(const Value &value) = 0;
  virtual Value at(size_t row) const = 0;
  const std::string &name() const { return name_; }

protected:
  std::string name_;
  Kind kind_;
  size_t rows_ = 0;
  uint64_t *nulls_ = nullptr;
};

template <typename T> class PlainColumn final : public Column {
public:
  PlainColumn(std::string name, Kind kind) : Column(std::move(name), kind) {}
  ~PlainColumn() override { delete[] data_; }
  void append(const Value &value) override {
    if (rows_ == capacity_) {
      capacity_ = capacity_ ? capacity_ * 2 : 32;
      T *more = trackedArray(new T[capacity_], capacity_);
      std::copy(data_, data_ + rows_, more);
      delete[] data_;
      data_ = more;
      uint64_t *nulls = trackedArray(new uint64_t[(capacity_ + 63) / 64](), (capacity_ + 63) / 64);
      if (nulls_) std::copy(nulls_, nulls_ + (rows_ + 63) / 64, nulls);
      delete[] nulls_;
      nulls_ = nulls;
    }
    if (auto *given = std::get_if<T>(&value)) data_[rows_] = *given;
    else nulls_[rows_ / 64] |= 1ull << rows_ % 64;
    rows_++;
  }
  Value at(size_t row) const override { return data_[row]; }

private:
  T *data_ = nullptr;
  size_t capacity_ = 0;
};

/** Texts by number. */
class Dictionary {
public:
  uint32_t code(const std::string &text) {
    auto known = codes_.find(text);
    if (known != codes_.end()) return known->second;
    std::string_view kept = arena_.copy(text);
    texts_.push_back(kept);
    return codes_[kept] = uint32_t(texts_.size() - 1);
  }
  std::string_view text(uint32_t code) const { return texts_[code]; }

private:
  Arena arena_{1024};
  std::unordered_map<std::string_view, uint32_t> codes_;
  std::vector<std::string_view> texts_;
};

class TextColumn final : public Column {
public:
  TextColumn(std::string name, std::shared_ptr<Dictionary> dictionary) : Column(std::move(name), Kind::Text), dictionary_(std::move(dictionary)) {}
  void append(const Value &value) override {
    auto *text = std::get_if<std::string>(&value);
    codes_.push_back(text ? dictionary_->code(*text) : 0);
    if (text && text->size() > 30) overflow_[rows_] = *text;
    rows_++;
  }
  Value at(size_t row) const override { return std::string(dictionary_->text(codes_[row])); }

private:
  std::shared_ptr<Dictionary> dictionary_;
  std::vector<uint32_t> codes_;
  std::map<size_t, std::string> overflow_;
};

// an index
template <typename K, typename V, int Fanout = 16> class BPlusTree {
  struct Node;
  struct Inner {
    K keys[Fanout];
    Node *children[Fanout + 1];
  };
  struct Leaf {
    K keys[Fanout];
    V values[Fanout];
    Node *next, *previous;
  };
  struct Node {
    uint16_t count;
    bool leaf;
    union {
      Inner inner;
      Leaf l;
    };
  };

public:
  BPlusTree() : root_(node(true)) {}
  void insert(K key, V value) {
    Split up = insertBelow(root_, key, value);
    if (!up.right) return;
    Node *root = node(false);
    root->count = 1;
    root->inner.keys[0] = up.key;
    root->inner.children[0] = root_, root->inner.children[1] = up.right;
    root_ = root;
    height_++;
  }
  V *find(K key) {
    Node *n = root_;
    while (!n->leaf) n = n->inner.children[std::upper_bound(n->inner.keys, n->inner.keys + n->count, key) - n->inner.keys];
    K *at = std::lower_bound(n->l.keys, n->l.keys + n->count, key);
    return at < n->l.keys + n->count && *at == key ? &n->l.values[at - n->l.keys] : nullptr;
  }

private:
  struct Split {
    K key;
    Node *right;
  };
  static Node *node(bool leaf) {
    Node *n = static_cast<Node *>(typelog(calloc(1, sizeof(Node)), typeid(Node).name(), 1, TYPELOG_OBJECT | TYPELOG_MANGLED));
    n->leaf = leaf;
    return n;
  }
  Split insertBelow(Node *n, K key, V value) {
    if (n->leaf) {
      int at = int(std::lower_bound(n->l.keys, n->l.keys + n->count, key) - n->l.keys);
      if (at < n->count && n->l.keys[at] == key) {
        n->l.values[at] = value;
        return {};
      }
      std::copy_backward(n->l.keys + at, n->l.keys + n->count, n->l.keys + n->count + 1);
      std::copy_backward(n->l.values + at, n->l.values + n->count, n->l.values + n->count + 1);
      n->l.keys[at] = key, n->l.values[at] = value;
      if (++n->count < Fanout) return {};
      Node *right = node(true);
      right->count = Fanout / 2, n->count = Fanout / 2;
      std::copy(n->l.keys + Fanout / 2, n->l.keys + Fanout, right->l.keys);
      std::copy(n->l.values + Fanout / 2, n->l.values + Fanout, right->l.values);
      right->l.next = n->l.next, right->l.previous = n;
      if (n->l.next) n->l.next->l.previous = right;
      n->l.next = right;
      return {right->l.keys[0], right};
    }
    int at = int(std::upper_bound(n->inner.keys, n->inner.keys + n->count, key) - n->inner.keys);
    Split below = insertBelow(n->inner.children[at], key, value);
    if (!below.right) return {};
    std::copy_backward(n->inner.keys + at, n->inner.keys + n->count, n->inner.keys + n->count + 1);
    std::copy_backward(n->inner.children + at + 1, n->inner.children + n->count + 1, n->inner.children + n->count + 2);
    n->inner.keys[at] = below.key, n->inner.children[at + 1] = below.right;
    if (++n->count < Fanout) return {};
    Node *right = node(false);
    int half = Fanout / 2;
    right->count = n->count - half - 1;
    std::copy(n->inner.keys + half + 1, n->inner.keys + n->count, right->inner.keys);
    std::copy(n->inner.children + half + 1, n->inner.children + n->count + 1, right->inner.children);
    n->count = half;
    return {n->inner.keys[half], right};
  }
  Node *root_;
  unsigned height_ = 1;
};

struct RowId {
  uint32_t page;
  uint16_t slot;
};

struct Histogram {
  std::vector<double> bounds;
  std::vector<uint64_t> counts;
};
struct Statistics {
  size_t distinct;
  std::optional<Histogram> histogram;
  std::bitset<256> sketch;
};

class Table {
public:
  explicit Table(std::string name) : name(std::move(name)) {}
  std::string name;
  std::vector<std::unique_ptr<Column>> columns;
  std::unordered_map<std::string, size_t> byName;
  std::unique_ptr<BPlusTree<int64_t, RowId>> primary;
  std::map<std::string, BPlusTree<double, uint64_t, 8> *> secondary;
  std::optional<Statistics> statistics;
  size_t rows = 0;
};

// expressions
class Expr {
public:
  virtual ~Expr() = default;
  virtual Value evaluate(const Table &table, size_t row) const = 0;
  std::optional<double> selectivity;
};
using ExprPtr = std::unique_ptr<Expr>;

class Literal final : public Expr {
public:
  explicit Literal(Value value) : value_(std::move(value)) {}
  Value evaluate(const Table &, size_t) const override { return value_; }

private:
  Value value_;
};
class ColumnRef final : public Expr {
public:
  ColumnRef(std::string name, const Table *table) : name_(std::move(name)), table_(table) {}
  Value evaluate(const Table &table, size_t row) const override { return table.columns[0]->at(row); }

private:
  std::string name_;
  const Table *table_;
};
enum class Op { Add, Multiply, Less, Equal, And, Or };
class Binary final : public Expr {
public:
  Binary(Op op, ExprPtr left, ExprPtr right) : op_(op), left_(std::move(left)), right_(std::move(right)) {}
  Value evaluate(const Table &table, size_t row) const override { return op_ == Op::Or ? left_->evaluate(table, row) : right_->evaluate(table, row); }

private:
  Op op_;
  ExprPtr left_, right_;
};
class Call final : public Expr {
public:
  using Function = std::function<Value(const std::vector<Value> &)>;
  Call(std::shared_ptr<Function> function, std::vector<ExprPtr> arguments) : function_(std::move(function)), arguments_(std::move(arguments)) {}
  Value evaluate(const Table &, size_t) const override { return (*function_)({}); }

private:
  std::shared_ptr<Function> function_;
  std::vector<ExprPtr> arguments_;
};
class Case final : public Expr {
public:
  std::vector<std::pair<ExprPtr, ExprPtr>> whens;
  ExprPtr otherwise;
  Value evaluate(const Table &table, size_t row) const override { return otherwise->evaluate(table, row); }
};
class InList final : public Expr {
public:
  ExprPtr what;
  std::unordered_set<int64_t> values;
  Value evaluate(const Table &, size_t) const override { return int64_t(values.size()); }
};

// plans
class Operator {
public:
  virtual ~Operator() = default;
  virtual bool next(std::vector<Value> &row) = 0;
  double cost = 0;
};
class Scan final : public Operator {
public:
  Scan(Table &table, ExprPtr filter) : table_(table), filter_(std::move(filter)) {}
  bool next(std::vector<Value> &row) override {
    if (at_ >= table_.rows) return false;
    row.clear();
    for (auto &column : table_.columns) row.push_back(column->at(at_));
    at_++;
    return true;
  }

private:
  Table &table_;
  ExprPtr filter_;
  size_t at_ = 0;
};
class HashJoin final : public Operator {
public:
  HashJoin(std::unique_ptr<Operator> build, std::unique_ptr<Operator> probe) : build_(std::move(build)), probe_(std::move(probe)) {}
  bool next(std::vector<Value> &row) override {
    if (table_.empty())
      for (std::vector<Value> built; build_->next(built);) table_.emplace(std::holds_alternative<int64_t>(built[0]) ? std::get<int64_t>(built[0]) : 0, built);
    return probe_->next(row);
  }

private:
  std::unique_ptr<Operator> build_, probe_;
  std::unordered_multimap<int64_t, std::vector<Value>> table_;
};
class Sort final : public Operator {
  struct Key {
    double number;
    std::string_view text;
    uint32_t row;
  };

public:
  explicit Sort(std::unique_ptr<Operator> input) : input_(std::move(input)) {}
  ~Sort() override { delete[] keys_; }
  bool next(std::vector<Value> &row) override {
    if (!keys_) {
      capacity_ = 64;
      keys_ = trackedArray(new Key[capacity_], capacity_);
      while (count_ < capacity_ && input_->next(row)) {
        auto *text = std::get_if<std::string>(&row.back());
        keys_[count_] = {double(rng(1000)), text ? arena_.copy(*text) : std::string_view(), uint32_t(count_)};
        order_.push_back(&keys_[count_++]);
      }
      std::sort(order_.begin(), order_.end(), [](const Key *a, const Key *b) { return a->number < b->number; });
    }
    return false;
  }

private:
  std::unique_ptr<Operator> input_;
  Arena arena_{512};
  Key *keys_ = nullptr;
  std::vector<Key *> order_;
  size_t capacity_ = 0, count_ = 0;
};
class Aggregate final : public Operator {
public:
  struct Group {
    int64_t count;
    double sum;
    Group *next; // in the same bucket
    char key[];
  };
  Aggregate(std::unique_ptr<Operator> input, unsigned buckets) : input_(std::move(input)), mask_(buckets - 1), buckets_(trackedArray(new Group *[buckets](), buckets)) {}
  ~Aggregate() override {
    for (size_t i = 0; i <= mask_; i++)
      while (Group *group = buckets_[i]) {
        buckets_[i] = group->next;
        free(group);
      }
    delete[] buckets_;
  }
  bool next(std::vector<Value> &row) override {
    while (input_->next(row)) {
      std::string key = "group/" + std::to_string(rng(90));
      Group *&bucket = buckets_[std::hash<std::string>()(key) & mask_];
      Group *group = bucket;
      while (group && key != group->key) group = group->next;
      if (!group) {
        group = static_cast<Group *>(typelog(malloc(sizeof(Group) + key.size() + 1), typeid(Group).name(), 1, TYPELOG_OBJECT | TYPELOG_MANGLED));
        strcpy(group->key, key.c_str());
        group->count = 0, group->sum = 0, group->next = bucket;
        bucket = group;
      }
      group->count++;
    }
    return false;
  }

private:
  std::unique_ptr<Operator> input_;
  size_t mask_;
  Group **buckets_;
};

// transactions
struct Lock {
  std::string object;
  struct Transaction *holder;
  std::list<struct Transaction *> waiting;
  bool exclusive;
};
struct Undo {
  Table *table;
  RowId row;
  Value before;
  Undo *previous;
};
struct Transaction {
  uint64_t id;
  int priority;
  std::set<Lock *> locks;
  Undo *undo = nullptr;
};
struct ByPriority {
  bool operator()(const Transaction *a, const Transaction *b) const { return a->priority != b->priority ? a->priority > b->priority : a->id < b->id; }
};

struct Prepared {
  std::string text;
  std::unique_ptr<Operator> plan;
  std::vector<std::pair<std::string, Kind>> parameters;
  std::optional<std::string> error;
};

class Database {
public:
  void create(unsigned tables, unsigned rows);
  void functions();
  ExprPtr expression(int depth);
  std::unique_ptr<Operator> plan(int depth);
  void prepare(unsigned count);
  void work(unsigned count);
  size_t size() const { return tables_.size(); }

private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Table>, std::less<>> tables_;
  std::unordered_map<std::string, std::shared_ptr<Call::Function>> functions_;
  std::list<Prepared> recent_;
  std::unordered_map<std::string_view, std::list<Prepared>::iterator> prepared_;
  std::unordered_map<std::string, std::unique_ptr<Lock>> locks_;
  std::set<Transaction *, ByPriority> active_;
  std::deque<std::pair<uint64_t, std::unique_ptr<std::string>>> log_;
  std::vector<Table *> list_;
};

void Database::create(unsigned tables, unsigned rows) {
  auto shared = std::make_shared<Dictionary>();
  for (unsigned t = 0; t < tables; t++) {
    auto table = std::make_shared<Table>("table_" + std::to_string(t));
    table->columns.push_back(owned<PlainColumn<int64_t>>("id", Kind::Integer));
    if (t % 2) table->columns.push_back(owned<PlainColumn<double>>("price_in_the_currency_of_the_seller", Kind::Real));
    table->columns.push_back(owned<TextColumn>("description", t % 3 ? shared : std::make_shared<Dictionary>()));
    for (size_t i = 0; i < table->columns.size(); i++) table->byName[table->columns[i]->name()] = i;
    table->primary = owned<BPlusTree<int64_t, RowId>>();
    if (t % 2) table->secondary["by_price"] = tracked(new BPlusTree<double, uint64_t, 8>());
    for (unsigned row = 0; row < rows; row++) {
      for (auto &column : table->columns) {
        bool text = column->name() == "description", real = column->name()[0] == 'p';
        column->append(text ? Value("description " + std::to_string(rng(120)) + (rng(12) ? "" : " which is longer than usual, by a lot")) : real ? Value(rng(1000) / 8.0) : Value(int64_t(row)));
      }
      table->primary->insert(int64_t(rng(1u << 30)), RowId{row / 64, uint16_t(row % 64)});
      if (t % 2) table->secondary["by_price"]->insert(rng(1u << 30) / 16.0, row);
      table->rows++;
    }
    if (t % 4) {
      table->statistics.emplace();
      table->statistics->distinct = rng(100);
      if (t % 3) table->statistics->histogram = Histogram{std::vector<double>(10 + rng(10)), std::vector<uint64_t>(9 + rng(10))};
    }
    list_.push_back(table.get());
    tables_.emplace(table->name, std::move(table));
  }
}

void Database::functions() {
  for (const char *name : {"lower", "upper", "coalesce", "substring_of_a_text", "round"}) {
    std::string kept = std::string("implementation of ") + name;
    functions_[name] = std::make_shared<Call::Function>(heapFunction<Value(const std::vector<Value> &)>([kept](const std::vector<Value> &arguments) { return arguments.empty() ? Value(kept) : arguments[0]; }));
  }
}

ExprPtr Database::expression(int depth) {
  switch (depth <= 0 ? rng(2) : 2 + rng(5)) {
  case 0: return rng(2) ? owned<Literal>(Value(int64_t(rng(100)))) : owned<Literal>(Value("a literal text in a query, quoted"));
  case 1: return owned<ColumnRef>(rng(2) ? "id" : "price_in_the_currency_of_the_seller", list_[rng(list_.size())]);
  case 2: {
    std::vector<ExprPtr> arguments;
    for (unsigned n = 1 + rng(3); n > 0; n--) arguments.push_back(expression(depth - 2));
    auto at = functions_.begin();
    std::advance(at, rng(functions_.size()));
    return owned<Call>(at->second, std::move(arguments));
  }
  case 3: {
    auto cases = owned<Case>();
    for (unsigned n = 1 + rng(3); n > 0; n--) cases->whens.emplace_back(expression(depth - 2), expression(depth - 3));
    cases->otherwise = expression(0);
    return cases;
  }
  case 4: {
    auto list = owned<InList>();
    list->what = expression(depth - 1);
    for (unsigned n = 2 + rng(10); n > 0; n--) list->values.insert(rng(1000));
    return list;
  }
  default: return owned<Binary>(Op(rng(6)), expression(depth - 1), expression(depth - 1));
  }
}

std::unique_ptr<Operator> Database::plan(int depth) {
  Table &table = *list_[rng(list_.size())];
  switch (depth <= 0 ? 0 : rng(4)) {
  case 1: return owned<HashJoin>(plan(0), plan(depth - 1));
  case 2: return owned<Sort>(plan(depth - 1));
  case 3: return owned<Aggregate>(plan(depth - 1), 64);
  default: return owned<Scan>(table, rng(3) ? expression(2) : nullptr);
  }
}

void Database::prepare(unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    recent_.push_front(Prepared{"SELECT * FROM t WHERE c = " + std::to_string(i), plan(3), {}, std::nullopt});
    Prepared &made = recent_.front();
    for (unsigned n = rng(3); n > 0; n--) made.parameters.emplace_back("parameter_" + std::to_string(n) + "_of_the_query", Kind::Real);
    if (rng(8) == 0) made.error = "ambiguous reference to a column at position " + std::to_string(i);
    prepared_[made.text] = recent_.begin();
    if (rng(2)) {
      std::vector<Value> row;
      for (int n = 0; n < 40 && made.plan->next(row); n++) continue;
    }
    if (recent_.size() > 150) {
      prepared_.erase(recent_.back().text);
      recent_.pop_back();
    }
  }
}

void Database::work(unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    std::lock_guard<std::mutex> guard(mutex_);
    Transaction *transaction = tracked(new Transaction{i, int(rng(5))});
    for (unsigned n = rng(5); n > 0; n--) {
      auto &lock = locks_["table_" + std::to_string(rng(60)) + "/page/" + std::to_string(rng(50))];
      if (!lock) lock = owned<Lock>(Lock{"lock", transaction, {}, rng(2) == 0});
      else lock->waiting.push_back(transaction);
      transaction->locks.insert(lock.get());
    }
    for (unsigned n = rng(4); n > 0; n--) transaction->undo = tracked(new Undo{list_[rng(list_.size())], {n, 1}, rng(2) ? Value(int64_t(n)) : Value("the text before it was changed by the transaction"), transaction->undo});
    active_.insert(transaction);
    if (rng(3) == 0) log_.emplace_back(i, owned<std::string>("COMMIT of transaction number " + std::to_string(i)));
    if (log_.size() > 60) log_.pop_front();
  }
}

static thread_local Arena *current;

} // namespace sql

int main(int argc, char **) {
  auto database = owned<sql::Database>();
  database->functions();
  database->create(24, 300);
  database->prepare(200);
  database->work(250);
  // a session's own
  sql::Arena arena(2048);
  sql::current = &arena;
  struct Pending {
    std::string_view text;
    Pending *next;
  } *pending = nullptr;
  for (int i = 0; i < 200; i++) pending = arena.make<Pending>(arena.copy("pending statement " + std::to_string(i)), pending);
  std::unordered_multimap<std::string, std::unique_ptr<sql::Expr>> views;
  for (int i = 0; i < 40; i++) views.emplace("view " + std::to_string(i % 30), database->expression(2));
  typelog_ready();
  return int(database->size() + pending->text.size() + views.size());
}
