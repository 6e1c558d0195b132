/* An exchange with its clients: order books as maps of lists, locators with iterators, instruments that share and watch each other,
 * messages by variant in deques, pools of slots, strategies by CRTP, connections with deleters of their own, views as keys,
 * columns of ticks, a ring between threads. */
#include "typelog.h"
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <pthread.h>
#include <set>
#include <string>
#include <string_view>
#include <unistd.h>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace {
thread_local uint64_t state = 7;
unsigned below(unsigned n) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return unsigned(state >> 24) % n;
}

/** Columns are aligned for vector instructions. */
template <typename T> T *column(size_t n) {
  void *block = aligned_alloc(64, (n * sizeof(T) + 63) / 64 * 64);
  memset(block, 0, n * sizeof(T));
  return static_cast<T *>(typelog(block, typeid(T).name(), n, TYPELOG_ARRAY | TYPELOG_MANGLED));
}
} // namespace

namespace memory {
/** Slots by chunks; what is free is linked through itself. */
template <typename T, size_t PerChunk = 64> class ObjectPool {
  union Slot {
    Slot *next;
    alignas(T) std::byte storage[sizeof(T)];
  };
  struct Chunk {
    Chunk *previous;
    size_t used;
    Slot slots[PerChunk];
  };

public:
  ~ObjectPool() {
    while (last_) delete std::exchange(last_, last_->previous);
  }
  template <typename... Args> T *make(Args &&...args) {
    Slot *slot = free_;
    if (slot) free_ = slot->next;
    else {
      if (!last_ || last_->used == PerChunk) last_ = tracked(new Chunk{last_, 0, {}});
      slot = &last_->slots[last_->used++];
    }
    return new (slot->storage) T{std::forward<Args>(args)...};
  }
  void drop(T *object) {
    object->~T();
    Slot *slot = reinterpret_cast<Slot *>(object);
    slot->next = free_;
    free_ = slot;
  }

private:
  Chunk *last_ = nullptr;
  Slot *free_ = nullptr;
};

/** Texts that never go. */
class Interner {
public:
  std::string_view intern(std::string_view text) {
    auto known = known_.find(text);
    if (known != known_.end()) return *known;
    if (chunks_.empty() || at_ + text.size() > Size) {
      chunks_.emplace_back(trackedArray(new char[Size], Size));
      at_ = 0;
    }
    char *copy = chunks_.back().get() + at_;
    memcpy(copy, text.data(), text.size());
    at_ += text.size();
    return *known_.emplace(copy, text.size()).first;
  }

private:
  static constexpr size_t Size = 2048;
  std::vector<std::unique_ptr<char[]>> chunks_;
  size_t at_ = 0;
  std::unordered_set<std::string_view> known_;
};
} // namespace memory

