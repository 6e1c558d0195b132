// A heap of many small blocks, as a long-running server has: five threads with arenas of their own, classes, nodes
// of containers, strings, holes of freed blocks, some large mappings. Prints READY and sleeps; take a core with gcore.
// usage: heap MILLIONS_OF_BLOCKS
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

struct Component {
  virtual ~Component() {}
  Component* next = nullptr;
};
struct Position : Component {
  float at[3] = {1, 2, 3};
};
struct Inventory : Component {
  std::map<int, std::string> items;
};
struct Entity {
  virtual ~Entity() {}
  uint64_t id = 0;
  Component* components = nullptr;
  Entity* friends[4] = {};
  std::string name;
};
struct Message {
  Message* next;
  uint32_t length;
  char text[52];
};
struct World {
  std::vector<Entity*> entities;
  std::vector<void*> buffers;
  Message* log = nullptr;
};
World worlds[5];

// about 16 blocks a round
void grow(World& world, uint64_t rounds, uint64_t seed) {
  auto random = [&seed] { return seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17; };
  for (uint64_t i = 0; i < rounds; i++) {
    auto* entity = new Entity;
    entity->id = i;
    entity->name = "an entity with a long name " + std::to_string(i);
    auto* inventory = new Inventory;
    for (int k = 0; k < 4; k++) inventory->items[k] = "item of some description";
    inventory->next = new Position;
    entity->components = inventory;
    if (!world.entities.empty()) entity->friends[0] = world.entities[random() % world.entities.size()];
    world.entities.push_back(entity);
    for (int k = 0; k < 3; k++) {
      auto* message = static_cast<Message*>(malloc(sizeof(Message)));
      message->next = world.log;
      message->length = 20;
      strcpy(message->text, "hello to everybody");
      world.log = message;
    }
    size_t size = 16 + random() % 600;
    void* kept = memset(malloc(size), 0x41, size);
    world.buffers.push_back(kept);
    void* dropped = memset(malloc(16 + random() % 900), 0x42, 16);
    if (i % 8 == 0) world.buffers.push_back(malloc(24));
    free(dropped);
  }
  for (size_t i = 0; i < world.buffers.size(); i += 16) free(world.buffers[i]);
}

int main(int argc, char** argv) {
  uint64_t rounds = static_cast<uint64_t>(1e6 * atof(argc > 1 ? argv[1] : "1") / 16 / 5);
  for (int i = 0; i < 20; i++) memset(malloc(200000 + i * 40960), 0x43, 4096);
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (int t = 1; t < 5; t++) threads.emplace_back([=, &ready] {
    grow(worlds[t], rounds, 1234567 + t);
    ready++;
    for (;;) pause();
  });
  grow(worlds[0], rounds, 1234567);
  while (ready < 4) usleep(1000);
  printf("READY\n");
  fflush(stdout);
  for (;;) pause();
}
