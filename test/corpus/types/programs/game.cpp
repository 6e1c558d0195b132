/* A game's world: class hierarchies with virtual functions, multiple and virtual bases, and plain structs that are reached only
 * through standard containers of values, pointers and smart pointers. Objects come and go for some thousand ticks. */
#include "typelog.h"
#include <array>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace game {

static std::mt19937 rng(20240611);
static int upTo(int n) { return int(rng() % unsigned(n)); }

struct Vec3 {
  float x, y, z;
};

struct Quaternion {
  float w, x, y, z;
};

struct Transform {
  Vec3 position;
  Quaternion rotation;
  float scale;
  Transform *parent;
};

enum class Rarity : uint8_t { Common, Uncommon, Rare, Epic };

struct Enchantment {
  uint32_t effect;
  int16_t strength;
  uint8_t charges;
};

struct Item {
  std::string name;
  uint32_t id;
  Rarity rarity;
  int price;
  std::vector<Enchantment> enchantments;
  struct Inventory *in;
};

struct Inventory {
  std::vector<Item *> slots;
  std::map<uint32_t, int> counts;
  uint64_t gold;
  uint32_t capacity;
};

struct QuestStep {
  std::string text;
  int target;
  int progress;
  bool optional;
};

struct Quest {
  std::string title;
  std::list<QuestStep> steps;
  std::set<uint32_t> rewards;
  Quest *follows;
};

class Entity;
class World;

struct Component {
  Entity *owner;
  explicit Component(Entity *owner) : owner(owner) {}
  virtual ~Component() {}
  virtual void tick(double dt) = 0;
};

struct Health : Component {
  int current, most;
  float regeneration;
  std::vector<std::pair<uint64_t, int>> recentDamage;
  Health(Entity *owner, int most) : Component(owner), current(most), most(most), regeneration(0.5f) {}
  void tick(double dt) override {
    if (upTo(40) == 0) recentDamage.emplace_back(rng(), upTo(20));
    current = std::min(most, current + int(regeneration * dt));
  }
};

struct PathPoint {
  Vec3 at;
  uint32_t cell;
  float cost;
};

struct Brain : Component {
  std::deque<PathPoint> path;
  Entity *target;
  std::unordered_map<Entity *, float> threat;
  std::array<uint8_t, 24> memory;
  explicit Brain(Entity *owner) : Component(owner), target(nullptr) {}
  void tick(double) override;
};

struct Sprite : Component {
  std::shared_ptr<struct Texture> texture;
  uint32_t *frames;
  int frameCount;
  explicit Sprite(Entity *owner) : Component(owner), frames(nullptr), frameCount(0) {}
  ~Sprite() override { delete[] frames; }
  void animate(int n) {
    delete[] frames;
    frameCount = n;
    frames = trackedArray(new uint32_t[n], n);
    for (int i = 0; i < n; i++) frames[i] = i * 33;
  }
  void tick(double) override {}
};

struct Texture {
  std::string path;
  int width, height;
  std::unique_ptr<uint8_t[]> pixels;
  Texture(std::string path, int width, int height) : path(std::move(path)), width(width), height(height), pixels(trackedArray(new uint8_t[width * height], width * height)) {}
};

class Entity : public std::enable_shared_from_this<Entity> {
public:
  explicit Entity(uint64_t id) : id_(id), alive_(true), transform_(tracked(new Transform{{float(id), 0, 1}, {1, 0, 0, 0}, 1, nullptr})) {}
  virtual ~Entity() { delete transform_; }
  virtual void tick(World &, double dt) {
    for (auto &component : components_) component->tick(dt);
  }
  template <typename T, typename... Args> T *add(Args &&...args) {
    auto component = owned<T>(this, std::forward<Args>(args)...);
    T *raw = component.get();
    components_.push_back(std::move(component));
    return raw;
  }
  uint64_t id() const { return id_; }
  Transform *transform() { return transform_; }

protected:
  uint64_t id_;
  bool alive_;
  Transform *transform_;
  std::vector<std::unique_ptr<Component>> components_;
};

struct Named {
  std::string name;
  virtual ~Named() {}
  virtual std::string title() const { return name; }
};

struct Carrier {
  Inventory inventory{};
  virtual ~Carrier() {}
  virtual bool take(Item *item) {
    inventory.slots.push_back(item);
    inventory.counts[item->id % 50]++;
    item->in = &inventory;
    return true;
  }
};

class Npc : public Entity, public Named, public Carrier {
public:
  explicit Npc(uint64_t id) : Entity(id), mood_(0) { name = "npc " + std::to_string(id); }
  void greet(std::string line) { lines_.push_back(std::move(line)); }

protected:
  std::vector<std::string> lines_;
  int mood_;
  std::weak_ptr<Entity> enemy_;
  friend class World;
};