namespace market {
using Price = int64_t;
enum class Side : uint8_t { Buy, Sell };

class Instrument : public std::enable_shared_from_this<Instrument> {
public:
  Instrument(std::string_view symbol, Price tick) : symbol_(symbol), tick_(tick) {}
  virtual ~Instrument() = default;
  virtual double theoretical() const = 0;
  std::string_view symbol() const { return symbol_; }
  void watchedBy(std::weak_ptr<Instrument> other) { derivatives_.push_back(std::move(other)); }

protected:
  std::string_view symbol_;
  Price tick_;
  std::vector<std::weak_ptr<Instrument>> derivatives_;
};

class Equity final : public Instrument {
public:
  Equity(std::string_view symbol, std::string issuer) : Instrument(symbol, 1), issuer_(std::move(issuer)) {}
  double theoretical() const override { return dividends_.empty() ? 1 : dividends_.front().second; }
  void dividend(uint32_t day, double amount) { dividends_.emplace_back(day, amount); }

private:
  std::string issuer_;
  std::vector<std::pair<uint32_t, double>> dividends_;
};

class Future : public Instrument {
public:
  Future(std::string_view symbol, std::shared_ptr<Instrument> underlying, uint32_t expiry) : Instrument(symbol, 5), underlying_(std::move(underlying)), expiry_(expiry) {}
  double theoretical() const override { return underlying_->theoretical() * 1.01; }

private:
  std::shared_ptr<Instrument> underlying_;
  uint32_t expiry_;
};

class Option final : public Future {
public:
  struct Greeks {
    double delta, gamma, vega, theta, rho;
  };
  Option(std::string_view symbol, std::shared_ptr<Instrument> underlying, uint32_t expiry, Price strike) : Future(symbol, std::move(underlying), expiry), strike_(strike) {
    if (below(2)) greeks_ = owned<Greeks>();
  }
  double theoretical() const override { return greeks_ ? greeks_->delta : double(strike_); }

private:
  Price strike_;
  std::unique_ptr<Greeks> greeks_;
};

class Basket final : public Instrument {
public:
  explicit Basket(std::string_view symbol) : Instrument(symbol, 1) {}
  void add(std::shared_ptr<const Instrument> part, double weight) { parts_.push_back({std::move(part), weight}); }
  double theoretical() const override {
    double sum = 0;
    for (auto &part : parts_) sum += part.weight;
    return sum;
  }

private:
  struct Part {
    std::shared_ptr<const Instrument> instrument;
    double weight;
  };
  std::vector<Part> parts_;
};

struct Order {
  uint64_t id;
  Price price;
  uint32_t quantity, filled;
  struct Account *account;
  std::string reference;
  Side side;
};

struct Level {
  std::list<Order> queue;
  uint64_t total = 0;
};

struct Fill {
  uint64_t maker, taker;
  Price price;
  uint32_t quantity;
  Fill *nextOfBook;
};

struct Depth {
  std::array<std::pair<Price, uint32_t>, 5> bids, asks;
  uint64_t sequence;
};

class Book {
public:
  explicit Book(std::shared_ptr<Instrument> instrument) : instrument_(std::move(instrument)) {}
  void add(Order order, memory::ObjectPool<Fill> &fills) {
    match(order, fills);
    if (order.filled >= order.quantity) return;
    if (order.side == Side::Buy) rest(bids_, std::move(order));
    else rest(asks_, std::move(order));
  }
  bool cancel(uint64_t id) {
    auto found = locators_.find(id);
    if (found == locators_.end()) return false;
    found->second.level->queue.erase(found->second.order);
    locators_.erase(found);
    return true;
  }
  void publish() { snapshots_.push_back(std::make_shared<const Depth>(Depth{{}, {}, ++sequence_})); }
  std::shared_ptr<const Depth> latest() const { return snapshots_.empty() ? nullptr : snapshots_.back(); }
  std::optional<Price> best() const { return bids_.empty() ? std::nullopt : std::optional<Price>(bids_.begin()->first); }

private:
  struct Locator {
    Level *level;
    std::list<Order>::iterator order;
  };
  template <typename Ladder> void rest(Ladder &ladder, Order order) {
    Level &level = ladder[order.price];
    level.total += order.quantity;
    uint64_t id = order.id;
    level.queue.push_back(std::move(order));
    locators_.emplace(id, Locator{&level, std::prev(level.queue.end())});
  }
  void match(Order &order, memory::ObjectPool<Fill> &fills) {
    if (order.side != Side::Buy) return;
    for (auto level = asks_.begin(); level != asks_.end() && level->first <= order.price && order.filled < order.quantity;) {
      auto &queue = level->second.queue;
      while (!queue.empty() && order.filled < order.quantity) {
        Order &resting = queue.front();
        uint32_t amount = std::min(resting.quantity - resting.filled, order.quantity - order.filled);
        resting.filled += amount, order.filled += amount;
        fills_ = fills.make(resting.id, order.id, level->first, amount, fills_);
        if (resting.filled < resting.quantity) break;
        locators_.erase(resting.id);
        queue.pop_front();
      }
      level = queue.empty() ? asks_.erase(level) : std::next(level);
    }
  }
  std::shared_ptr<Instrument> instrument_;
  std::map<Price, Level, std::greater<>> bids_;
  std::map<Price, Level> asks_;
  std::unordered_map<uint64_t, Locator> locators_;
  std::deque<std::shared_ptr<const Depth>> snapshots_;
  Fill *fills_ = nullptr;
  uint64_t sequence_ = 0;
};

// what clients send
struct Logon {
  std::string user, password;
};
struct NewOrder {
  std::string_view symbol;
  Side side;
  Price price;
  uint32_t quantity;
  std::string reference;
};
struct Cancel {
  uint64_t id;
};
struct MassQuote {
  std::vector<std::tuple<std::string_view, Price, Price>> quotes;
};
struct Heartbeat {};
using Message = std::variant<Heartbeat, Logon, NewOrder, Cancel, MassQuote>;

struct RiskLimit {
  virtual ~RiskLimit() = default;
  virtual bool allows(const NewOrder &) const = 0;
};
struct MaximumOrder : RiskLimit {
  explicit MaximumOrder(uint32_t most) : most(most) {}
  bool allows(const NewOrder &order) const override { return order.quantity <= most; }
  uint32_t most;
};
struct Restricted : RiskLimit {
  bool allows(const NewOrder &order) const override { return symbols.count(order.symbol) == 0; }
  std::set<std::string_view> symbols;
};
struct AllOf : RiskLimit {
  bool allows(const NewOrder &order) const override {
    return std::all_of(limits.begin(), limits.end(), [&](auto &limit) { return limit->allows(order); });
  }
  std::vector<std::unique_ptr<RiskLimit>> limits;
};

struct Position {
  std::shared_ptr<Instrument> instrument;
  int64_t net;
  double averagePrice;
};

struct Account {
  uint32_t number;
  std::string holder;
  std::unordered_map<std::string_view, Position> positions;
  std::unique_ptr<RiskLimit> limit;
  std::vector<uint64_t> open;
  Account *parent;
};

/** Of C's kind. */
struct Socket {
  int fd;
  unsigned char *input, *output;
  size_t got, pending;
};
struct CloseSocket {
  void operator()(Socket *socket) const {
    free(socket->input);
    free(socket->output);
    delete socket;
  }
};
unsigned char *buffer(size_t n) { return static_cast<unsigned char *>(typelog(malloc(n), typeid(unsigned char).name(), n, TYPELOG_ARRAY | TYPELOG_MANGLED)); }

class Session {
public:
  Session(int fd, Account &account) : socket_(tracked(new Socket{fd, buffer(512), buffer(1024), 0, 0})), account_(account) {}
  void receive(Message message) { inbox_.push_back(std::move(message)); }
  std::optional<Message> next() {
    if (inbox_.empty()) return std::nullopt;
    std::optional<Message> message(std::move(inbox_.front()));
    inbox_.pop_front();
    return message;
  }
  size_t waiting() const { return inbox_.size(); }
  Account &account() { return account_; }

private:
  std::unique_ptr<Socket, CloseSocket> socket_;
  std::deque<Message> inbox_;
  Account &account_;
};

/** By columns. */
class Ticks {
public:
  explicit Ticks(size_t capacity) : capacity_(capacity), prices_(column<double>(capacity)), volumes_(column<uint32_t>(capacity)), times_(column<uint64_t>(capacity)) {}
  Ticks(const Ticks &) = delete;
  ~Ticks() { free(prices_), free(volumes_), free(times_); }
  void add(double price, uint32_t volume, uint64_t time) {
    size_t at = count_++ % capacity_;
    prices_[at] = price, volumes_[at] = volume, times_[at] = time;
  }

private:
  size_t capacity_, count_ = 0;
  double *prices_;
  uint32_t *volumes_;
  uint64_t *times_;
};
} // namespace market

