/* What the configuration says about folders for tables. */
#ifndef HOTLINE_DROP_SETTINGS_H
#define HOTLINE_DROP_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

enum { DROPS_MAX = 8 };

struct drop_settings {
    size_t n;
    struct drop_folder {
        char folder[512];  /* folder: looked into for *.csv; done/ and rejects/ are made below it */
        char mapping[512]; /* mapping: of its columns ["mappings/12345.yaml"] */
        char source[64];   /* source: under which its events are published */
        uint64_t interval_ms; /* interval: how often it is looked into [5s] */
        uint64_t settle_ms;   /* settle: a file that changed since is still being written [2s] */
    } all[DROPS_MAX];
};

#endif
