/* Which entry goes to which topics: the table `routes` of the configuration. Each row is looked at;
 * an entry goes to the topics of all rows that match, but into one topic only once: the first row
 * that leads there counts. Pure, any thread. */
#ifndef KAFKA_ROUTE_H
#define KAFKA_ROUTE_H

#include "base/arena.h"
#include "config/reading/yaml_doc.h"
#include "hongxin/schema.h"
#include <stdbool.h>

enum {
    ROUTES_MAX = 64,
    ROUTE_WORDS_MAX = 32,
    ROUTE_WORD = 64,
    ROUTE_TOPIC = 250, /* Kafka allows 249 characters */
    ROUTE_FACTS = 192  /* above every number of a member of Fact */
};

struct route_words {
    char all[ROUTE_WORDS_MAX][ROUTE_WORD];
    size_t n; /* 0 = whatever there is */
};

/* One row. Every condition that is given must hold. */
struct route {
    /* topic: its name; at most one of {to}, {holder}, {street}, {community}, {class} stands for an
     * id of the entry. {to}: for each receiver of its notices. Without the id there is no record.
     */
    char topic[ROUTE_TOPIC];
    enum route_part {
        PART_NONE,
        PART_TO,
        PART_HOLDER,
        PART_STREET,
        PART_COMMUNITY,
        PART_CLASS
    } part;
    size_t part_at, part_size;  /* where it stands in `topic` */
    bool facts[ROUTE_FACTS];    /* facts: by the numbers of Fact's members */
    bool any_fact;              /* … none given */
    struct route_words places;  /* places: any id of the place tree */
    struct route_words holders; /* holders: before or after the entry */
    struct route_words classes; /* classes */
    struct route_words to;      /* to: receivers of notices, "company:P-07" */
    int min_level;              /* min_level: L0 … L5; -1 = none */
    enum route_about { ABOUT_ANY, ABOUT_CASE, ABOUT_CITY } about; /* about: case, city */
    enum route_drill { DRILL_ANY, DRILL_NO, DRILL_ONLY } drill;   /* drills: no, only */
    bool only_facts; /* content: facts: the head of the entry and the facts that were asked for */
    bool json;       /* format: json */
    bool slow;       /* pace: slow: its records wait for one another; usual with a {part} */
};

struct routes {
    struct route all[ROUTES_MAX];
    size_t n;
};

/* A list of words; none without the key. Faults are kept in `doc`. */
void route_words_read(struct yaml_doc *doc, yaml_node_t *map, const char *key,
                      struct route_words *words);

/* Reads the list (NULL: the usual rows, see docs/kafka.md). Faults are kept in `doc`. */
void routes_read(struct yaml_doc *doc, yaml_node_t *list, struct routes *routes);

/* Moves the slow rows of `all` to `slow`, each kind in its order. A fault in `doc` at `list` where
 * rows of both may lead to one topic: two writers would not keep its order. */
void routes_split(struct yaml_doc *doc, yaml_node_t *list, struct routes *all, struct routes *slow);

enum { ROUTES_NAME = 33 };
/* A name of what leads where: of the topics' names alone, whatever the order of their rows; "" of
 * no rows. */
void routes_name(const struct routes *routes, char out[ROUTES_NAME]);

/* True for a name that Kafka takes. */
bool route_topic_valid(const char *name);

/* True when `topic` may be a product of this row. */
bool route_may_name(const struct route *route, const char *topic);

struct route_target {
    const struct route *row;
    const char *topic; /* of the row, or in the arena */
    const char *to;    /* with {to}: the area of the receivers, in the arena; otherwise NULL */
    size_t to_size;
    struct route_target *next;
};

/* The targets of an entry, in the order of the rows; NULL: none, or hx_arena_failed(). `lost`
 * counts names that would not be names of topics (an id that is none). */
struct route_target *routes_match(const struct routes *routes, const hxp_entry *entry,
                                  struct hx_arena *arena, uint64_t *lost);

/* Whether a fact is among those that the target asks for. */
bool route_wants_fact(const struct route_target *target, const hxp_fact *fact);

#endif
