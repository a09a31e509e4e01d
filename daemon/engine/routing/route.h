/* Routing: which holder a case goes to, as data (C1 to C3, C8, C9; S31, S34, S38).
 *
 * The table is a list of rows, each for one place of the tree or for the whole city. A case is
 * looked up from its building upwards: building, estate, grid, community, street, city. At the
 * first place with a row that fits, the first such row in the order of the table decides. The city
 * has a row that catches everything. A row may name a class, a category, a source, a part of the
 * day and a period; what it leaves open fits everything.
 *
 * A row names its holder, or says how it follows from the place: its default holder (company, else
 * community, else street), its company, its community, its street. A row whose holder cannot be
 * named there (no company, no place) does not fit. When nobody at all can be named the city's
 * fallback holder gets the case, and a record says why (C3).
 *
 * Two checks follow. The admission list (S34): a task, which is a category of digits only, goes to
 * a community only when it is on the list as the community's own, or by an exception in force; what
 * the community merely assists with goes to its street, and the community assists; anything else
 * goes to its street. And the conflict check (C10, corner 29): a complaint about the holder or the
 * dispatcher gets a second holder, the community, or the street where the community is complained
 * of.
 *
 * Pure and without memory of its own: one case costs a handful of hash look-ups. */
#ifndef ENGINE_ROUTING_ROUTE_H
#define ENGINE_ROUTING_ROUTE_H

#include "engine/place/place.h"

enum { HX_ROUTE_WORD_MAX = 40 }; /* bytes of a class, category or source, with its NUL */

/* A part of the day in local time, in minutes from midnight; it may run over midnight. */
struct hx_day_part {
    char name[HX_ID_MAX]; /* EVENING4 */
    int begin, end;       /* [begin, end); never equal */
    const char *name_zh, *name_en;
};

enum hx_route_target {
    HX_ROUTE_PLACE,     /* default holder of the place */
    HX_ROUTE_COMPANY,   /* company of the estate; does not fit where there is none */
    HX_ROUTE_COMMUNITY, /* community of the place */
    HX_ROUTE_STREET,    /* street of the place */
    HX_ROUTE_HOLDER,    /* the holder that the row names */
};

struct hx_route_row {
    char id[HX_ID_MAX];
    char place[HX_ID_MAX]; /* "" = the whole city */
    char class_[HX_ROUTE_WORD_MAX], category[HX_ROUTE_WORD_MAX], source[HX_ROUTE_WORD_MAX];
    const struct hx_day_part *part; /* NULL = any; "" in the texts above = any */
    enum hx_route_target target;
    char holder[HX_ID_MAX]; /* of HX_ROUTE_HOLDER */
    int64_t from, to;       /* instants; 0 = open */
    size_t line;            /* where it stands, for explanations; 0 = unknown */
};

/* An item of the admission list (依法履职事项, 协办事项). */
struct hx_admission {
    char code[HX_ROUTE_WORD_MAX]; /* digits */
    bool own;                     /* the community's own; otherwise it assists */
    const char *name_zh, *name_en;
    int64_t from, to;
};

/* An approved exception: this item may be given to this community for a time. */
struct hx_exception {
    char id[HX_ID_MAX]; /* E-5 */
    char code[HX_ROUTE_WORD_MAX];
    char community[HX_ID_MAX];
    int64_t from, to;
};

/* Building the table, after the places. Each add copies. Errors:
 * - HX_EXISTS: id used before
 * - HX_NOTFOUND: unknown place, holder, community
 * - HX_INVALID: bad id, word or period
 * - HX_NOMEM */
HX_CHECK int hx_city_add_day_part(struct hx_city *city, const struct hx_day_part *part);
HX_CHECK int hx_city_add_route(struct hx_city *city, const struct hx_route_row *row);
HX_CHECK int hx_city_add_admission(struct hx_city *city, const struct hx_admission *item);
HX_CHECK int hx_city_add_exception(struct hx_city *city, const struct hx_exception *e);
/* The holder when nobody fits; without one the first street. HX_NOTFOUND. */
HX_CHECK int hx_city_set_fallback(struct hx_city *city, const char *holder);

