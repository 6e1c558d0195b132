/* Workers whose data hangs on their stacks alone: locals, parameters, arrays of pointers in a frame; thread-local variables,
 * statics of functions, and a queue between them. Each worker goes a few calls deep and waits there. */
#include "typelog.h"
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace pipeline {

class Random {
public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull + 1) {}
  unsigned operator()(unsigned n) {
    state_ ^= state_ << 7;
    state_ ^= state_ >> 9;
    return unsigned(state_ >> 11) % n;
  }

private:
  uint64_t state_;
};

struct Sample {
  double time;
  float value;
  uint16_t channel;
  uint16_t quality;
};

struct Series {
  std::string name;
  std::vector<Sample> samples;
  Series *derivedFrom;
  double minimum, maximum;
};

struct Histogram {
  unsigned bins;
  unsigned *counts;
  double *edges;
  Histogram(unsigned bins) : bins(bins), counts(trackedArray(new unsigned[bins](), bins)), edges(trackedArray(new double[bins + 1](), bins + 1)) {}
  ~Histogram() {
    delete[] counts;
    delete[] edges;
  }
};

struct Stage {
  virtual ~Stage() {}
  virtual size_t apply(Series &series) = 0;
  Stage *next = nullptr;
};
struct Smooth : Stage {
  unsigned width;
  std::unique_ptr<float[]> kernel;
  explicit Smooth(unsigned width) : width(width), kernel(trackedArray(new float[width], width)) {}
  size_t apply(Series &series) override { return series.samples.size() / width; }
};
struct Count : Stage {
  std::map<uint16_t, Histogram *> byChannel;
  size_t apply(Series &series) override {
    for (auto &sample : series.samples) {
      Histogram *&histogram = byChannel[sample.channel % 6];
      if (!histogram) histogram = tracked(new Histogram(8 + sample.channel % 5));
      histogram->counts[sample.quality % histogram->bins]++;
    }
    return byChannel.size();
  }
};
struct Label : Stage {
  std::unordered_map<std::string, std::list<std::string>> labels;
  size_t apply(Series &series) override {
    labels[series.name].push_back("seen with a minimum of " + std::to_string(series.minimum));
    return labels.size();
  }
};

struct Interval {
  uint64_t from, to;
  Interval *left, *right;
  std::set<uint32_t> owners;
};

struct Task {
  uint64_t id;
  std::string title;
  std::shared_ptr<Series> input;
  std::optional<std::string> error;
  Task *parent;
};

struct Row {
  uint32_t key;
  char *text;
  Row *next;
};

struct Statistics {
  std::map<std::string, uint64_t> counters;
  std::vector<std::string> log;
  uint64_t total;
};

struct Scratch {
  std::vector<char> bytes;
  std::deque<int> depths;
  Row *freeRows;
};

struct Registry {
  std::mutex lock;
  std::unordered_map<std::string, std::weak_ptr<Series>> series;
  std::vector<Statistics *> all;
};

static Registry &registry() {
  static Registry instance;
  return instance;
}

static std::vector<std::unique_ptr<Task>> &finished() {
  static auto *tasks = tracked(new std::vector<std::unique_ptr<Task>>);
  return *tasks;
}

static thread_local Statistics *statistics;
static thread_local Scratch scratch;
static thread_local std::map<uint64_t, std::string> *remembered;
static __thread Row *spareRows;

static std::atomic<int> waiting;
static std::mutex gate;
static std::condition_variable opened;
static bool open_;

// where all of them end up; what they pass down stays on their stacks
static size_t waitHere() {
  std::unique_lock<std::mutex> lock(gate);
  waiting++;
  opened.wait(lock, [] { return open_; });
  return waiting;
}

static Interval *buildIntervals(Random &random, uint64_t from, uint64_t to, int depth) {
  Interval *node = tracked(new Interval{from, to, nullptr, nullptr, {}});
  for (unsigned n = random(4); n > 0; n--) node->owners.insert(random(1000));
  if (depth > 0) {
    uint64_t middle = (from + to) / 2;
    node->left = random(6) ? buildIntervals(random, from, middle, depth - 1) : nullptr;
    node->right = random(6) ? buildIntervals(random, middle, to, depth - 1) : nullptr;
  }
  return node;
}

static size_t countIntervals(const Interval *node) { return node ? 1 + countIntervals(node->left) + countIntervals(node->right) : 0; }

static Row *makeRows(Random &random, unsigned count) {
  Row *first = nullptr;
  for (unsigned i = 0; i < count; i++) {
    char text[80];
    snprintf(text, sizeof text, "row %u with %u", i, random(100000));
    Row *row;
    if (spareRows && random(2)) {
      row = spareRows;
      spareRows = row->next;
    } else row = tracked(new Row);
    row->key = random(1 << 30);
    row->text = trackedArray(new char[strlen(text) + 1], strlen(text) + 1);
    strcpy(row->text, text);
    row->next = first;
    first = row;
  }
  return first;
}