namespace strategy {
using market::Price;
class Base {
public:
  virtual ~Base() = default;
  virtual void tick(Price price) = 0;
};
/** Static dispatch for the rest. */
template <typename Derived> class Strategy : public Base {
public:
  void tick(Price price) final {
    if (auto signal = self().evaluate(price)) signals_.emplace_back(++clock_, *signal);
  }

protected:
  Derived &self() { return static_cast<Derived &>(*this); }
  std::vector<std::pair<uint64_t, double>> signals_;
  uint64_t clock_ = 0;
};
class Momentum : public Strategy<Momentum> {
public:
  explicit Momentum(unsigned window) : window_(window), history_(trackedArray(new float[window](), window)) {}
  std::optional<double> evaluate(Price price) {
    history_[at_++ % window_] = float(price);
    return at_ % 3 ? std::nullopt : std::optional<double>(history_[0]);
  }

private:
  unsigned window_, at_ = 0;
  std::unique_ptr<float[]> history_;
};
struct Quote {
  Price bid, ask;
  uint32_t size;
};
class MarketMaker : public Strategy<MarketMaker> {
public:
  MarketMaker(std::weak_ptr<market::Instrument> instrument, double spread) : instrument_(std::move(instrument)), spread_(spread) {}
  std::optional<double> evaluate(Price price) {
    Quote *quote = tracked(new Quote{price - 1, price + 1, 10});
    if (auto old = std::exchange(quotes_[below(quotes_.size())], quote)) delete old;
    return spread_;
  }

private:
  std::weak_ptr<market::Instrument> instrument_;
  std::array<Quote *, 6> quotes_{};
  double spread_;
};
} // namespace strategy

