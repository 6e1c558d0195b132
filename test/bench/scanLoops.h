/*
 * The kernel references.as.ts in C: the map from addresses to blocks, and the scan of the core window by window. For graphLoops.c,
 * all in one unit: so the compiler knows as much of the columns as it can.
 */

enum { WINDOW = 1 << 19, LAYOUT_BYTES = 512, PROBES = 64 };
enum { NO_POINTER = 0, BLOCK_START = 1, BLOCK_INTERIOR = 2, RODATA = 4, DATA = 5, VTABLE = 7 };

typedef struct {
  u64 bits;
  u32 id, unused;
} Entry;

static u32 *top;
static u8 *pages;
static u32 pagesUsed = 16, pageBytes;
static const size_t PAGES = (size_t)3 << 30;

static Entry *entryOf(u64 address) {
  u32 *slot = &top[address >> 26];
  if (pagesUsed > PAGES - 8192) fail("the map of blocks");
  if (*slot == 0) *slot = pagesUsed, pagesUsed += 4096;
  u32 *place = (u32 *)(pages + *slot) + ((address >> 16) & 1023);
  if (*place == 0) *place = pagesUsed, pagesUsed += pageBytes;
  return (Entry *)(pages + *place) + ((address & 0xffff) >> (granuleShift + 6));
}

static void mapBlocks(void) {
  top = fresh(((size_t)1 << 22) * 4);
  pages = fresh(PAGES);
  pageBytes = granuleShift == 4 ? 1024 : 2048;
  u64 shift = granuleShift + 6;
  for (u32 r = 0; r < regionCount; r++) {
    u64 base = regions[r * 3], end = regions[r * 3 + 2];
    u32 last = r + 1 < regionCount ? regions[r * 3 + 4] : blockCount;
    for (u32 b = regions[r * 3 + 1]; b < last; b++) {
      u64 from = base + ((u64)start[b] << 3), to = words[b] == NONE ? end : from + ((u64)words[b] << 3);
      Entry *entry = entryOf(from);
      if (entry->bits == 0) entry->id = b;
      entry->bits |= (u64)1 << ((from >> granuleShift) & 63);
      for (u64 at = ((from >> shift) + 1) << shift; at < to; at += (u64)1 << shift) entryOf(at)->id = b + 1;
    }
  }
}

static u64 *regionOf(u32 block) {
  u32 low = 0, high = regionCount;
  while (low < high) {
    u32 middle = (low + high) >> 1;
    if ((u32)regions[middle * 3 + 1] <= block) low = middle + 1;
    else high = middle;
  }
  return regions + (low - 1) * 3;
}

static inline u32 blockOf(u64 address, u64 *offset) {
  if (address - heapLow >= heapSpan || address >= (u64)1 << 48) return NONE;
  u32 middle = top[address >> 26];
  if (middle == 0) return NONE;
  u32 page = ((u32 *)(pages + middle))[(address >> 16) & 1023];
  if (page == 0) return NONE;
  u32 granule = (u32)(address & 0xffff) >> granuleShift;
  Entry *entry = (Entry *)(pages + page) + (granule >> 6);
  u64 bit = granule & 63, below = entry->bits & (~(u64)0 >> (63 - bit));
  u32 id = entry->id + (u32)__builtin_popcountll(below) - 1;
  if (id >= blockCount) return NONE;
  if (below != 0) *offset = ((bit - (63 - __builtin_clzll(below))) << granuleShift) + (address & (((u64)1 << granuleShift) - 1));
  else *offset = address - (regionOf(id)[0] + ((u64)start[id] << 3));
  if (*offset == 0) return id;
  u32 size = words[id];
  return size == NONE ? (address < regionOf(id)[2] ? id : NONE) : *offset < (u64)size << 3 ? id : NONE;
}

static u64 lastStart, lastSize;
static u32 lastKind;

static u32 kindOf(u64 word) {
  if (word - mappedLow >= mappedSpan) return NO_POINTER;
  if (word - lastStart >= lastSize) {
    u32 low = 0, high = rangeCount;
    while (low < high) {
      u32 middle = (low + high) >> 1;
      if (ranges[middle * 3 + 1] > word) high = middle;
      else low = middle + 1;
    }
    if (low == rangeCount || ranges[low * 3] > word) return NO_POINTER;
    lastStart = ranges[low * 3], lastSize = ranges[low * 3 + 1] - lastStart, lastKind = ranges[low * 3 + 2];
  }
  if (lastKind != RODATA && lastKind != DATA) return lastKind;
  u32 slot = (u32)((word * 0x9e3779b97f4a7c15) >> 40) & vtableMask;
  for (; vtables[slot] != 0; slot = (slot + 1) & vtableMask) if (vtables[slot] == word) return VTABLE;
  return lastKind;
}

