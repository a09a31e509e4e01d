/* Registered devices: whose signature makes an event's own time count (R2, proof DEVICE_SIGNED).
 *
 * A CSV file with the columns id, holder (a company, community, street or utility) and public_key:
 * the 64 hexadecimal digits of an Ed25519 key. Unchanged once it is read; any thread. */
#ifndef CONFIG_DEVICES_H
#define CONFIG_DEVICES_H

#include "config/reading/problem.h"
#include "engine/place/place.h"
#include <stdint.h>

enum { HX_DEVICE_KEY_SIZE = 32, HX_DEVICE_ID_MAX = 40 };

struct hx_device {
    char id[HX_DEVICE_ID_MAX];
    char holder[HX_ID_MAX];
    uint8_t key[HX_DEVICE_KEY_SIZE];
};

struct hx_devices;

/* HX_CONFIG: as for any table; an id twice or too long, no holder, a key that is none. HX_IO,
 * HX_NOMEM. */
HX_CHECK int hx_devices_load(const char *path, struct hx_devices **out, struct hx_problem *problem);
void hx_devices_free(struct hx_devices *devices);

/* The i-th by its id; NULL behind the last. */
const struct hx_device *hx_device_at(const struct hx_devices *devices, size_t i);

/* NULL: not registered. */
const struct hx_device *hx_device_find(const struct hx_devices *devices, const char *id);

#endif
