/* A table of functions as the first member looks like a vtable. */
#include "case.h"
struct device;
struct ops {
  int (*open)(struct device *);
  int (*close)(struct device *);
  long (*read)(struct device *, char *, long);
};
struct device {
  const struct ops *ops;
  struct device *next;
  char name[16];
  void *private;
};
struct disk {
  const struct ops *ops;
  long sectors;
  double load;
};
static int f(struct device *device) { return device->name[0]; }
static int g(struct device *device) { return device->name[1]; }
static long h(struct device *device, char *bytes, long n) { return n; }
const struct ops disk_ops = {f, g, h}, tty_ops = {g, f, h};
struct device *devices;
CASE {
  for (int i = 0; i < 30; i++) {
    struct device *device = NEW0(struct device);
    device->ops = i % 2 ? &disk_ops : &tty_ops;
    strcpy(device->name, "device");
    if (i % 2) {
      struct disk *disk = device->private = MAYBE(calloc(1, sizeof(struct disk)), struct disk);
      disk->ops = &disk_ops;
      disk->sectors = i;
    }
    device->next = devices;
    devices = device;
  }
}