using namespace market;

/** One writes, one reads. */
template <typename T> class Ring {
public:
  explicit Ring(size_t size) : mask_(size - 1), cells_(trackedArray(new T[size], size)) {}
  ~Ring() { delete[] cells_; }
  void push(T value) { cells_[__atomic_fetch_add(&head_, 1, __ATOMIC_RELAXED) & mask_] = std::move(value); }

private:
  size_t mask_;
  T *cells_;
  size_t head_ = 0, tail_ = 0;
};

struct Execution {
  uint64_t order;
  double price;
  std::shared_ptr<const Depth> seen;
};

struct Journal {
  std::vector<std::string> lines;
  uint64_t bytes = 0;
};

class Exchange {
public:
  explicit Exchange(std::string name) : name_(std::move(name)), executions_(512) {}
  void list(unsigned equities);
  void admit(unsigned accounts);
  void run(unsigned rounds);
  size_t size() const { return books_.size() + sessions_.size(); }

private:
  struct ByNumber {
    bool operator()(const Account *a, const Account *b) const { return a->number < b->number; }
  };
  template <typename T, typename... Args> std::shared_ptr<T> listed(std::string symbol, Args &&...args) {
    auto instrument = std::make_shared<T>(interner_.intern(symbol), std::forward<Args>(args)...);
    books_.emplace(instrument->symbol(), owned<Book>(instrument));
    instruments_.push_back(instrument);
    return instrument;
  }
  void handle(Session &session, Message &message);
  std::string name_;
  memory::Interner interner_;
  std::unordered_map<std::string_view, std::unique_ptr<Book>> books_;
  std::vector<std::shared_ptr<Instrument>> instruments_;
  std::unordered_map<uint32_t, std::unique_ptr<Account>> accounts_;
  std::set<Account *, ByNumber> suspended_;
  std::list<Session> sessions_;
  memory::ObjectPool<Fill> fills_;
  std::map<std::string_view, std::unique_ptr<Ticks>> ticks_;
  std::vector<std::unique_ptr<strategy::Base>> strategies_;
  std::multimap<uint64_t, std::function<void()>> timers_;
  std::shared_ptr<Journal> journal_;
  Ring<Execution> executions_;
  uint64_t nextId_ = 1;
};

