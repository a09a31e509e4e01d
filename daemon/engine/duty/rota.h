/* The duty rota (值班表): who answers for a post at an instant.
 *
 * A post is a role of an area: ("duty","P-07"), ("grid","G-041"), ("street","S-02"),
 * ("city","property"). A shift puts a person on a post: on which days, between which hours, from
 * and until which date. At one instant the lowest order is asked first, the others are substitutes
 * (F8, S11, S32). A leave takes a person off all posts, and may name who stands in.
 *
 * Immutable once sealed, then any thread. Pure: day types and the zone come from a calendar. */
#ifndef ENGINE_DUTY_ROTA_H
#define ENGINE_DUTY_ROTA_H

#include "engine/place/place.h"
#include "engine/time/calendar.h"

/* Days of a shift; a day counts when any of its bits is set. 0 = every day. */
enum {
    HX_ON_MONDAY = 1 << 0, /* … Sunday is 1 << 6 */
    HX_ON_WORKING = 1 << 7,
    HX_ON_WEEKEND = 1 << 8,
    HX_ON_HOLIDAY = 1 << 9,
    HX_ON_MAKE_UP = 1 << 10,
    HX_ON_WEEK = 0x7f, /* all that are named by their weekday */
};

struct hx_post {
    char role[HX_ID_MAX];
    char area[HX_ID_MAX];
};

struct hx_shift {
    char role[HX_ID_MAX];
    char area[HX_ID_MAX];
    char person[HX_ID_MAX]; /* login-like id: "li", "wang" */
    int order;              /* lower is asked first */
    uint32_t days;
    int32_t from_ms, to_ms; /* local time of day; equal: the whole day; to before from: until the
                               next day. The end is no longer part of it (22:00:00 is the night) */
    int64_t since, until;   /* instants; 0 = open; the end is no longer part of it */
    const char *name_zh;    /* UTF-8, owned by the rota; never NULL */
    const char *name_en;
    unsigned line; /* in its file, for messages */
    uint8_t file;  /* which that is, for whoever reads them */
};

struct hx_leave {
    char person[HX_ID_MAX];
    char substitute[HX_ID_MAX]; /* "" = none named: the next order stands in */
    int64_t from, to;           /* instants; the end is no longer part of it */
    unsigned line;
};

/* Who is there. `instead_of` is who would have been asked before, but is away; NULL = nobody is. */
struct hx_on_duty {
    const struct hx_shift *shift; /* of the person, or of the one stood in for; NULL = nobody */
    const char *person;           /* NULL = nobody: the post is vacant */
    const char *instead_of;
    uint64_t swap; /* entry of the swap by which it is this person (swap.h); 0 = by the rota */
};

struct hx_rota;

/* Building one. Each add copies. HX_INVALID: bad id, times or order below 1. HX_NOMEM. */
HX_CHECK int hx_rota_new(struct hx_rota **out);
void hx_rota_free(struct hx_rota *rota);
HX_CHECK int hx_rota_add_shift(struct hx_rota *rota, const struct hx_shift *shift);
HX_CHECK int hx_rota_add_leave(struct hx_rota *rota, const struct hx_leave *leave);

/* Ends the building. HX_EXISTS when a person is on one post twice at once, or two persons with one
 * order: the two shifts are then in `clash`. Days given by name and days given by their type may
 * meet, and count as if they did. HX_NOMEM. */
HX_CHECK int hx_rota_seal(struct hx_rota *rota, const struct hx_shift *clash[2]);

/* After the sealing: the next two shifts that clash, at[0] and at[1] begin at 0. False: no more. */
bool hx_rota_next_clash(const struct hx_rota *rota, size_t at[2], const struct hx_shift *clash[2]);

/* The first shift of the post, lowest order first, whenever it is; NULL when there is none. */
const struct hx_shift *hx_rota_first(const struct hx_rota *rota, const char *role,
                                     const char *area);

/* Whether the rota has any shift for the post. One that it does not know is in nobody's look ahead.
 */
bool hx_rota_knows(const struct hx_rota *rota, const char *role, const char *area);

/* The n-th person on duty at t, lowest order first. `days` tells day types and zone. */
struct hx_on_duty hx_rota_at(const struct hx_rota *rota, const char *role, const char *area,
                             const struct hx_days *days, int64_t t, size_t n);

/* The leave for which nobody stands in, when this person is away at t; NULL when the person is
 * there, or replaced. */
const struct hx_leave *hx_rota_away(const struct hx_rota *rota, const char *person, int64_t t);

/* Whether the person is on the post all through `span`, or (`any`) at any moment of it. */
bool hx_rota_holds(const struct hx_rota *rota, const struct hx_post *post, const char *person,
                   const struct hx_days *days, const int64_t span[2], bool any);
/* Whether the person is away at any moment of `span`. */
bool hx_rota_leaves(const struct hx_rota *rota, const char *person, const int64_t span[2]);
/* Whether the person has any shift; on this post, unless `post` is NULL. */
bool hx_rota_has(const struct hx_rota *rota, const struct hx_post *post, const char *person);

/* Whether the post has people, and all whom the rota names for it, whenever, are on `other`, too.
 */
bool hx_rota_within(const struct hx_rota *rota, const struct hx_post *post,
                    const struct hx_post *other);

/* The first stretch of `span` (from, to; the end is no longer part of it) in which nobody is on the
 * post: `span` becomes it. False when there is none. */
bool hx_rota_gap(const struct hx_rota *rota, const char *role, const char *area,
                 const struct hx_days *days, int64_t span[2]);

/* A walk: the first shift of each post, in the order of role and area. NULL ends. *at starts at 0.
 */
const struct hx_shift *hx_rota_next_post(const struct hx_rota *rota, size_t *at);

#endif
