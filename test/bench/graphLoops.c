/*
 * The loops of the kernels references.as.ts, graph.as.ts and chunkWalk.as.ts in plain C, with the same algorithms and the same
 * shapes of columns: how far WebAssembly is from what the machine does.
 *
 * graphLoops FOLDER CORE: one line for each part: its name, the median of its runs in seconds, and numbers that the kernels'
 * results must have too.
 */
#include "graphInputs.h"
#include "scanLoops.h"

/* ---- what follows from references */

static u32 *firstSource, *source, *via;

static void turnRound(void) {
  for (size_t e = 0; e < edgeCount; e++) {
    u32 t = target[e];
    if (t < blockCount - 1) firstSource[t + 2]++;
  }
  firstSource[1] = 0;
  for (u32 i = 2; i <= blockCount; i++) firstSource[i] += firstSource[i - 1];
  u32 e = 0;
  for (u32 s = 0; s < sourceCount; s++)
    for (u32 stop = first[s + 1]; e < stop; e++) source[firstSource[target[e] + 1]++] = s;
}

static u32 reached;
static u8 *reach;
static u32 *queue;

static inline void visit(u32 block, u32 by, u8 kind) {
  if (via[block] != 0) return;
  via[block] = by + 1;
  reach[block] = kind;
  queue[reached++] = block;
}

static void reachAll(u32 kinds) {
  reached = 0;
  u32 done = 0;
  for (u32 kind = 1; kind <= kinds; kind++) {
    for (u32 r = 0; r < rootCount; r++) {
      if (rootKind[r] != kind) continue;
      for (u32 e = first[blockCount + r]; e < first[blockCount + r + 1]; e++) visit(target[e], blockCount + r, kind);
    }
    for (; done < reached; done++) {
      u32 block = queue[done];
      for (u32 e = first[block], end = first[block + 1]; e < end; e++) visit(target[e], block, kind);
    }
  }
}

static u32 numbered, *number, *vertex, *parent, *cursor;

static void numberFrom(u32 block) {
  if (number[block] != 0) return;
  u32 v = block, n = numbered++;
  number[v] = n, vertex[n] = v, parent[n] = 0, cursor[v] = first[v];
  for (;;) {
    u32 end = first[v + 1], e = cursor[v], next = NONE;
    while (e < end) {
      u32 t = target[e++];
      if (number[t] == 0) {
        next = t;
        break;
      }
    }
    cursor[v] = e;
    if (next != NONE) {
      n = numbered++;
      number[next] = n, vertex[n] = next, parent[n] = number[v], cursor[next] = first[next];
      v = next;
      continue;
    }
    u32 up = parent[number[v]];
    if (up == 0) return;
    v = vertex[up];
  }
}

static u32 *ancestor, *label, *semi;

static inline u32 evaluate(u32 v, u32 last, u32 *stack) {
  u32 depth = 0, u = v;
  while (ancestor[u] > last) {
    stack[depth++] = u;
    u = ancestor[u];
  }
  u32 above = u;
  while (depth > 0) {
    u32 below = stack[--depth];
    if (semi[label[above]] < semi[label[below]]) label[below] = label[above];
    ancestor[below] = ancestor[above];
    above = below;
  }
  return label[v];
}

static void semiDominators(u32 leakedFrom, u32 count) {
  for (u32 i = count; i-- > 1;) {
    u32 w = vertex[i], best = parent[i];
    for (u32 e = firstSource[w], end = firstSource[w + 1]; e < end; e++) {
      u32 s = source[e];
      if (s >= blockCount) {
        best = 0;
        break;
      }
      u32 v = number[s];
      if (v == 0 || (v >= leakedFrom && i < leakedFrom)) continue;
      u32 candidate = v <= i ? v : semi[evaluate(v, i, cursor)];
      if (candidate < best) best = candidate;
    }
    semi[i] = best;
  }
  for (u32 i = 1; i < count; i++) {
    u32 d = parent[i], s = semi[i];
    while (d > s) d = parent[d];
    parent[i] = d;
  }
}

static void addRetained(u32 count, f64 *retained, u32 *dominator, u32 *childFirst, u32 *child) {
  for (u32 i = 1; i < count; i++) {
    u32 block = vertex[i];
    f64 size = 0;
    if (state[block] == 0) {
      if (words[block] != NONE) size = (f64)words[block] * 8;
      else for (size_t l = 0; l < largeCount; l++) if ((u32)large[l * 2] == block) size = large[l * 2 + 1];
    }
    retained[i] = size;
  }
  retained[0] = 0;
  for (u32 i = count - 1; i > 0; i--) retained[parent[i]] += retained[i];
  for (u32 i = 1; i < count; i++) dominator[vertex[i]] = parent[i] == 0 ? 0 : vertex[parent[i]] + 1;
  for (u32 b = 0; b < blockCount; b++) if (dominator[b] < blockCount) childFirst[dominator[b] + 1]++;
  for (u32 i = 1; i < blockCount + 2; i++) childFirst[i] += childFirst[i - 1];
  for (u32 b = 0; b < blockCount; b++) if (dominator[b] != NONE) child[childFirst[dominator[b]]++] = b;
  for (u32 i = blockCount + 1; i > 0; i--) childFirst[i] = childFirst[i - 1];
  childFirst[0] = 0;
}

