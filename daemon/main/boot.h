/* From a configuration to a running service: settings, rules, city, identity key, store. */
#ifndef BOOT_H
#define BOOT_H

#include "config/city/city_load.h"
#include "config/retention.h"
#include "config/settings.h"
#include "config/versions/versions.h"
#include "engine/place/place.h"
#include "engine/rules/rules.h"
#include "store/store.h"
#include <stdint.h>

struct boot {
    struct hx_settings settings;
    struct hx_versions *versions;   /* the files', then the store's too */
    struct hx_city_texts texts;     /* the files of the city's folder */
    struct hx_city *city;           /* of these files, until the versions have it */
    const struct hx_city *in_force; /* the versions'; NULL before boot_open */
    struct hx_store *store;
    struct hx_retention *retention; /* NULL = identities are kept for ever */
    uint8_t *key;                   /* HX_IDENTITY_KEY_SIZE bytes, in guarded memory */
    uint8_t *onsite_key;            /* of on-site codes, when configured; behind `key` */
    uint8_t *previous_key;          /* while the store is opened; behind both */
    const struct hx_problems *tell; /* who is told of each fault of the city; NULL = nobody */
};

/* Reads and checks everything that the configuration names; touches no data. HX_CONFIG, HX_IO or
 * HX_NOMEM with the reason in `problem`. Always pair with boot_free. */
HX_CHECK int boot_load(struct boot *b, const char *config, struct hx_problem *problem);

/* The same for a person who mends a configuration: does not stop at the first file that is wrong.
 * Tells `say` one fault of each, of the city up to fifty, and returns how many there were. */
HX_CHECK int boot_check(struct boot *b, const char *config,
                        void (*say)(const struct hx_problem *problem));

/* Reads the keys, makes those whose files are missing, and opens the store.
 * `data` replaces the store's folder unless NULL. Errors are in `problem`. */
HX_CHECK int boot_open(struct boot *b, const char *data, uint32_t scale,
                       struct hx_problem *problem);

/* Serves until told to stop; see service_run(). `begin` is where a new store on scaled time begins;
 * 0 = now. */
HX_CHECK int boot_run(struct boot *b, uint32_t scale, int64_t begin);

void boot_free(struct boot *b);

#endif
