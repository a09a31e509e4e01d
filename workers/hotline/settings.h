/* The configuration of hongxin-hotline: config/hotline.yaml. Every key may be left out; unknown
 * keys, wrong types and values out of range are refused with file and line. */
#ifndef HOTLINE_SETTINGS_H
#define HOTLINE_SETTINGS_H

#include "base/log.h"
#include "door/link.h"
#include "hotline/calls_settings.h"
#include "hotline/drop_settings.h"
#include "hotline/push.h"
#include "http/limits.h"

struct hotline_settings {
    char listen[128]; /* ["127.0.0.1:54330"] */
    bool proxied;     /* proxied: nginx or HAProxy of ours stands in front [false] */
    struct link_settings daemon;
    char clients[512];    /* clients: who may come in, see clients.h ["../var/hotline.clients"] */
    char mapping[512];    /* mapping: words of work orders ["mappings/12345.yaml"] */
    uint64_t window_ms;   /* signature_window: how old a signed request may be [5min] */
    uint64_t batch_items; /* batch_items: parts of one batch, 1 … 4096 [1000] */
    int utc_offset;       /* utc_offset: in which times are answered, "+08:00" [+08:00] */
    enum hx_log_level log_level;
    struct push_settings push;   /* push: states pushed back to the city's platform, see push.h */
    struct drop_settings drops;  /* drops: folders for tables, see drop.h */
    struct calls_settings calls; /* calls: telephone systems, see calls.h */
    struct http_limits limits;
};

/* HX_CONFIG, HX_IO or HX_NOMEM with the problem. */
HX_CHECK int hotline_settings_load(const char *path, struct hotline_settings *s,
                                   struct hx_problem *problem);

#endif
