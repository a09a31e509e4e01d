#include "kafka/out/out_settings.h"

#include "door/settings.h"
#include "hongxin/instant.h"
#include <stdio.h>
#include <string.h>

#define SLOW "-slow" /* behind the id and the position topic of the slow writer */

static int64_t duration(struct yaml_doc *doc, yaml_node_t *map, const char *key,
                        const int64_t range[3])
{
    int64_t ms = yaml_doc_get(doc, map, key) ? yaml_doc_duration(doc, map, key) : range[0];
    char least[HX_INSTANT_TEXT], most[HX_INSTANT_TEXT];
    if (ms < range[1] || ms > range[2])
        yaml_doc_fault(doc, yaml_doc_get(doc, map, key), "%s: from %s to %s", key,
                       hx_duration_format(range[1], least), hx_duration_format(range[2], most));
    return ms;
}

static void read_transaction(struct yaml_doc *doc, yaml_node_t *map, struct out_settings *s)
{
    if (map)
        yaml_doc_only(doc, map, "every slow entries timeout");
    s->fast.every_ms = duration(doc, map, "every", (const int64_t[]){20, 1, 10 * HX_SECOND});
    s->slow.every_ms = duration(doc, map, "slow", (const int64_t[]){500, 1, HX_MINUTE});
    s->fast.sender.timeout_ms = duration(
        doc, map, "timeout", (const int64_t[]){30 * HX_SECOND, 5 * HX_SECOND, 15 * HX_MINUTE});
    s->fast.entries_most = yaml_doc_int(doc, map, "entries", 10000);
    if (s->fast.entries_most < 1 || s->fast.entries_most > 100000)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "entries"), "entries: from 1 to 100000");
    s->slow.entries_most = s->fast.entries_most;
}

static void read_filter(struct yaml_doc *doc, yaml_node_t *map, struct out_settings *s)
{
    if (!map)
        return;
    yaml_doc_only(doc, map, "places holders classes");
    route_words_read(doc, map, "places", &s->places);
    route_words_read(doc, map, "holders", &s->holders);
    route_words_read(doc, map, "classes", &s->classes);
}

static void read_sender(struct yaml_doc *doc, yaml_node_t *map, struct sender_settings *s)
{
    static const char *const kinds[] = {"none", "lz4", "zstd", "snappy", "gzip"};
    char usual[SENDER_ID + 24];
    bool known = false;
    settings_text(doc, map, "id", "city", s->id, sizeof s->id);
    snprintf(usual, sizeof usual, "hongxin.positions.%s", s->id);
    settings_text(doc, map, "positions", usual, s->positions, sizeof s->positions);
    settings_text(doc, map, "states", "hongxin.states", s->states, sizeof s->states);
    settings_text(doc, map, "compression", "lz4", s->compression, sizeof s->compression);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        known = known || strcmp(kinds[i], s->compression) == 0;
    if (!known)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "compression"),
                       "compression is none, lz4, zstd, snappy or gzip");
    if (!route_topic_valid(s->id) || !route_topic_valid(s->positions) ||
        (*s->states && !route_topic_valid(s->states)))
        yaml_doc_fault(doc, map,
                       "id, positions and states are names of topics: letters, digits, "
                       "'.', '_' and '-'");
    topics_settings_read(doc, yaml_doc_get(doc, map, "topics"), &s->topics);
}

/* Topics of another kind must not get entries. */
static void check_apart(struct yaml_doc *doc, yaml_node_t *map, const struct out_settings *s)
{
    const char *const others[] = {s->fast.sender.positions, s->slow.sender.positions,
                                  s->fast.sender.states};
    for (size_t r = 0; r < s->fast.routes.n; r++)
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            if (*others[i] && route_may_name(&s->fast.routes.all[r], others[i]))
                yaml_doc_fault(doc, map, "%s cannot be a topic of entries too", others[i]);
    if (strcmp(others[0], others[2]) == 0 || strcmp(others[1], others[2]) == 0)
        yaml_doc_fault(doc, map, "positions and states are two topics");
}

/* The slow rows get a writer beside the first one. */
static void split(struct yaml_doc *doc, yaml_node_t *map, struct out_settings *s)
{
    struct sender_settings *slow = &s->slow.sender;
    const struct sender_settings *fast = &s->fast.sender;
    *slow = *fast;
    *slow->states = '\0';
    if (snprintf(slow->id, sizeof slow->id, "%s" SLOW, fast->id) >= (int)sizeof slow->id ||
        snprintf(slow->positions, sizeof slow->positions, "%s" SLOW, fast->positions) >=
            (int)sizeof slow->positions)
        yaml_doc_fault(doc, map, "id and positions must leave room for \"" SLOW "\" behind them");
    check_apart(doc, map, s);
    routes_split(doc, yaml_doc_get(doc, map, "routes"), &s->fast.routes, &s->slow.routes);
}

static void read_attributes(struct yaml_doc *doc, yaml_node_t *list, struct out_settings *s)
{
    static const char *const names[] = {
#define X(name, text) text,
        RECORD_ATTRIBUTES(X)
#undef X
    };
    yaml_node_t *item;
    s->attributes = list ? 0 : 1U << RECORD_TIME | 1U << RECORD_CAUSE | 1U << RECORD_FACTS;
    for (size_t i = 0; (item = yaml_doc_item(doc, list, i)) != NULL; i++) {
        const char *word = yaml_doc_scalar(doc, item);
        unsigned n = 0;
        while (n < RECORD_ATTRIBUTES_COUNT && strcmp(names[n], word) != 0)
            n++;
        if (n == RECORD_ATTRIBUTES_COUNT)
            yaml_doc_fault(doc, item, "attributes are subject, time, dataschema, cause, facts");
        else
            s->attributes |= 1U << n;
    }
}

static void read_source(struct yaml_doc *doc, yaml_node_t *map, struct out_settings *s)
{
    char offset[16], from[16];
    settings_text(doc, map, "source", "/hongxin", s->source, sizeof s->source);
    if (*s->source != '/' || strpbrk(s->source, " \"%?#"))
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "source"),
                       "source is the beginning of a URI reference, such as /hongxin");
    settings_text(doc, map, "utc_offset", "+08:00", offset, sizeof offset);
    if (hx_offset_parse(offset, &s->utc_offset) != HX_OK)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "utc_offset"),
                       "utc_offset is an offset such as +08:00");
    settings_text(doc, map, "from", "oldest", from, sizeof from);
    s->from_now = strcmp(from, "now") == 0;
    if (!s->from_now && strcmp(from, "oldest") != 0)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "from"), "from is oldest or now");
}

void out_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct out_settings *s)
{
    if (map)
        yaml_doc_only(doc, map,
                      "listen key_file subscriber from source attributes utc_offset filter routes "
                      "id positions "
                      "states compression topics transaction");
    settings_listen(doc, map, "127.0.0.1:54337", s->listen, sizeof s->listen);
    settings_path(doc, map, "key_file", "", s->key_file, sizeof s->key_file);
    settings_text(doc, map, "subscriber", "supervisor:city/kafka", s->subscriber,
                  sizeof s->subscriber);
    read_source(doc, map, s);
    read_attributes(doc, yaml_doc_get(doc, map, "attributes"), s);
    read_filter(doc, yaml_doc_get(doc, map, "filter"), s);
    routes_read(doc, yaml_doc_get(doc, map, "routes"), &s->fast.routes);
    read_sender(doc, map, &s->fast.sender);
    read_transaction(doc, yaml_doc_get(doc, map, "transaction"), s);
    split(doc, map, s);
}