const struct hx_day_part *hx_city_day_part(const struct hx_city *city, const char *name);
bool hx_day_part_holds(const struct hx_day_part *part, int utc_offset, int64_t at);

/* The row added before `row` that takes every case which `row` could get, so that it is never
 * reached; NULL when there is none. */
const struct hx_route_row *hx_city_shadow(const struct hx_city *city,
                                          const struct hx_route_row *row);
/* Whether the whole city has a row that catches everything. */
bool hx_city_catches_all(const struct hx_city *city);
/* Walks the rows in the order of the table; NULL ends. *at starts at 0. */
const struct hx_route_row *hx_city_next_route(const struct hx_city *city, size_t *at);

/* What is asked. Texts are never NULL; "" = not known. */
struct hx_route_query {
    const char *place; /* id; "" = none */
    bool has_position; /* then lon and lat, when there is no place */
    double lon, lat;   /* WGS 84 */
    const char *class_, *category, *source;
    const char *about; /* party complained of */
    int64_t at;        /* when it is routed */
    int64_t placed_at; /* by the tree of which instant; 0 = `at`. Borders that move leave a case
                          alone (S9), companies do not (corner 22) */
};

enum hx_admitted {
    HX_ADMITTED_NA,        /* no task, or not for a community */
    HX_ADMITTED_OWN,       /* on the list */
    HX_ADMITTED_EXCEPTION, /* by an exception in force */
    HX_ADMITTED_ASSIST,    /* the street holds, the community assists */
    HX_ADMITTED_NOT,       /* NOT_ADMITTED: the street holds */
};

struct hx_route {
    const struct hx_place *place;   /* period in force; NULL = the whole city */
    const struct hx_route_row *row; /* NULL = nobody fits, or a table without rows */
    const char *holder;             /* "" only in a city without any street */
    bool fallback;                  /* nobody fits: the city's fallback holder */
    bool outside; /* a position outside every grid, or in no registry of borders */
    enum hx_admitted admitted;
    const char *community; /* that was refused or assists; "" = none */
    const struct hx_exception *exception;
    const char *second; /* holder beside the holder, by the conflict check; "" = none */
};

/* Why a row was not taken, or that it was. */
enum hx_route_verdict {
    HX_ROUTE_TAKEN,
    HX_ROUTE_OTHER_CLASS,
    HX_ROUTE_OTHER_CATEGORY,
    HX_ROUTE_OTHER_SOURCE,
    HX_ROUTE_OTHER_HOUR,
    HX_ROUTE_NOT_IN_FORCE,
    HX_ROUTE_NOBODY, /* its holder cannot be named here, or is not in force */
};

/* For explanations: called for each place that is looked at (row NULL), and for each of its rows.
 */
struct hx_route_watch {
    void (*row)(void *ctx, const char *place, const struct hx_route_row *row,
                enum hx_route_verdict verdict);
    void *ctx;
};

/* Decides. `watch` may be NULL. Texts of `out` live as long as the registry. */
void hx_city_route(const struct hx_city *city, const struct hx_route_query *q,
                   const struct hx_route_watch *watch, struct hx_route *out);

/* The same for a holder that somebody names: admission and conflict checks only. */
void hx_city_route_named(const struct hx_city *city, const struct hx_route_query *q,
                         const char *holder, struct hx_route *out);

/* The second holder of a complaint about the holder or the dispatcher, or about the community whose
 * people dispatch (corner 29); "" = no such complaint. "P-07", "holder:P-07", "dispatcher:C-03" and
 * "C-03" name a party complained of; a role alone means everybody who has it. */
const char *hx_route_second(const char *about, const char *holder, const char *community,
                            const char *street);

/* Whether a category names a task of the admission list's kind: digits only. */
bool hx_is_task(const char *category);
/* A category as it is compared and kept: a task is its number, so that "001" is "1"; other words
 * are as they stand. A part of the text. */
const char *hx_task_code(const char *category);

#endif
