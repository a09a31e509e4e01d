/* Load for the crash tests and the benches: events made in advance, sent as finished messages, and
 * answers read without decoding more than is needed, so that what is measured is the daemon.
 *
 * It speaks hongxin/1 by itself, without libhongxin: whatever the library would repair (lost
 * messages, repeated sending) is visible here. One thread. Everything returns HX_OK or an error of
 * hongxin/error.h. */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "engine/place/place.h"
#include "hongxin/error.h"
#include "hongxin/schema.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- the city: where complaints lie and who must come ---------------------------------------- */

struct load_place {
    const char *building;
    const char
        *holder;      /* by the default route: "P-07", or the community where there is no company */
    const char *role; /* how that holder signs: "holder" or "community" */
};

struct load_city {
    struct hx_city *city; /* owned */
    struct load_place *places;
    size_t n;
};

/* HX_CONFIG, HX_IO, HX_NOMEM; the reason goes to stderr. */
HX_CHECK int load_city_open(struct load_city *c, const char *folder);
void load_city_close(struct load_city *c);

/* ---- messages -------------------------------------------------------------------------------- */

/* A finished second frame of a message, with the events it holds. */
struct load_letter {
    uint8_t *bytes;
    size_t size;
    size_t items;
    uint64_t request;
};

/* A Publish in the making. Kept over letters; all zero is empty. */
struct load_post {
    Hongxin__V1__Item *items;
    Hongxin__V1__Item **list;
    size_t n, cap;
    uint8_t *bytes; /* packed events, one behind the other */
    size_t used, room;
};

/* What an event of the load says; texts are borrowed for the call. */
struct load_event {
    const char *id, *source, *type;
    const char *ref; /* the source's own reference of the case, or NULL … */
    uint64_t number; /* … or its number */
    const char *by;  /* NULL: nobody is named */
    const char *class_name, *place, *holder;
    const char *text;
    int proof; /* enum Proof of the schema */
    bool evidence;
    int64_t t_occ;
    const char *clock, *why; /* of a moved deadline */
    int64_t deadline;
};

/* HX_NOMEM. */
HX_CHECK int load_post_add(struct load_post *p, const struct load_event *e);

/* Closes the Publish: the letter is the caller's (load_letter_free), the post is empty again. */
HX_CHECK int load_post_finish(struct load_post *p, uint64_t request, struct load_letter *out);
void load_letter_free(struct load_letter *l);
void load_post_fini(struct load_post *p);

/* Packs one event; returns its size, 0 when `cap` is too small. */
size_t load_event_pack(const struct load_event *e, uint8_t *buf, size_t cap);

/* ---- the door -------------------------------------------------------------------------------- */

struct load_door {
    void *zmq, *socket;
    char endpoint[256];
};

/* One answer to one event. `id` is not terminated. */
struct load_reply {
    uint64_t request, index;
    const char *id;
    size_t id_size;
    unsigned result; /* enum Result */
    const char *code;
    size_t code_size;
    uint64_t lsn, case_number;
};
typedef void load_reply_fn(void *ctx, const struct load_reply *reply);

HX_CHECK int load_door_open(struct load_door *d, const char *endpoint);
/* With a key file (hongxin/key.h); NULL = without keys. */
HX_CHECK int load_door_open_key(struct load_door *d, const char *endpoint, const char *key_file);
void load_door_close(struct load_door *d);

/* Sends a copy of the frame. */
HX_CHECK int load_door_send(struct load_door *d, const void *bytes, size_t size);

/* Waits at most timeout_ms for one message and reports each reply in it. HX_TIMEOUT; HX_CORRUPT:
 * the message is not a Replies; HX_CLOSED: it is a Problem, whose code went to stderr. *n = replies
 * in it, NULL allowed. */
HX_CHECK int load_door_receive(struct load_door *d, int timeout_ms, load_reply_fn *fn, void *ctx,
                               size_t *n);

/* The body of the next message, to be freed with free(). HX_TIMEOUT. */
HX_CHECK int load_door_receive_raw(struct load_door *d, int timeout_ms, uint8_t **bytes,
                                   size_t *size);

/* ---- clocks and chance ---- */

int64_t load_mono_us(void);
int64_t load_wall_ms(void);

/* xorshift; the same seed gives the same load. */
struct load_chance {
    uint64_t state;
};
uint64_t load_draw(struct load_chance *c, uint64_t below);

#endif