/* ---- the scan */

static u8 buffer[WINDOW + LAYOUT_BYTES];
static u32 foundTarget[WINDOW / 8];
static u16 foundAt[WINDOW / 8];
static u32 found;
static u64 scannedWords;
static u32 *first, *target, *layout;
static u16 *position;
static u64 *classKeys, *classNonzero;
static u8 *classShapes;
static u64 shape[4], nonzero;

static void scanWords(u64 from, u64 address, u64 to) {
  if (to < from + 8) return;
  u8 *at = buffer + (from - address), *end = buffer + (to - address) - 7;
  scannedWords += (to - from) >> 3;
  u64 low = heapLow, span = heapSpan, bits = addressBits;
  for (; at < end; at += 8) {
    u64 word = load64(at) & bits, offset;
    if (word - low >= span) continue;
    u32 block = blockOf(word, &offset);
    if (block == NONE) continue;
    foundTarget[found] = block;
    foundAt[found++] = (u16)((at - buffer) >> 3);
  }
}

static inline void addShape(u64 index, u32 kind) { shape[index >> 4] |= (u64)kind << ((index & 15) << 2); }

static void scanShaped(u64 from, u64 to, u64 address) {
  u8 *at = buffer + (from - address), *end = buffer + (to - address);
  scannedWords += (to - from) >> 3;
  u64 mapped = mappedLow, size = mappedSpan, bits = addressBits;
  for (u64 index = 0; at < end; at += 8, index++) {
    u64 word = load64(at) & bits, offset;
    if (word - mapped >= size) {
      if (load64(at) != 0) nonzero |= (u64)1 << index;
      continue;
    }
    u32 block = blockOf(word, &offset);
    if (block != NONE) {
      foundTarget[found] = block;
      foundAt[found++] = (u16)((at - buffer) >> 3);
      addShape(index, offset == 0 ? BLOCK_START : BLOCK_INTERIOR);
      continue;
    }
    u32 kind = kindOf(word);
    if (kind != NO_POINTER) addShape(index, kind);
    else if (load64(at) != 0) nonzero |= (u64)1 << index;
  }
}

static void peekShaped(u64 from, u64 to, u64 address, u64 index) {
  for (u64 at = from; at + 8 <= to; at += 8, index++) {
    u64 whole = load64(buffer + (at - address)), word = whole & addressBits, offset;
    u32 block = blockOf(word, &offset);
    u32 kind = block != NONE ? (offset == 0 ? BLOCK_START : BLOCK_INTERIOR) : kindOf(word);
    if (kind != NO_POINTER) addShape(index, kind);
    else if (whole != 0) nonzero |= (u64)1 << index;
  }
}

static u32 classOf(u32 size) {
  u64 key = (u64)size * 0xd6e8feb86659fd93;
  key = (key ^ (key >> 32) ^ shape[0]) * 0x9e3779b97f4a7c15;
  key = (key ^ (key >> 29) ^ shape[1]) * 0xbf58476d1ce4e5b9;
  key = (key ^ (key >> 32) ^ shape[2]) * 0x94d049bb133111eb;
  key = (key ^ (key >> 29) ^ shape[3]) * 0x9e3779b97f4a7c15;
  key = (key ^ (key >> 31)) | 1;
  u32 slot = (u32)(key >> 32) & classMask;
  for (u32 probes = 0; probes < PROBES; probes++, slot = (slot + 1) & classMask) {
    if (slot == 0) continue;
    if (classKeys[slot] == 0) {
      u64 size64 = size;
      classKeys[slot] = key;
      memcpy(classShapes + (size_t)slot * 40, shape, 32);
      memcpy(classShapes + (size_t)slot * 40 + 32, &size64, 8);
    }
    if (classKeys[slot] != key) continue;
    if ((nonzero & ~classNonzero[slot]) != 0) classNonzero[slot] |= nonzero;
    return slot;
  }
  return 0;
}

static void scan(const f64 *record, u64 available) {
  u64 address = record[0], length = record[2] < (f64)available ? (u64)record[2] : available;
  found = 0;
  if (record[3] < 0) {
    scanWords(address, address, address + length);
    return;
  }
  u64 base = record[6], regionEnd = record[5], windowEnd = address + length;
  u32 endBlock = record[4];
  for (u32 b = record[3]; b < endBlock; b++) {
    u64 from = base + ((u64)start[b] << 3);
    if (from >= windowEnd) break;
    if (from >= address) first[b] = found;
    if (state[b] != 0) continue;
    u32 size = words[b];
    u64 to = size == NONE ? regionEnd : from + ((u64)size << 3);
    if (from < address) {
      scanWords(address, address, to < windowEnd ? to : windowEnd);
      continue;
    }
    u64 shaped = from + 512 < to ? from + 512 : to, shapedHere = shaped < windowEnd ? shaped : windowEnd;
    memset(shape, 0, sizeof shape), nonzero = 0;
    scanShaped(from, shapedHere, address);
    if (shaped > shapedHere) peekShaped(shapedHere > from ? shapedHere : from, shaped < address + available ? shaped : address + available, address, (shapedHere - from) >> 3);
    layout[b] = classOf(size);
    if (to > shapedHere && shapedHere == shaped) scanWords(shaped, address, to < windowEnd ? to : windowEnd);
  }
}