class Merchant : public Npc {
public:
  explicit Merchant(uint64_t id) : Npc(id), haggling_(1.5) {}
  std::string title() const override { return "merchant " + name; }
  void offer(uint32_t item, int price) { prices_.emplace(item, price); }

private:
  double haggling_;
  std::multimap<uint32_t, int> prices_;
};

class Monster : public Entity, public Carrier {
public:
  Monster(uint64_t id, int level) : Entity(id), level_(level), den_{} {}
  void tick(World &world, double dt) override {
    Entity::tick(world, dt);
    age_ += dt;
  }

private:
  int level_;
  double age_ = 0;
  int den_[3];
};

/* a diamond */
struct Positioned {
  Vec3 where{};
  virtual ~Positioned() {}
  virtual int zone() const { return 0; }
};
struct Audible : virtual Positioned {
  std::string sound;
  int zone() const override { return 1; }
};
struct Visible : virtual Positioned {
  uint32_t sprite = 0;
  std::vector<float> lights;
};
struct Torch : Audible, Visible {
  int fuel = 100;
  int zone() const override { return 2; }
};
struct Waterfall : Visible, Audible {
  std::vector<Vec3> drops;
  int zone() const override { return 3; }
};

struct Player : Npc {
  std::unordered_map<std::string, Quest *> quests;
  std::unordered_set<std::string> achievements;
  std::map<std::string, std::vector<std::string>> journal;
  std::array<Item *, 12> equipped{};
  explicit Player(uint64_t id) : Npc(id) {}
};

struct Cell {
  uint16_t terrain;
  uint16_t height;
  std::vector<uint32_t> visitors;
};

struct Chunk {
  int cx, cy;
  std::vector<std::vector<Cell>> cells;
  std::list<Torch *> torches;
  std::set<Entity *> inside;
};

struct Event {
  uint64_t when;
  std::weak_ptr<Entity> who;
  std::string what;
};

class World {
public:
  void populate();
  void run(int ticks);
  size_t checksum() const { return entities_.size() + chunks_.size() + events_.size(); }

private:
  std::shared_ptr<Texture> texture(int n) {
    auto &slot = textures_["assets/textures/characters/" + std::to_string(n) + ".png"];
    if (!slot) slot = std::make_shared<Texture>("assets/textures/characters/" + std::to_string(n) + ".png", 8 + n % 16, 8 + n % 8);
    return slot;
  }
  Item *item() {
    static const char *const names[] = {"dagger", "a rather long sword of the northern smiths", "potion", "cloak of many colours and pockets", "coin"};
    Item *item = tracked(new Item{names[upTo(5)], uint32_t(upTo(5000)), Rarity(upTo(4)), upTo(900), {}, nullptr});
    for (int i = upTo(4); i > 0; i--) item->enchantments.push_back({uint32_t(upTo(100)), int16_t(i), 3});
    return item;
  }
  Quest *quest(Quest *follows) {
    Quest *quest = tracked(new Quest{"the quest for number " + std::to_string(quests_.size()), {}, {}, follows});
    for (int i = 2 + upTo(5); i > 0; i--) quest->steps.push_back({i % 2 ? "go there" : "bring me ten of the finest mushrooms", upTo(10), 0, i == 3});
    for (int i = upTo(4); i > 0; i--) quest->rewards.insert(upTo(5000));
    quests_.push_back(quest);
    return quest;
  }
  Monster *spawn(int level);

  std::map<uint64_t, std::shared_ptr<Entity>> entities_;
  std::vector<Npc *> npcs_;
  std::unordered_map<uint64_t, Monster *> monsters_;
  std::map<std::pair<int, int>, std::unique_ptr<Chunk>> chunks_;
  std::deque<Event> events_;
  std::vector<Quest *> quests_;
  std::unordered_map<std::string, std::shared_ptr<Texture>> textures_;
  std::list<std::shared_ptr<Positioned>> decorations_;
  std::vector<Positioned *> zones_;
  std::set<std::string> visited_;
  uint64_t nextId_ = 1;
};

void Brain::tick(double) {
  if (upTo(8) == 0) path.push_back({{1, 2, float(upTo(50))}, uint32_t(upTo(9999)), 1.5f});
  if (path.size() > 30) path.erase(path.begin(), path.begin() + 20);
  if (upTo(30) == 0) threat[target] += 1;
}