static void benchGraph(void) {
  size_t n = blockCount, headCount;
  u32 kinds = 0, *heads = input("heads", &headCount, 4);
  for (u32 r = 0; r < rootCount; r++) if (rootKind[r] > kinds) kinds = rootKind[r];
  double turned[RUNS], reachedIn[RUNS], dominated[RUNS], added[RUNS];
  firstSource = malloc((n + 1) * 4), source = malloc(edgeCount * 4), via = malloc(n * 4), reach = malloc(n), queue = malloc((n + 1) * 4);
  number = malloc(n * 4), vertex = malloc((n + 1) * 4), parent = malloc((n + 1) * 4), cursor = malloc((n + 1) * 4);
  ancestor = malloc((n + 1) * 4), label = malloc((n + 1) * 4), semi = malloc((n + 1) * 4);
  u32 *dominator = malloc(n * 4), *childFirst = malloc((n + 2) * 4), *child = malloc(n * 4);
  f64 *retained = malloc((n + 1) * 8);
  u32 count = 0;
  for (int run = 0; run < RUNS; run++) {
    memset(firstSource, 0, (n + 1) * 4), memset(via, 0, n * 4), memset(reach, 0, n), memset(number, 0, n * 4);
    double began = now();
    turnRound();
    turned[run] = now() - began;
    began = now();
    reachAll(kinds);
    reachedIn[run] = now() - began;
    began = now();
    numbered = 1;
    for (u32 r = 0; r < rootCount; r++) for (u32 e = first[n + r]; e < first[n + r + 1]; e++) numberFrom(target[e]);
    u32 leakedFrom = numbered;
    for (size_t h = 0; h < headCount; h++) numberFrom(heads[h]);
    count = numbered;
    memcpy(ancestor, parent, (size_t)count * 4);
    for (u32 i = 0; i < count; i++) label[i] = i;
    ancestor[0] = 0;
    semiDominators(leakedFrom, count);
    dominated[run] = now() - began;
    memset(dominator, 0xff, n * 4), memset(childFirst, 0, (n + 2) * 4);
    began = now();
    addRetained(count, retained, dominator, childFirst, child);
    added[run] = now() - began;
  }
  printf("turn %.6f %u %u\n", median(turned), sum32(firstSource, n + 1), sum32(source, edgeCount));
  printf("reach %.6f %u %u %u\n", median(reachedIn), reached, sum32(via, n), sum8(reach, n));
  printf("dominators %.6f %u %u %u\n", median(dominated), count, sum32(vertex + 1, count - 1), sum32(dominator, n));
  printf("retained %.6f %u %u %u\n", median(added), sum32((u32 *)retained, (size_t)count * 2), sum32(childFirst, n + 2), sum32(child, count - 1));
}

/* ---- the chunk walk, over a region that is whole in memory */

static u32 walk(const u8 *region, u64 end, u64 topAt, u64 forbidden, u64 low, u64 high, u32 *startOut, u32 *wordsOut, u8 *stateOut, u32 *typeOut, u32 capacity) {
  u64 pos = 0, previous = 0;
  u32 count = 0;
  for (;;) {
    if (pos >= end || pos + 32 > end) break;
    const u8 *at = region + pos;
    u64 head = load64(at + 8), used = head & 1, size = head & ~(u64)7;
    if (size < 32 || (size & 15) != 0 || size > end - pos || (pos < topAt && size > topAt - pos) || (head & forbidden) != 0) break;
    if (count > 0) stateOut[count - 1] = used ? 0 : 1;
    if (pos == topAt || (used == 0 && previous != 0 && load64(at) != previous) || count == capacity) break;
    startOut[count] = (u32)((pos + 16) >> 3);
    u64 usable = (size - 8) >> 3;
    wordsOut[count] = usable > NONE ? NONE : (u32)usable;
    stateOut[count] = 0;
    u64 word = load64(at + 16);
    if (word != 0 && word < (u64)1 << 32 && !(word >= low && word < high)) word = load64(at + 24);
    /* the bench's blocks begin with no vtable: what would be looked up is only counted */
    typeOut[count] = word >= low && word < high;
    count++, previous = size, pos += size;
  }
  return count;
}

static void benchWalk(void) {
  size_t size;
  u8 *bytes = input("chunks", &size, 1), *region = malloc(size + 64);
  memcpy(region, bytes, size), memset(region + size, 0, 64);
  u32 capacity = size / 32 + 1, *columns = malloc((size_t)capacity * 12), count = 0;
  u8 *states = malloc(capacity);
  double began = now();
  u64 rounds = 0;
  /* numbers the compiler can't know */
  volatile u64 low = 0x400000, high = 0x500000, forbidden = 6;
  for (; now() - began < 0.5; rounds++) count = walk(region, size, size + 32, forbidden, low, high, columns, columns + capacity, states, columns + 2 * (size_t)capacity, capacity);
  printf("walk %.9f %u %u %u\n", (now() - began) / rounds, count, sum32(columns, count), sum32(columns + capacity, count));
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  folder = argv[1];
  readInputs();
  mapBlocks();
  benchScan(argv[2]);
  benchGraph();
  benchWalk();
  return 0;
}