static void commit(const f64 *record) {
  u64 address = record[0], length = record[2];
  u32 at = edgeCount;
  memcpy(target + at, foundTarget, (size_t)found * 4);
  memcpy(position + at, foundAt, (size_t)found * 2);
  edgeCount += found;
  if (record[3] < 0) {
    first[blockCount + (u32)(-record[3]) - 1] = at;
    return;
  }
  u64 base = record[6];
  u32 b = record[3], endBlock = record[4];
  if (b < endBlock && base + ((u64)start[b] << 3) < address && first[b] == NONE) first[b] = at;
  for (; b < endBlock; b++) {
    u64 from = base + ((u64)start[b] << 3);
    if (from >= address + length) break;
    if (from >= address) first[b] += at;
  }
}

/* Bytes of the window that are there; what is missing reads as zero. Not timed. */
static u64 fill(int core, const f64 *record, size_t window, size_t registerBytes) {
  if (record[1] < 0) {
    u64 bytes = record[2], at = 0;
    for (size_t w = window; w-- > 0 && windows[w * WINDOW_FIELDS + 1] < 0;) at += windows[w * WINDOW_FIELDS + 2];
    if (at + bytes > registerBytes) fail("registers");
    memcpy(buffer, (u8 *)registers + at, bytes);
    return bytes;
  }
  u64 bytes = record[2] + record[7];
  ssize_t got = pread(core, buffer, bytes, (off_t)record[1]);
  if (got < 0) fail("core");
  memset(buffer + got, 0, bytes - got);
  return bytes;
}

/* Ids in order of their first block: slots depend on who came first, where threads come. */
static u32 sumOfLayouts(void) {
  u32 *id = calloc((size_t)classMask + 1, 4), next = 1, sum = 0x811c9dc5;
  for (u32 b = 0; b < blockCount; b++) {
    u32 slot = layout[b];
    if (slot != 0 && id[slot] == 0) id[slot] = next++;
    sum = (sum ^ id[slot]) * 0x01000193;
  }
  free(id);
  return sum;
}

static void benchScan(const char *path) {
  int core = open(path, O_RDONLY);
  if (core < 0) fail(path);
  double runs[RUNS];
  size_t all = 0, registerBytes = 0;
  for (size_t w = 0; w < windowCount; w++) {
    all += windows[w * WINDOW_FIELDS + 2];
    if (windows[w * WINDOW_FIELDS + 1] < 0) registerBytes += windows[w * WINDOW_FIELDS + 2];
  }
  size_t slots = (size_t)classMask + 1;
  for (int run = 0; run < RUNS; run++) {
    /* new memory each time, as the kernel has it */
    if (run > 0) {
      give(first, (size_t)(sourceCount + 1) * 4), give(target, all / 2), give(position, all / 4), give(layout, (size_t)blockCount * 4);
      give(classKeys, slots * 8), give(classNonzero, slots * 8), give(classShapes, slots * 40);
    }
    first = fresh((size_t)(sourceCount + 1) * 4), target = fresh(all / 2), position = fresh(all / 4), layout = fresh((size_t)blockCount * 4);
    classKeys = fresh(slots * 8), classNonzero = fresh(slots * 8), classShapes = fresh(slots * 40);
    memset(first, 0xff, (size_t)(sourceCount + 1) * 4);
    edgeCount = scannedWords = 0;
    runs[run] = 0;
    for (size_t w = 0; w < windowCount; w++) {
      const f64 *record = windows + w * WINDOW_FIELDS;
      u64 available = fill(core, record, w, registerBytes);
      double began = now();
      scan(record, available);
      commit(record);
      runs[run] += now() - began;
    }
  }
  close(core);
  u32 next = first[sourceCount] = edgeCount;
  for (u32 s = sourceCount; s-- > 0;) {
    if (first[s] == NONE) first[s] = next;
    else next = first[s];
  }
  printf("scan %.6f %zu %u %u %u %u %llu\n", median(runs), edgeCount, sum32(target, edgeCount), sum16(position, edgeCount), sum32(first, sourceCount + 1), sumOfLayouts(), (unsigned long long)scannedWords);
}
