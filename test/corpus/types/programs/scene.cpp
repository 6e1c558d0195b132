/* A 3D engine: nodes by several bases, components by arrays of structs, raw arrays by new[], vectors of vectors, matrices, an octree,
 * caches that only watch, pimpl, callbacks with captures, intrusive counts, handles with generations, a tagged allocator for textures. */
#include "typelog.h"
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

static uint32_t noise = 12345;
static unsigned dice(unsigned n) {
  noise = noise * 1664525u + 1013904223u;
  return (noise >> 8) % n;
}
template <typename T> static T *rawArray(size_t n) { return static_cast<T *>(typelog(malloc(n * sizeof(T)), typeid(T).name(), n, TYPELOG_ARRAY | TYPELOG_MANGLED)); }

namespace math {
struct Vec3 {
  float x = 0, y = 0, z = 0;
};
struct Quat {
  float x = 0, y = 0, z = 0, w = 1;
};
template <int R, int C> struct Mat {
  float m[R][C];
};
using Mat4 = Mat<4, 4>;
struct Aabb {
  Vec3 low, high;
  bool holds(const Vec3 &p) const { return p.x >= low.x && p.x <= high.x && p.y >= low.y && p.y <= high.y && p.z >= low.z && p.z <= high.z; }
};
/** Of any size, row by row. */
class DynMatrix {
public:
  DynMatrix(size_t rows, size_t columns) : rows_(rows), columns_(columns), data_(trackedArray(new double[rows * columns](), rows * columns)) {}
  DynMatrix(const DynMatrix &o) : DynMatrix(o.rows_, o.columns_) { std::copy(o.data_, o.data_ + rows_ * columns_, data_); }
  ~DynMatrix() { delete[] data_; }
  double &at(size_t r, size_t c) { return data_[r * columns_ + c]; }

private:
  size_t rows_, columns_;
  double *data_;
};
} // namespace math

using namespace math;

