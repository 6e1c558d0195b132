/* The standard library's own types, as programs instantiate them. */
#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <forward_list>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <sstream>
#include <stack>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

struct Order { int id; std::string customer; std::vector<std::pair<std::string, double>> lines; std::optional<std::chrono::seconds> due; };
using Event = std::variant<std::monostate, int, std::string, Order, std::unique_ptr<Order>>;

struct Store {
  std::map<std::string, Order> orders;
  std::multimap<int, Order *> byId;
  std::unordered_map<int, std::shared_ptr<Order>> cache;
  std::unordered_set<std::string> seen;
  std::set<std::pair<int, int>> pairs;
  std::deque<Event> events;
  std::list<std::weak_ptr<Order>> watchers;
  std::forward_list<long> numbers;
  std::array<std::bitset<100>, 3> flags;
  std::priority_queue<int> queue;
  std::stack<std::string> stack;
  std::function<bool(const Order &)> filter;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<bool> bits;
  std::tuple<int, std::string_view, const Store *> tuple;
  std::atomic<long> total{0};
};

static Store store;
std::mt19937_64 generator(42);

int main() {
  for (int i = 0; i < 10; i++) {
    Order order{i, std::to_string(i), {{"line", i}}, std::chrono::seconds(i)};
    store.orders[order.customer] = order;
    store.cache[i] = std::make_shared<Order>(order);
    store.watchers.push_back(store.cache[i]);
    store.events.emplace_back(order);
    store.events.emplace_back(std::make_unique<Order>(order));
    store.byId.emplace(i, &store.orders[order.customer]);
    store.seen.insert(order.customer);
    store.pairs.emplace(i, -i);
    store.numbers.push_front(i);
    store.queue.push(i);
    store.bits.push_back(i % 2 == 0);
  }
  store.filter = [limit = std::string("5")](const Order &o) { return o.customer < limit; };
  auto sum = std::async(std::launch::async, [] { return std::count_if(store.orders.begin(), store.orders.end(), [](auto &o) { return store.filter(o.second); }); });
  std::ostringstream text;
  text << sum.get() << generator();
  std::cout << text.str().size() << '\n';
}
