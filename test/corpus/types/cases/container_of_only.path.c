/* An intrusive list whose head and links are all that lead to the objects; nothing else has its size. */
#include "case.h"
struct list_head {
  struct list_head *next, *prev;
};
struct page {
  unsigned long flags;
  struct list_head lru;
  char text[72];
};
struct zone {
  long free;
  struct list_head lru;
  int number;
};
struct zone *zone;
CASE {
  zone = NEW0(struct zone);
  zone->lru.next = zone->lru.prev = &zone->lru;
  for (int i = 0; i < 30; i++) {
    struct page *page = NEW0(struct page);
    page->flags = 0x100 + i;
    page->lru.next = zone->lru.next;
    page->lru.prev = &zone->lru;
    zone->lru.next->prev = &page->lru;
    zone->lru.next = &page->lru;
  }
}
