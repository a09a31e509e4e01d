/* The configuration of hongxin-kiosk: config/kiosk.yaml, and the texts of the page. */
#ifndef KIOSK_SETTINGS_H
#define KIOSK_SETTINGS_H

#include "base/log.h"
#include "door/link.h"
#include "http/limits.h"
#include "picture/picture.h"
#include <jansson.h>

enum { PICTURES_MAX = 6 };

struct kiosk_settings {
    char listen[128]; /* ["127.0.0.1:54332"] */
    bool proxied;     /* [false] */
    struct link_settings daemon;
    char source[64];        /* under which events are published ["kiosk"] */
    char life_cycle[64];    /* whose categories are offered ["complaint"] */
    char terminals[512];    /* kiosks, devices and who reads pictures; "" = none [""] */
    char evidence[512];     /* evidence.folder, for pictures ["../var/evidence"] */
    unsigned pictures;      /* evidence.pictures: of one report [3]; 0 = none are taken */
    uint64_t picture_bytes; /* evidence.picture_bytes: of each as it is sent [6 MiB] */
    uint64_t picture_ms;    /* evidence.picture_time: to make one anew, 10 ms … 1 min [10 s] */
    struct picture_limits picture;
    char page[512];   /* folder of the page ["../workers/kiosk/page"] */
    char texts[512];  /* what people read ["texts/kiosk.yaml"] */
    uint64_t idle_ms; /* idle: after so long nobody is there any more [60s] */
    int utc_offset;
    enum hx_log_level log_level;
    struct http_limits limits;
};

/* HX_CONFIG with file and line; HX_IO, HX_NOMEM. */
HX_CHECK int kiosk_settings_load(const char *path, struct kiosk_settings *s,
                                 struct hx_problem *problem);

/* The catalogue of texts as {"zh": {key: text …}, "en": {…}}, a new reference. A text that is
 * missing in one language is HX_CONFIG, with its line. */
HX_CHECK int kiosk_texts_load(const char *path, json_t **out, struct hx_problem *problem);

#endif