__attribute__((noinline)) static size_t hold(Interval *intervals, Row *rows, Task **recent, Stage &stages, const std::vector<std::unique_ptr<Series>> &derived) {
  // its parameters are all that keeps some of these
  size_t before = waitHere();
  size_t sum = countIntervals(intervals);
  for (Row *row = rows; row; row = row->next) sum += row->key;
  for (int i = 0; i < 16; i++)
    if (recent[i]) sum += recent[i]->id;
  for (Stage *stage = &stages; stage; stage = stage->next) sum++;
  for (auto &series : derived) sum += series->samples.size();
  return sum + before;
}

__attribute__((noinline)) static size_t process(Random &random, unsigned worker, std::list<std::shared_ptr<Series>> series) {
  Task *recent[16] = {};
  std::vector<std::unique_ptr<Series>> derived;
  Smooth smooth(5 + worker);
  Count count;
  Label *label = tracked(new Label);
  smooth.next = &count;
  count.next = label;
  std::unordered_map<uint64_t, Task *> tasks;
  for (unsigned i = 0; i < 200; i++) {
    Task *task = tracked(new Task{worker * 1000 + i, "task " + std::to_string(i) + (random(2) ? "" : " with a much longer description"), series.front(), {}, nullptr});
    if (random(5) == 0) task->error = "could not be finished, as its input ended too early";
    if (recent[(i + 15) % 16]) task->parent = recent[random(16)];
    recent[i % 16] = task;
    if (random(3)) tasks[task->id] = task;
    else if (random(2)) {
      std::lock_guard<std::mutex> lock(registry().lock);
      finished().emplace_back(task);
      recent[i % 16] = nullptr;
    }
    for (Stage *stage = &smooth; stage; stage = stage->next) statistics->total += stage->apply(*task->input);
    statistics->counters["stage " + std::to_string(random(30))]++;
    if (i % 20 == 0) statistics->log.push_back("worker " + std::to_string(worker) + " is at task " + std::to_string(i));
    (*remembered)[random(150)] = random(2) ? "short" : "something that is remembered for long";
    scratch.depths.push_back(i);
    if (scratch.depths.size() > 60) scratch.depths.pop_front();
    scratch.bytes.resize(random(3000));
    series.splice(series.end(), series, series.begin());
    if (i % 4 == 0) {
      auto one = owned<Series>();
      one->name = "derived";
      one->samples.assign(series.front()->samples.begin(), series.front()->samples.begin() + random(5));
      one->derivedFrom = series.front().get();
      derived.push_back(std::move(one));
    }
  }
  Interval *intervals = buildIntervals(random, 0, 1 << 20, 6);
  Row *rows = makeRows(random, 120);
  // the second half is given back, and some of it used again
  Row *middle = rows;
  for (int i = 0; i < 60; i++) middle = middle->next;
  while (Row *row = middle->next) {
    middle->next = row->next;
    delete[] row->text;
    row->next = spareRows;
    spareRows = row;
  }
  Row *more = makeRows(random, 20);
  more->next = rows;
  size_t sum = hold(intervals, more, recent, smooth, derived);
  for (auto &[id, task] : tasks) sum += id + task->title.size();
  return sum + series.size() + label->labels.size();
}

static void *work(void *argument) {
  unsigned worker = unsigned(reinterpret_cast<uintptr_t>(argument));
  Random random(worker + 1);
  statistics = tracked(new Statistics{});
  remembered = tracked(new std::map<uint64_t, std::string>);
  std::list<std::shared_ptr<Series>> series;
  for (unsigned i = 0; i < 20; i++) {
    auto one = std::make_shared<Series>();
    one->name = "measurement/" + std::to_string(worker) + "/" + std::to_string(i);
    for (unsigned n = 5 + random(60); n > 0; n--) one->samples.push_back({double(n), float(random(100)), uint16_t(random(30)), uint16_t(random(9))});
    one->derivedFrom = i ? series.back().get() : nullptr;
    series.push_back(one);
    std::lock_guard<std::mutex> lock(registry().lock);
    registry().series[one->name] = one;
  }
  {
    std::lock_guard<std::mutex> lock(registry().lock);
    registry().all.push_back(statistics);
  }
  size_t sum = process(random, worker, std::move(series));
  return reinterpret_cast<void *>(sum);
}

} // namespace pipeline

int main() {
  using namespace pipeline;
  std::array<pthread_t, 6> threads;
  for (unsigned i = 0; i < threads.size(); i++) pthread_create(&threads[i], nullptr, work, reinterpret_cast<void *>(uintptr_t(i)));
  // one has come and gone
  pthread_t brief;
  auto letter = owned<std::string>("to a thread that has ended meanwhile, long enough for the heap");
  pthread_create(&brief, nullptr, [](void *text) -> void * { return tracked(new std::string(*static_cast<std::string *>(text) + ", and its answer")); }, letter.get());
  void *answer;
  pthread_join(brief, &answer);
  std::multimap<std::string, std::pair<int, std::string *>> letters;
  for (int i = 0; i < 30; i++) letters.emplace(*letter, std::make_pair(i, static_cast<std::string *>(answer)));
  while (waiting < int(threads.size())) sched_yield();
  typelog_ready();
  return int(letters.size());
}