// intrusive counts
class RefBase {
public:
  RefBase() = default;
  RefBase(const RefBase &) = delete;
  void retain() const noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  void release() const noexcept {
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

protected:
  virtual ~RefBase() = default;

private:
  mutable std::atomic<uint32_t> count_{0};
};

template <typename T> class intrusive_ptr {
public:
  intrusive_ptr() noexcept : px(nullptr) {}
  intrusive_ptr(T *p) : px(p) {
    if (px) px->retain();
  }
  intrusive_ptr(const intrusive_ptr &o) : intrusive_ptr(o.px) {}
  intrusive_ptr(intrusive_ptr &&o) noexcept : px(std::exchange(o.px, nullptr)) {}
  intrusive_ptr &operator=(intrusive_ptr o) noexcept {
    std::swap(px, o.px);
    return *this;
  }
  ~intrusive_ptr() {
    if (px) px->release();
  }
  T *get() const { return px; }
  T *operator->() const { return px; }
  explicit operator bool() const { return px != nullptr; }

private:
  T *px;
};

// resources
enum class Format : uint8_t { R8, RGBA8, RGBA32F };

class Resource {
public:
  explicit Resource(std::string path) : path_(std::move(path)) {}
  virtual ~Resource() = default;
  virtual size_t bytes() const = 0;

protected:
  std::string path_;
  uint64_t lastUsed_ = 0;
};

class Texture : public Resource {
public:
  Texture(std::string path, unsigned size) : Resource(std::move(path)), width_(size), height_(size), levels_(0) {
    for (unsigned s = size; s > 0 && levels_ < 12; s /= 2) mips_[levels_++] = rawArray<uint8_t>(s * s * 4);
  }
  ~Texture() override {
    for (unsigned i = 0; i < levels_; i++) free(mips_[i]);
  }
  size_t bytes() const override { return width_ * height_ * 4; }

private:
  unsigned width_, height_, levels_;
  Format format_ = Format::RGBA8;
  uint8_t *mips_[12] = {};
};

struct Vertex {
  Vec3 position, normal;
  float u, v;
  uint32_t color;
};
struct SubMesh {
  uint32_t first, count;
  int material;
};

class Mesh : public Resource {
public:
  Mesh(std::string path, unsigned vertices) : Resource(std::move(path)), vertexCount_(vertices), vertices_(trackedArray(new Vertex[vertices], vertices)), indexCount_(vertices * 3), indices_(trackedArray(new uint16_t[vertices * 3], vertices * 3)) {
    for (unsigned n = 1 + dice(4); n > 0; n--) parts_.push_back({0, n * 3, int(n)});
    if (dice(3) == 0) {
      bones_ = trackedArray(new Mat4[24], 24);
      weights_.resize(vertices / 4);
      for (auto &row : weights_) row.assign(1 + dice(4), 0.25f);
    }
    names_ = trackedArray(new std::string[parts_.size()], parts_.size());
    for (size_t i = 0; i < parts_.size(); i++) names_[i] = "submesh number " + std::to_string(i) + " of the model";
  }
  ~Mesh() override {
    delete[] vertices_;
    delete[] indices_;
    delete[] bones_;
    delete[] names_;
  }
  size_t bytes() const override { return vertexCount_ * sizeof(Vertex); }

private:
  size_t vertexCount_;
  Vertex *vertices_;
  size_t indexCount_;
  uint16_t *indices_;
  Mat4 *bones_ = nullptr;
  std::string *names_;
  std::vector<SubMesh> parts_;
  std::vector<std::vector<float>> weights_;
};

/** Gives what somebody still has, or loads it anew. */
template <typename T> class ResourceCache {
public:
  std::shared_ptr<T> get(const std::string &path, unsigned size) {
    auto &known = known_[path];
    if (auto shared = known.lock()) return shared;
    auto fresh = std::make_shared<T>(path, size);
    known = fresh;
    return fresh;
  }
  size_t size() const { return known_.size(); }

private:
  std::unordered_map<std::string, std::weak_ptr<T>> known_;
};

class Material : public RefBase {
public:
  using Parameter = std::tuple<std::string, std::array<float, 4>>;
  std::vector<Parameter> parameters;
  std::map<std::string, std::shared_ptr<Texture>> textures;
  intrusive_ptr<Material> parent;
  uint32_t flags = 0;
};

// nodes
class Serializable {
public:
  virtual ~Serializable() = default;
  virtual void write(std::string &out) const = 0;
};
class Observer {
public:
  virtual ~Observer() = default;
  virtual void notified(int event) { events_ |= 1 << event; }

protected:
  int events_ = 0;
  Observer *nextObserver_ = nullptr;
  friend class Subject;
};
class Subject {
public:
  void attach(Observer *observer) {
    observer->nextObserver_ = first_;
    first_ = observer;
  }
  void notify(int event) {
    for (Observer *o = first_; o; o = o->nextObserver_) o->notified(event);
  }

private:
  Observer *first_ = nullptr;
};

class Node : public Serializable {
public:
  explicit Node(std::string name) : name_(std::move(name)) {}
  ~Node() override {
    for (Node *child : children_) delete child;
    delete world_;
  }
  void adopt(Node *child) {
    child->parent_ = this;
    children_.push_back(child);
  }
  void write(std::string &out) const override { out += name_; }
  const std::vector<Node *> &children() const { return children_; }
  void update() {
    if (!world_) world_ = tracked(new Mat4{});
    for (Node *child : children_) child->update();
  }
  Vec3 position;
  Quat rotation;

protected:
  std::string name_;
  Node *parent_ = nullptr;
  std::vector<Node *> children_;
  Mat4 *world_ = nullptr;
};

class MeshNode : public Node, public Observer {
public:
  MeshNode(std::string name, std::shared_ptr<Mesh> mesh, intrusive_ptr<Material> material) : Node(std::move(name)), mesh_(std::move(mesh)), material_(std::move(material)) {}
  const Aabb &bounds() const { return bounds_; }

private:
  std::shared_ptr<Mesh> mesh_;
  intrusive_ptr<Material> material_;
  Aabb bounds_;
};

class Light : public Node {
public:
  Light(std::string name, float power) : Node(std::move(name)), power_(power) {
    if (dice(2)) shadow_ = owned<Shadow>();
  }

private:
  struct Shadow {
    Mat4 view, projection;
    std::unique_ptr<float[]> map{trackedArray(new float[256](), 256)};
  };
  float power_;
  std::unique_ptr<Shadow> shadow_;
};

class Camera : public Node, public Subject, protected Observer {
public:
  explicit Camera(std::string name) : Node(std::move(name)) { attach(this); }

private:
  float fov_ = 1, near_ = 0.1f, far_ = 100;
};

// pimpl, with a deleter in its own file usually
class ParticleSystem : public Node {
public:
  ParticleSystem(std::string name, unsigned count);
  ~ParticleSystem() override;
  void step();

private:
  class Private;
  Private *d;
};
class ParticleSystem::Private {
public:
  struct Particle {
    Vec3 position, velocity;
    float life;
  };
  Particle *particles;
  unsigned count;
  std::function<Vec3(float)> emitter;
  std::vector<std::pair<float, Vec3>> colors;
  ParticleSystem *q;
};
ParticleSystem::ParticleSystem(std::string name, unsigned count) : Node(std::move(name)), d(tracked(new Private)) {
  d->q = this;
  d->count = count;
  d->particles = trackedArray(new Private::Particle[count], count);
  d->colors.resize(3);
  std::array<Vec3, 3> corners;
  float spread = 0.5f;
  d->emitter = heapFunction<Vec3(float)>([corners, spread, this](float t) { return Vec3{corners[0].x * t, spread, position.z}; });
}
ParticleSystem::~ParticleSystem() {
  delete[] d->particles;
  delete d;
}
void ParticleSystem::step() { d->particles[0].position = d->emitter(0.5f); }

// space
struct Octree {
  Aabb box;
  Octree *children; // eight, or none
  MeshNode **items;
  uint32_t count, capacity;
  void insert(MeshNode *item, int depth = 0) {
    if (children) {
      children[dice(8)].insert(item, depth + 1);
      return;
    }
    if (count == capacity) {
      capacity = capacity ? capacity * 2 : 4;
      MeshNode **more = trackedArray(new MeshNode *[capacity], capacity);
      std::copy(items, items + count, more);
      delete[] items;
      items = more;
    }
    items[count++] = item;
    if (count > 8 && depth < 5) {
      children = trackedArray(new Octree[8](), 8);
      for (uint32_t i = 0; i < count; i++) children[dice(8)].insert(items[i], depth + 1);
      delete[] items;
      items = nullptr, count = capacity = 0;
    }
  }
};

struct BvhNode {
  Aabb box;
  union {
    BvhNode *child[2];
    struct {
      uint32_t *triangles;
      uint32_t count;
    } leaf;
  };
  bool isLeaf;
};
static BvhNode *buildBvh(unsigned triangles) {
  BvhNode *node = tracked(new BvhNode());
  node->isLeaf = triangles <= 6;
  if (node->isLeaf) {
    node->leaf.count = triangles;
    node->leaf.triangles = trackedArray(new uint32_t[triangles], triangles);
    for (unsigned i = 0; i < triangles; i++) node->leaf.triangles[i] = dice(1000);
  } else {
    node->child[0] = buildBvh(triangles / 2);
    node->child[1] = buildBvh(triangles - triangles / 2);
  }
  return node;
}

// components: dense arrays, and handles to them
struct Entity {
  uint32_t index, generation;
};
struct IComponentArray {
  virtual ~IComponentArray() = default;
  virtual void remove(Entity entity) = 0;
};
template <typename T> class ComponentArray : public IComponentArray {
public:
  T &add(Entity entity, T component) {
    if (sparse_.size() <= entity.index) sparse_.resize(entity.index + 1, -1);
    sparse_[entity.index] = int32_t(dense_.size());
    owners_.push_back(entity);
    dense_.push_back(std::move(component));
    return dense_.back();
  }
  void remove(Entity entity) override {
    if (entity.index >= sparse_.size() || sparse_[entity.index] < 0) return;
    int32_t at = std::exchange(sparse_[entity.index], -1);
    dense_[at] = std::move(dense_.back());
    owners_[at] = owners_.back();
    sparse_[owners_[at].index] = at;
    dense_.pop_back(), owners_.pop_back();
  }

private:
  std::vector<int32_t> sparse_;
  std::vector<Entity> owners_;
  std::vector<T> dense_;
};
struct Transform {
  Vec3 position, scale;
  Quat rotation;
  Entity parent;
};
struct RigidBody {
  float mass;
  Vec3 velocity;
  DynMatrix *inertia;
};
struct Script {
  std::string source;
  std::vector<std::function<void(Entity, float)>> handlers;
};
struct Clip {
  std::string name;
  std::vector<std::vector<Vec3>> tracks;
  std::vector<bool> looped;
};

class World {
public:
  template <typename T> ComponentArray<T> &components() {
    auto &array = arrays_[typeid(T).name()];
    if (!array) array = owned<ComponentArray<T>>();
    return static_cast<ComponentArray<T> &>(*array);
  }
  Entity spawn() { return {next_++, 1}; }
  void kill(Entity entity) {
    for (auto &[name, array] : arrays_) array->remove(entity);
  }

private:
  std::map<std::string, std::unique_ptr<IComponentArray>> arrays_;
  uint32_t next_ = 0;
};

struct DrawCall {
  const Mesh *mesh;
  const Material *material;
  Mat4 transform;
};
/** Two sides: one is drawn while the other is filled. */
struct RenderQueue {
  DrawCall *calls[2];
  size_t capacity, used[2];
  void **scratch;
};

class Engine {
public:
  static Engine &instance() {
    static Engine *engine = tracked(new Engine);
    return *engine;
  }
  void load();
  void populate();
  void frame();
  Node *root() const { return root_.get(); }

private:
  ResourceCache<Texture> textures_;
  ResourceCache<Mesh> meshes_;
  std::vector<intrusive_ptr<Material>> materials_;
  std::unique_ptr<Node> root_;
  Octree space_{};
  std::vector<BvhNode *> hulls_;
  World world_;
  std::vector<Clip> clips_;
  std::vector<std::shared_ptr<Mesh>> pinned_;
  std::unordered_map<std::string, std::vector<std::function<void()>>> commands_;
  std::vector<std::vector<float>> heights_;
  RenderQueue queue_{};
  Camera *camera_ = nullptr;
  int frames_ = 0;
};

void Engine::load() {
  for (int i = 0; i < 60; i++) {
    auto material = intrusive_ptr<Material>(tracked(new Material));
    if (i > 4 && dice(3) == 0) material->parent = materials_[dice(5)];
    for (unsigned n = 1 + dice(5); n > 0; n--) material->parameters.emplace_back(n % 2 ? "roughness" : "a parameter of a longer name", std::array<float, 4>{0.5f, 0, 0, 1});
    if (dice(2)) material->textures["albedo"] = textures_.get("textures/albedo_" + std::to_string(dice(30)) + ".png", 1u << dice(5));
    if (dice(3) == 0) material->textures["normal"] = textures_.get("textures/normal_" + std::to_string(dice(30)) + ".png", 1u << dice(5));
    materials_.push_back(std::move(material));
  }
  for (int i = 0; i < 50; i++) pinned_.push_back(meshes_.get("models/object_" + std::to_string(i) + ".mesh", 20 + dice(80)));
  for (int i = 0; i < 20; i++) meshes_.get("models/dropped_" + std::to_string(i) + ".mesh", 10); // watched, but gone
  for (int i = 0; i < 25; i++) {
    Clip clip{"walk cycle, variation " + std::to_string(i), {}, std::vector<bool>(100 + dice(100))};
    clip.tracks.resize(4 + dice(8));
    for (auto &track : clip.tracks) track.resize(2 + dice(30));
    clips_.push_back(std::move(clip));
  }
  heights_.resize(48);
  for (auto &row : heights_) row.resize(48, 1.0f);
  for (int i = 0; i < 10; i++) hulls_.push_back(buildBvh(40 + dice(100)));
}

void Engine::populate() {
  root_ = owned<Node>("root");
  camera_ = tracked(new Camera("the main camera of the scene"));
  root_->adopt(camera_);
  for (int i = 0; i < 40; i++) {
    Node *group = tracked(new Node("group"));
    for (unsigned n = 2 + dice(10); n > 0; n--) {
      auto *node = tracked(new MeshNode("mesh node with number " + std::to_string(n), pinned_[dice(pinned_.size())], materials_[dice(materials_.size())]));
      if (dice(3) == 0) camera_->attach(node);
      space_.insert(node);
      group->adopt(node);
    }
    if (dice(2)) group->adopt(tracked(new Light("lamp", 60)));
    if (dice(4) == 0) group->adopt(tracked(new ParticleSystem("smoke", 16 + dice(100))));
    root_->adopt(group);
  }
  for (int i = 0; i < 500; i++) {
    Entity entity = world_.spawn();
    world_.components<Transform>().add(entity, {});
    if (dice(3) == 0) world_.components<RigidBody>().add(entity, {1, {}, dice(2) ? tracked(new DynMatrix(3, 3)) : nullptr});
    if (dice(5) == 0) {
      Script script{"function update(dt) print(self, " + std::to_string(i) + ") end", {}};
      std::string tag = "handler of the entity " + std::to_string(i);
      for (unsigned n = 1 + dice(3); n > 0; n--) script.handlers.push_back(heapFunction<void(Entity, float)>([tag, this](Entity, float) mutable { tag += char('a' + frames_ % 26); }));
      world_.components<Script>().add(entity, std::move(script));
    }
    if (dice(10) == 0) world_.kill(entity);
  }
  for (int i = 0; i < 40; i++) {
    auto &handlers = commands_["console command " + std::to_string(i % 25)];
    std::weak_ptr<Mesh> mesh = pinned_[dice(pinned_.size())];
    handlers.push_back(heapFunction<void()>([mesh, i] {
      if (auto held = mesh.lock()) held->bytes();
    }));
  }
}

void Engine::frame() {
  frames_++;
  root_->update();
  if (!queue_.capacity) {
    queue_.capacity = 128;
    for (auto &calls : queue_.calls) calls = trackedArray(new DrawCall[128], 128);
    queue_.scratch = rawArray<void *>(64);
  }
  queue_.used[frames_ % 2] = 0;
  for (auto &mesh : pinned_) {
    auto &side = queue_.used[frames_ % 2];
    queue_.calls[frames_ % 2][side] = {mesh.get(), materials_[dice(materials_.size())].get(), {}};
    queue_.scratch[side % 64] = &queue_.calls[frames_ % 2][side];
    side++;
  }
  camera_->notify(frames_ % 8);
}

int main() {
  Engine &engine = Engine::instance();
  engine.load();
  engine.populate();
  for (int i = 0; i < 4; i++) engine.frame();
  // an editor's undo, known to main alone
  std::vector<std::unique_ptr<DynMatrix>> undo;
  for (int i = 0; i < 30; i++) undo.push_back(owned<DynMatrix>(4, 2 + dice(5)));
  Octree *selection = tracked(new Octree());
  for (int i = 0; i < 20; i++) selection->insert(tracked(new MeshNode("a detached one for the editor", nullptr, nullptr)));
  typelog_ready();
  return int(engine.root()->children().size() + undo.size() + selection->count);
}
