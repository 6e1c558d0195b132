/* An application server: std::function with captures, any, optional, variant, tuple, unordered_multimap, forward_list, priority_queue,
 * arrays by new[] with and without a cookie, pimpl, callbacks with void *, intrusive lists, pools that carve objects from one
 * large malloc, CRTP. */
#include "typelog.h"
#include <algorithm>
#include <any>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <forward_list>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

static uint64_t lcg = 42;
static unsigned upTo(unsigned n) {
  lcg = lcg * 6364136223846793005ull + 1442695040888963407ull;
  return unsigned(lcg >> 33) % n;
}

// intrusive lists
struct list_head {
  list_head *next, *prev;
  list_head() : next(this), prev(this) {}
  void add(list_head *node) {
    node->next = next, node->prev = this;
    next->prev = node;
    next = node;
  }
  void unlink() {
    prev->next = next, next->prev = prev;
    next = prev = this;
  }
  bool empty() const { return next == this; }
};
#define container_of(p, T, member) reinterpret_cast<T *>(reinterpret_cast<char *>(p) - offsetof(T, member))

// reference counting by CRTP
template <typename Derived> class RefCounted {
public:
  void ref() const { ++count_; }
  void unref() const {
    if (--count_ == 0) delete static_cast<const Derived *>(this);
  }

protected:
  mutable int count_ = 0;
};

template <typename T> class Ref {
public:
  Ref() : p_(nullptr) {}
  Ref(T *p) : p_(p) {
    if (p_) p_->ref();
  }
  Ref(const Ref &o) : Ref(o.p_) {}
  Ref &operator=(Ref o) {
    std::swap(p_, o.p_);
    return *this;
  }
  ~Ref() {
    if (p_) p_->unref();
  }
  T *operator->() const { return p_; }
  T *get() const { return p_; }
  explicit operator bool() const { return p_ != nullptr; }

private:
  T *p_;
};

template <typename Key, typename Value, size_t Ways = 4> class Cache {
public:
  struct Line {
    Key key;
    Value value;
    uint32_t age;
    bool valid;
  };
  explicit Cache(size_t sets) : sets_(sets), lines_(trackedArray(new Line[sets * Ways](), sets * Ways)) {}
  ~Cache() { delete[] lines_; }
  void put(const Key &key, const Value &value) {
    Line *set = lines_ + std::hash<Key>()(key) % sets_ * Ways;
    Line *victim = std::min_element(set, set + Ways, [](const Line &a, const Line &b) { return a.age < b.age; });
    *victim = Line{key, value, ++clock_, true};
  }

private:
  size_t sets_;
  Line *lines_;
  uint32_t clock_ = 0;
};

// a pool: slots are carved from large chunks, and freed ones are linked
template <typename T> class Pool {
public:
  union Slot {
    Slot *nextFree;
    alignas(T) unsigned char object[sizeof(T)];
  };
  T *take() {
    if (!free_) grow();
    Slot *slot = free_;
    free_ = slot->nextFree;
    return new (slot->object) T();
  }
  void give(T *object) {
    object->~T();
    Slot *slot = reinterpret_cast<Slot *>(object);
    slot->nextFree = free_;
    free_ = slot;
  }

private:
  void grow() {
    Slot *chunk = NEW_ARRAY(Slot, 256);
    typelog(chunk, typeid(Slot).name(), 256, TYPELOG_ARRAY | TYPELOG_MANGLED);
    chunks_.push_back(chunk);
    for (int i = 255; i >= 0; i--) chunk[i].nextFree = free_, free_ = &chunk[i];
  }
  Slot *free_ = nullptr;
  std::vector<Slot *> chunks_;
};

struct Timer {
  uint64_t due;
  std::function<void()> *action;
  Timer *next;
  unsigned generation;
};

using Setting = std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<std::string>>;

struct Config {
  std::map<std::string, Setting> settings;
  std::optional<std::string> path;
  std::unique_ptr<Config> fallback;
};