void Exchange::list(unsigned equities) {
  for (unsigned i = 0; i < equities; i++) {
    auto equity = listed<Equity>("EQ" + std::to_string(i), "Issuer of equity, incorporated, " + std::to_string(i));
    for (unsigned n = below(6); n > 0; n--) equity->dividend(n * 90, 0.25 * n);
    for (unsigned n = below(4); n > 0; n--) {
      auto future = listed<Future>("EQ" + std::to_string(i) + "F" + std::to_string(n), equity, n * 30);
      equity->watchedBy(future);
      if (below(2)) equity->watchedBy(listed<Option>("EQ" + std::to_string(i) + "O" + std::to_string(n), future, n * 30, 100 * n));
    }
  }
  for (int i = 0; i < 12; i++) {
    // some come with a control block of their own
    std::shared_ptr<Basket> basket = sharedFromNew(new Basket(interner_.intern("INDEX" + std::to_string(i))));
    for (unsigned n = 3 + below(20); n > 0; n--) basket->add(instruments_[below(instruments_.size())], 0.1);
    books_.emplace(basket->symbol(), owned<Book>(basket));
    tracked(basket.get());
    instruments_.push_back(std::move(basket));
  }
  for (auto &instrument : instruments_) {
    if (below(3) == 0) ticks_.emplace(instrument->symbol(), owned<Ticks>(64u << below(4)));
    if (below(2)) strategies_.push_back(owned<strategy::Momentum>(16 + below(64)));
    else strategies_.push_back(owned<strategy::MarketMaker>(instrument, 0.5));
  }
}

void Exchange::admit(unsigned accounts) {
  Account *parent = nullptr;
  for (unsigned i = 0; i < accounts; i++) {
    auto account = owned<Account>();
    account->number = 10000 + i;
    account->holder = (i % 2 ? "Fund " : "Pension scheme of the employees no. ") + std::to_string(i);
    account->parent = i % 10 ? parent : nullptr;
    for (unsigned n = below(8); n > 0; n--) {
      auto &instrument = instruments_[below(instruments_.size())];
      account->positions.insert_or_assign(instrument->symbol(), Position{instrument, int64_t(below(100)), 1.5});
    }
    auto restricted = owned<Restricted>();
    for (unsigned n = below(5); n > 0; n--) restricted->symbols.insert(instruments_[below(instruments_.size())]->symbol());
    if (i % 3) account->limit = owned<MaximumOrder>(500);
    else {
      auto all = owned<AllOf>();
      all->limits.push_back(owned<MaximumOrder>(400 + i));
      all->limits.push_back(std::move(restricted));
      account->limit = std::move(all);
    }
    if (i % 10 == 0) parent = account.get();
    if (below(15) == 0) suspended_.insert(account.get());
    sessions_.emplace_back(int(i) + 3, *account);
    accounts_.emplace(account->number, std::move(account));
  }
}

void Exchange::handle(Session &session, Message &message) {
  if (auto *order = std::get_if<NewOrder>(&message)) {
    Account &account = session.account();
    if (account.limit && !account.limit->allows(*order)) return;
    auto book = books_.find(order->symbol);
    if (book == books_.end()) return;
    uint64_t id = nextId_++;
    book->second->add(Order{id, order->price, order->quantity, 0, &account, std::move(order->reference), order->side}, fills_);
    account.open.push_back(id);
    if (id % 7 == 0) book->second->publish();
    executions_.push({id, double(order->price), book->second->latest()});
    if (id % 5 == 0) journal_->lines.push_back("order " + std::to_string(id) + " of account " + std::to_string(account.number));
    if (id % 40 == 0) {
      std::string note = "expiry of order number " + std::to_string(id);
      timers_.emplace(id + 1000, heapFunction<void()>([this, note, id] { journal_->lines.push_back(note), journal_->bytes += id; }));
    }
    auto series = ticks_.find(order->symbol);
    if (series != ticks_.end()) series->second->add(double(order->price), order->quantity, id);
  } else if (auto *cancel = std::get_if<Cancel>(&message)) {
    for (auto &[symbol, book] : books_)
      if (book->cancel(cancel->id)) break;
  }
}