Monster *World::spawn(int level) {
  auto monster = sharedFromNew(tracked(new Monster(nextId_++, level)));
  monster->add<Health>(10 * level);
  Brain *brain = monster->add<Brain>();
  if (!npcs_.empty()) brain->target = npcs_[upTo(npcs_.size())];
  if (upTo(3) == 0) monster->add<Sprite>()->texture = texture(upTo(40));
  for (int i = upTo(3); i > 0; i--) monster->take(item());
  entities_[monster->id()] = monster;
  monsters_[monster->id()] = monster.get();
  return monster.get();
}

void World::populate() {
  for (int i = 0; i < 24; i++) {
    auto chunk = owned<Chunk>();
    chunk->cx = i % 6;
    chunk->cy = i / 6;
    chunk->cells.resize(8);
    for (auto &row : chunk->cells) {
      row.resize(8 + upTo(4));
      for (auto &cell : row) {
        cell.terrain = upTo(6);
        for (int n = upTo(3); n > 0; n--) cell.visitors.push_back(upTo(1000));
      }
    }
    for (int n = 3 + upTo(5); n > 0; n--) {
      auto torch = std::make_shared<Torch>();
      torch->sound = upTo(2) ? "crackle" : "sounds/ambient/fire/long crackling loop.ogg";
      torch->lights.assign(upTo(6), 0.8f);
      chunk->torches.push_back(torch.get());
      decorations_.push_back(torch);
    }
    chunks_[{chunk->cx, chunk->cy}] = std::move(chunk);
  }
  for (int i = 0; i < 60; i++) {
    auto waterfall = sharedFromNew(tracked(new Waterfall));
    waterfall->drops.resize(4 + upTo(20));
    zones_.push_back(waterfall.get());
    decorations_.push_back(waterfall);
  }
  Quest *last = nullptr;
  for (int i = 0; i < 150; i++) last = quest(upTo(3) ? last : nullptr);
  for (int i = 0; i < 260; i++) {
    std::shared_ptr<Npc> npc;
    if (i % 5 == 0) {
      auto merchant = std::make_shared<Merchant>(nextId_++);
      for (int n = 5 + upTo(10); n > 0; n--) merchant->offer(upTo(5000), upTo(400));
      npc = merchant;
    } else if (i % 13 == 0) {
      auto player = std::make_shared<Player>(nextId_++);
      for (int n = 3 + upTo(6); n > 0; n--) {
        Quest *quest = quests_[upTo(quests_.size())];
        player->quests[quest->title] = quest;
        player->journal[quest->title].push_back("day " + std::to_string(n) + ": found nothing at all, went home late and tired");
        player->achievements.insert("achievement " + std::to_string(upTo(40)));
      }
      for (int n = 0; n < 5; n++) player->take(player->equipped[upTo(12)] = item());
      npc = player;
    } else {
      npc = sharedFromNew(tracked(new Npc(nextId_++)));
    }
    npc->greet("hello");
    npc->greet("good evening, stranger, what brings you here?");
    npc->add<Health>(100);
    auto sprite = npc->add<Sprite>();
    sprite->texture = texture(upTo(40));
    sprite->animate(4 + upTo(12));
    for (int n = upTo(6); n > 0; n--) npc->take(item());
    if (!npcs_.empty()) {
      npc->enemy_ = entities_[npcs_[upTo(npcs_.size())]->id()];
      if (upTo(4) == 0) npc->transform()->parent = npcs_.back()->transform();
    }
    npcs_.push_back(npc.get());
    entities_[npc->id()] = npc;
  }
  for (int i = 0; i < 400; i++) spawn(1 + upTo(9));
}

void World::run(int ticks) {
  std::vector<uint64_t> dead;
  for (int tick = 0; tick < ticks; tick++) {
    for (auto &[id, entity] : entities_)
      if ((id + tick) % 4 == 0) entity->tick(*this, 0.1);
    auto chunk = chunks_.begin();
    std::advance(chunk, upTo(chunks_.size()));
    auto entity = entities_.begin();
    std::advance(entity, upTo(entities_.size()));
    chunk->second->inside.insert(entity->second.get());
    events_.push_back({uint64_t(tick), entity->second, upTo(2) ? "moved" : "went all the way to the other end of the map"});
    if (events_.size() > 800) events_.pop_front();
    visited_.insert("place " + std::to_string(upTo(300)));
    if (tick % 3 == 0 && !monsters_.empty()) {
      auto [id, monster] = *monsters_.begin();
      monsters_.erase(id);
      for (auto &[_, other] : chunks_) other->inside.erase(monster);
      // what it carried is lost, and its items with it
      if (tick % 9 != 0)
        for (Item *item : monster->inventory.slots) delete item;
      entities_.erase(id);
      spawn(1 + upTo(9));
    }
  }
}

} // namespace game

static game::World *world;

int main() {
  world = tracked(new game::World);
  world->populate();
  world->run(1500);
  typelog_ready();
  return int(world->checksum());
}
