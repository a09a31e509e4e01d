#include "config/access/devices.h"

#include "base/text.h"
#include "config/reading/csv_table.h"
#include <stdlib.h>
#include <string.h>

enum { ID, HOLDER, KEY };

struct hx_devices {
    size_t n;
    struct hx_device list[]; /* by id */
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct hx_device *)a)->id, ((const struct hx_device *)b)->id);
}

static int digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool read_key(const char *text, uint8_t key[HX_DEVICE_KEY_SIZE])
{
    if (strlen(text) != 2 * HX_DEVICE_KEY_SIZE)
        return false;
    for (size_t i = 0; i < HX_DEVICE_KEY_SIZE; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static int read_row(const struct hx_csv_table *t, const struct hx_csv_row *row, struct hx_device *d,
                    struct hx_problem *problem)
{
    const char *const *v = row->values;
    const char *what = NULL;
    if (!v[ID][0] || strlen(v[ID]) >= sizeof d->id)
        what = "id must have 1 to 39 bytes";
    else if (!v[HOLDER][0] || strlen(v[HOLDER]) >= sizeof d->holder)
        what = "holder must have 1 to 23 bytes";
    else if (!read_key(v[KEY], d->key))
        what = "public_key must be 64 hexadecimal digits";
    if (what) {
        hx_problem_set(problem, "%s:%zu: %s", t->path, row->line, what);
        return HX_CONFIG;
    }
    hx_text_put(d->id, sizeof d->id, v[ID]);
    hx_text_put(d->holder, sizeof d->holder, v[HOLDER]);
    return HX_OK;
}

static int read_rows(const struct hx_csv_table *t, struct hx_devices *devices,
                     struct hx_problem *problem)
{
    for (size_t i = 0; i < t->count; i++) {
        int rc = read_row(t, &t->rows[i], &devices->list[devices->n++], problem);
        if (rc)
            return rc;
    }
    qsort(devices->list, devices->n, sizeof *devices->list, by_id);
    for (size_t i = 1; i < devices->n; i++)
        if (by_id(&devices->list[i - 1], &devices->list[i]) == 0) {
            hx_problem_set(problem, "%s: device %s stands here twice", t->path,
                           devices->list[i].id);
            return HX_CONFIG;
        }
    return HX_OK;
}

int hx_devices_load(const char *path, struct hx_devices **out, struct hx_problem *problem)
{
    static const struct hx_csv_column columns[] = {
        {"id", false}, {"holder", false}, {"public_key", false}, {NULL, false}};
    struct hx_csv_table t = {0};
    *out = NULL;
    int rc = hx_csv_read(path, columns, &t, problem);
    if (rc)
        return rc;
    struct hx_devices *devices = calloc(1, sizeof *devices + (t.count + 1) * sizeof *devices->list);
    rc = devices ? read_rows(&t, devices, problem) : HX_NOMEM;
    hx_csv_free(&t);
    if (rc)
        hx_devices_free(devices);
    else
        *out = devices;
    return rc;
}

void hx_devices_free(struct hx_devices *devices)
{
    free(devices);
}

const struct hx_device *hx_device_at(const struct hx_devices *devices, size_t i)
{
    return devices && i < devices->n ? &devices->list[i] : NULL;
}

const struct hx_device *hx_device_find(const struct hx_devices *devices, const char *id)
{
    struct hx_device key = {0};
    if (!devices || strlen(id) >= sizeof key.id)
        return NULL;
    memcpy(key.id, id, strlen(id) + 1);
    return bsearch(&key, devices->list, devices->n, sizeof *devices->list, by_id);
}