template <typename T, typename Deleter> std::shared_ptr<T> sharedWith(T *object, Deleter deleter) {
  struct Polymorphic {
    virtual ~Polymorphic() {}
  };
  std::shared_ptr<T> pointer(object, deleter);
  void *control = ((void **)&pointer)[1];
  typelog(control, typeid(*(Polymorphic *)control).name(), 1, TYPELOG_OBJECT | TYPELOG_MANGLED);
  return pointer;
}

void Exchange::run(unsigned rounds) {
  journal_ = sharedWith(tracked(new Journal), [](Journal *journal) { delete journal; });
  for (unsigned round = 0; round < rounds; round++) {
    for (auto &session : sessions_) {
      switch (below(12)) {
      case 0: session.receive(Heartbeat{}); break;
      case 1: session.receive(Logon{"user", "a password of some length " + std::to_string(round)}); break;
      case 2: session.receive(Cancel{1 + below(unsigned(nextId_))}); break;
      case 3: {
        MassQuote quote;
        for (unsigned n = 1 + below(6); n > 0; n--) quote.quotes.emplace_back(instruments_[below(instruments_.size())]->symbol(), 10, 11);
        session.receive(std::move(quote));
        break;
      }
      default: {
        auto &instrument = instruments_[below(instruments_.size())];
        session.receive(NewOrder{instrument->symbol(), below(2) ? Side::Buy : Side::Sell, Price(90 + below(20)), 1 + below(450), below(2) ? "ref" : "reference of the client: " + std::to_string(round)});
      }
      }
      while (session.waiting() > 4)
        if (auto message = session.next()) handle(session, *message);
    }
    for (auto &strategy : strategies_) strategy->tick(100 + below(10));
  }
}

// market data is fanned out by a thread of its own
struct Subscriber {
  std::string host;
  std::deque<Execution> queue;
  std::optional<std::vector<std::string>> filter;
};
static pthread_barrier_t prepared;
static thread_local std::vector<Subscriber *> *subscribers;
static thread_local std::unique_ptr<std::map<int, std::string>> gateways;

static void *feed(void *argument) {
  state = 99 + (uintptr_t)argument;
  std::vector<Subscriber *> mine;
  std::map<std::string, std::vector<double>> averages;
  subscribers = &mine;
  gateways = owned<std::map<int, std::string>>();
  for (int i = 0; i < 60; i++) {
    mine.push_back(tracked(new Subscriber{"subscriber-" + std::to_string(i) + ".example.net", {}, {}}));
    for (unsigned n = below(30); n > 0; n--) mine.back()->queue.push_back({n, 1.0, n % 5 ? nullptr : std::make_shared<Depth>()});
    if (below(3) == 0) mine.back()->filter.emplace(2, "a filter by expression: symbol =~ EQ*");
    gateways->emplace(i, "tcp://10.0.0." + std::to_string(i) + ":9000/multicast");
    averages["average of column " + std::to_string(i)].assign(5 + below(20), 0.5);
  }
  pthread_barrier_wait(&prepared);
  static std::atomic<bool> done;
  while (!done) sleep(1000);
  return averages.empty() || gateways->empty() ? nullptr : subscribers->front();
}

int main() {
  Exchange exchange("XTYP");
  exchange.list(70);
  exchange.admit(120);
  exchange.run(60);
  pthread_barrier_init(&prepared, nullptr, 3);
  pthread_t threads[2];
  for (uintptr_t i = 0; i < 2; i++) pthread_create(&threads[i], nullptr, feed, (void *)i);
  pthread_barrier_wait(&prepared);
  typelog_ready();
  return int(exchange.size());
}