struct Header {
  std::string name, value;
};

static unsigned char *trackedBytes(size_t n) {
  void *bytes = malloc(n);
  return static_cast<unsigned char *>(typelog(bytes, typeid(unsigned char).name(), n, TYPELOG_ARRAY | TYPELOG_MANGLED));
}

struct Blob : RefCounted<Blob> {
  explicit Blob(size_t n) : size(n), bytes(trackedBytes(n)) { memset(bytes, 0x5a, n); }
  ~Blob() { free(bytes); }
  size_t size;
  unsigned char *bytes;
};

struct Route {
  std::string pattern;
  std::function<int(struct Request &)> handler;
  std::vector<std::string> parameters;
};

struct Request {
  uint64_t id;
  std::string path;
  std::unordered_multimap<std::string, std::string> query;
  std::forward_list<Header> headers;
  std::optional<std::tuple<std::string, int, double>> range;
  std::map<std::string, std::any> context;
  Ref<Blob> body;
  const Route *route;
  list_head in_session;
};

// pimpl
class Session {
public:
  explicit Session(uint64_t id);
  ~Session();
  uint64_t id() const;
  void add(Request *request);
  Request *oldest();

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct Session::Impl {
  uint64_t id;
  list_head requests;
  std::array<char, 32> token;
  std::vector<std::pair<std::string, Setting>> variables;
  std::unique_ptr<double[]> history;
  struct Visit {
    uint32_t page;
    uint32_t seconds;
  } *visits;
  size_t visitCount;
};

Session::Session(uint64_t id) : impl_(tracked(new Impl)) {
  impl_->id = id;
  impl_->visitCount = 3 + upTo(10);
  impl_->visits = trackedArray(new Impl::Visit[impl_->visitCount], impl_->visitCount);
  if (upTo(2)) impl_->history.reset(trackedArray(new double[16], 16));
  for (unsigned n = upTo(4); n > 0; n--) impl_->variables.emplace_back("variable" + std::to_string(n), upTo(2) ? Setting(std::string("a value that is too long to be stored in place")) : Setting(int64_t(n)));
}
Session::~Session() { delete[] impl_->visits; }
uint64_t Session::id() const { return impl_->id; }
void Session::add(Request *request) { impl_->requests.add(&request->in_session); }
Request *Session::oldest() {
  if (impl_->requests.empty()) return nullptr;
  Request *request = container_of(impl_->requests.prev, Request, in_session);
  request->in_session.unlink();
  return request;
}

// callbacks in the manner of C
typedef void (*Callback)(void *user, int status);
struct Watcher {
  Callback callback;
  void *user;
  int fd;
  Watcher *next;
};
struct UploadState {
  Session *session;
  FILE *file;
  char name[40];
  size_t done, total;
};
struct PollState {
  unsigned *counters;
  unsigned count;
  PollState *previous;
};
static void onUpload(void *user, int status) { static_cast<UploadState *>(user)->done += status; }
static void onPoll(void *user, int status) { static_cast<PollState *>(user)->counters[0] += status; }

struct Job {
  int priority;
  std::string name;
  std::shared_ptr<std::vector<int>> input;
  bool operator<(const Job &other) const { return priority < other.priority; }
};

// listeners that capture more than a function holds itself
struct AuditRecord {
  uint64_t when;
  std::string who;
  int code;
};
struct Audit {
  std::shared_ptr<std::vector<AuditRecord>> log;
  std::string prefix;
  uint64_t mask;
  void operator()(int code) const { log->push_back({mask, prefix, code}); }
};
struct Throttle {
  double rate;
  std::array<uint64_t, 8> window;
  Session *session;
  void operator()(int code) { window[code % 8]++; }
};
struct FindUser {
  std::unordered_map<std::string, int> *table;
  std::string fallback;
  int operator()(Request &request) const { return table->count(request.path) ? 200 : 404; }
};
struct ServeFile {
  std::string root;
  std::vector<std::string> index;
  bool listing;
  int operator()(Request &) const { return listing ? 200 : 403; }
};

struct Geo {
  double latitude, longitude;
  char country[4];
};

class Matrix {
public:
  Matrix(int rows, int columns) : rows_(rows), columns_(columns), cells_(trackedArray(new float *[rows], rows)) {
    for (int i = 0; i < rows; i++) cells_[i] = trackedArray(new float[columns], columns);
  }
  ~Matrix() {
    for (int i = 0; i < rows_; i++) delete[] cells_[i];
    delete[] cells_;
  }

private:
  int rows_, columns_;
  float **cells_;
};

class Server {
public:
  Server() : sessionsById_(), geo_(64), recent_(32) {}
  void configure();
  void serve(int rounds);
  size_t size() const { return requests_.size() + sessionsById_.size(); }

private:
  Request *request();
  std::unique_ptr<Config> config_;
  std::vector<Route> routes_;
  std::unordered_map<uint64_t, Session *> sessionsById_;
  std::vector<std::unique_ptr<Request>> requests_;
  std::vector<std::function<void(int)>> listeners_;
  std::unordered_map<std::string, int> users_;
  std::shared_ptr<std::vector<AuditRecord>> audit_ = std::make_shared<std::vector<AuditRecord>>();
  std::priority_queue<Job> jobs_;
  std::queue<std::tuple<uint64_t, std::string, Ref<Blob>>> outbox_;
  Pool<Timer> timers_;
  Timer *firstTimer_ = nullptr;
  Watcher *watchers_ = nullptr;
  Cache<uint64_t, Geo> geo_;
  Cache<std::string, std::string> recent_;
  std::vector<Header *> defaultHeaders_;
  std::vector<std::unique_ptr<Matrix>> models_;
  Header *bundles_[40] = {};
};

void Server::configure() {
  Config *config = nullptr;
  for (int level = 0; level < 3; level++) {
    auto next = owned<Config>();
    if (level > 0) next->path = "/etc/application/conf.d/" + std::to_string(level) + ".conf";
    for (int i = 0; i < 120; i++) {
      Setting setting;
      switch (upTo(5)) {
      case 0: setting = upTo(2) == 0; break;
      case 1: setting = int64_t(upTo(10000)); break;
      case 2: setting = upTo(1000) / 7.0; break;
      case 3: setting = std::string("/usr/share/application/templates/") + std::to_string(i); break;
      default: setting = std::vector<std::string>{"first", "a second alternative of some length", "third"};
      }
      next->settings["section." + std::to_string(upTo(12)) + ".option" + std::to_string(i)] = std::move(setting);
    }
    next->fallback = std::move(config_);
    config_ = std::move(next);
  }
  for (int i = 0; i < 90; i++) {
    std::vector<std::string> parameters;
    for (unsigned n = upTo(3); n > 0; n--) parameters.push_back("p" + std::to_string(n));
    auto handler = i % 2 ? heapFunction<int(Request &)>(FindUser{&users_, "nobody " + std::to_string(i)}) : heapFunction<int(Request &)>(ServeFile{"/var/www/html/static/" + std::to_string(i), {"index.html", "index.htm"}, i % 4 == 0});
    routes_.push_back({"/api/v2/resource" + std::to_string(i) + "/{id}", std::move(handler), std::move(parameters)});
  }
  for (int i = 0; i < 500; i++) users_["user" + std::to_string(i) + (i % 3 ? "" : "@some.longer.domain.example")] = i;
  for (int i = 0; i < 30; i++) defaultHeaders_.push_back(tracked(new Header{"X-Default-" + std::to_string(i), "value"}));
  for (auto &bundle : bundles_) bundle = trackedArray(new Header[5], 5); // with a cookie
  for (int i = 0; i < 12; i++) models_.push_back(owned<Matrix>(10 + upTo(20), 16));
}

Request *Server::request() {
  auto request = owned<Request>();
  request->id = requests_.size();
  request->route = &routes_[upTo(routes_.size())];
  request->path = "/api/v2/resource" + std::to_string(upTo(90)) + "/" + std::to_string(upTo(100000));
  for (unsigned n = upTo(5); n > 0; n--) request->query.emplace(upTo(2) ? "filter" : "an-unusually-long-parameter", std::to_string(n));
  for (unsigned n = 1 + upTo(5); n > 0; n--) request->headers.push_front({"Accept", "text/html,application/xhtml+xml;q=0.9"});
  if (upTo(3) == 0) request->range.emplace("bytes", int(upTo(100)), 0.5);
  if (upTo(2)) request->context["user"] = std::any(int(upTo(500)));
  if (upTo(2)) request->context["location"] = heapAny(Geo{1.5, 2.5, "de"});
  if (upTo(3) == 0) request->context["trace"] = heapAny(std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  if (upTo(3) == 0) request->context["claims"] = heapAny(std::vector<Header>(2));
  if (upTo(3) == 0) request->body = Ref<Blob>(tracked(new Blob(100 + upTo(900))));
  requests_.push_back(std::move(request));
  return requests_.back().get();
}

void Server::serve(int rounds) {
  for (int round = 0; round < rounds; round++) {
    uint64_t id = upTo(700);
    Session *&session = sessionsById_[id];
    if (!session) session = tracked(new Session(id));
    Request *next = request();
    session->add(next);
    geo_.put(id, {double(round), 2, "fr"});
    if (round % 4 == 0) recent_.put(next->path, "<html>" + std::string(upTo(90), 'x'));
    if (round % 6 == 0) listeners_.push_back(upTo(2) ? heapFunction<void(int)>(Audit{audit_, "audit of session number " + std::to_string(id), id}) : heapFunction<void(int)>(Throttle{0.5, {}, session}));
    if (round % 5 == 0) {
      Timer *timer = timers_.take();
      timer->due = round;
      timer->action = tracked(new std::function<void()>([session] { session->oldest(); }));
      timer->next = firstTimer_;
      timer->generation = round;
      firstTimer_ = timer;
    }
    if (round % 7 == 0) {
      Watcher *watcher = tracked(new Watcher{nullptr, nullptr, round, watchers_});
      if (round % 2) {
        auto state = NEW(UploadState);
        typelog(state, typeid(UploadState).name(), 1, TYPELOG_OBJECT | TYPELOG_MANGLED);
        state->session = session, state->total = 1000;
        watcher->callback = onUpload, watcher->user = state;
      } else {
        PollState *state = tracked(new PollState{trackedArray(new unsigned[8](), 8), 8, nullptr});
        if (watchers_ && watchers_->callback == onPoll) state->previous = static_cast<PollState *>(watchers_->user);
        watcher->callback = onPoll, watcher->user = state;
      }
      watchers_ = watcher;
    }
    if (round % 3 == 0) jobs_.push({int(upTo(100)), "job number " + std::to_string(round), std::make_shared<std::vector<int>>(upTo(20))});
    if (jobs_.size() > 200) jobs_.pop();
    if (next->body) outbox_.push({next->id, next->path, next->body});
    if (outbox_.size() > 150) outbox_.pop();
    if (!listeners_.empty()) listeners_[upTo(listeners_.size())](round);
    // done with old ones; some sessions forget to unlink them first, as their owner never asks again
    if (requests_.size() > 900) {
      auto &oldest = requests_[upTo(300)];
      oldest->in_session.unlink();
      oldest = std::move(requests_.back());
      requests_.pop_back();
    }
    if (round % 50 == 49 && firstTimer_) {
      Timer *timer = firstTimer_;
      firstTimer_ = timer->next;
      delete timer->action;
      timers_.give(timer);
    }
  }
  // lost: nobody knows these any more
  for (int i = 0; i < 40; i++) tracked(new Session(100000 + i));
}

int main() {
  static Server server;
  server.configure();
  server.serve(2400);
  typelog_ready();
  return int(server.size());
}
