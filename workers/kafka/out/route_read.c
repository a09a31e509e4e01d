/* The rows of the table as the configuration has them, and which of the two writers has which. */
#include "base/text.h"
#include "door/settings.h"
#include "hongxin/fact.h"
#include "kafka/out/route.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    enum route_part part;
} parts[] = {{"{to}", PART_TO},
             {"{holder}", PART_HOLDER},
             {"{street}", PART_STREET},
             {"{community}", PART_COMMUNITY},
             {"{class}", PART_CLASS}};

static void find_part(struct route *r)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *at = strstr(r->topic, parts[i].text);
        if (!at)
            continue;
        r->part = parts[i].part;
        r->part_at = (size_t)(at - r->topic);
        r->part_size = strlen(parts[i].text);
        return;
    }
}

static void check_topic(struct yaml_doc *doc, yaml_node_t *item, const struct route *r)
{
    char name[ROUTE_TOPIC + 16];
    snprintf(name, sizeof name, "%.*sx%s", (int)r->part_at, r->topic,
             r->topic + r->part_at + r->part_size);
    if (!route_topic_valid(name))
        yaml_doc_fault(
            doc, item,
            "%s is no name of a topic: letters, digits, '.', '_' and '-', and at most one "
            "of {to}, {holder}, {street}, {community}, {class}",
            r->topic);
}

void route_words_read(struct yaml_doc *doc, yaml_node_t *map, const char *key,
                      struct route_words *words)
{
    yaml_node_t *list = yaml_doc_get(doc, map, key), *item;
    for (size_t i = 0; (item = yaml_doc_item(doc, list, i)) != NULL; i++) {
        const char *text = yaml_doc_scalar(doc, item);
        if (i == ROUTE_WORDS_MAX || !*text || strlen(text) >= ROUTE_WORD) {
            yaml_doc_fault(doc, item, "%s: up to %d words of at most %d bytes", key,
                           ROUTE_WORDS_MAX, ROUTE_WORD - 1);
            return;
        }
        hx_text_put(words->all[words->n++], ROUTE_WORD, text);
    }
    if (list && !words->n)
        yaml_doc_fault(doc, list, "%s: a list of words; leave it out for all", key);
}

static bool take_fact(struct route *r, const char *name)
{
    for (int n = 1; n < ROUTE_FACTS; n++) {
        hxp_fact fact = HONGXIN__V1__FACT__INIT;
        fact.fact_case = (Hongxin__V1__Fact__FactCase)n;
        if (strcmp(hx_fact_name(&fact), name) == 0)
            return r->facts[n] = true;
    }
    return false;
}

static void read_facts(struct yaml_doc *doc, yaml_node_t *map, struct route *r)
{
    struct route_words words = {.n = 0};
    route_words_read(doc, map, "facts", &words);
    r->any_fact = words.n == 0;
    for (size_t i = 0; i < words.n; i++)
        if (!take_fact(r, words.all[i]))
            yaml_doc_fault(doc, yaml_doc_get(doc, map, "facts"), "%s is no kind of fact",
                           words.all[i]);
}

static bool is_one_topic(const struct route *r)
{
    return r->part == PART_NONE;
}

/* The place of the word of `key` in `words` (blanks between); 0, the first, without the key. */
static int read_choice(struct yaml_doc *doc, yaml_node_t *map, const char *key, const char *words)
{
    char text[32];
    size_t size = strcspn(words, " ");
    snprintf(text, sizeof text, "%.*s", (int)size, words);
    yaml_doc_text(doc, map, key, text, sizeof text);
    size_t wanted = strlen(text);
    const char *w = words;
    for (int i = 0; *w; i++) {
        size_t n = strcspn(w, " ");
        if (wanted == 0 || (n == wanted && strncmp(w, text, n) == 0))
            return i;
        w += n + strspn(w + n, " ");
    }
    yaml_doc_fault(doc, yaml_doc_get(doc, map, key), "%s is one of: %s", key, words);
    return 0;
}

/* Many topics are slow unless their row says otherwise. */
static bool read_pace(struct yaml_doc *doc, yaml_node_t *item, const struct route *r)
{
    return is_one_topic(r) ? read_choice(doc, item, "pace", "fast slow") == 1
                           : read_choice(doc, item, "pace", "slow fast") == 0;
}

static void read_row(struct yaml_doc *doc, yaml_node_t *item, struct route *r)
{
    yaml_doc_only(doc, item,
                  "topic facts places holders classes to min_level about drills content format "
                  "pace");
    yaml_doc_need(doc, item, "topic", r->topic, sizeof r->topic);
    find_part(r);
    check_topic(doc, item, r);
    read_facts(doc, item, r);
    route_words_read(doc, item, "places", &r->places);
    route_words_read(doc, item, "holders", &r->holders);
    route_words_read(doc, item, "classes", &r->classes);
    route_words_read(doc, item, "to", &r->to);
    r->min_level = read_choice(doc, item, "min_level", "any L0 L1 L2 L3 L4 L5") - 1;
    r->about = (enum route_about)read_choice(doc, item, "about", "any case city");
    r->drill = (enum route_drill)read_choice(doc, item, "drills", "yes no only");
    r->only_facts = read_choice(doc, item, "content", "entry facts") == 1;
    r->json = read_choice(doc, item, "format", "protobuf json") == 1;
    r->slow = read_pace(doc, item, r);
}

static void usual_row(struct routes *routes, const char *topic, const char *const facts[])
{
    struct route *r = &routes->all[routes->n++];
    hx_text_put(r->topic, sizeof r->topic, topic);
    find_part(r);
    r->min_level = -1;
    r->any_fact = !facts[0];
    r->only_facts = r->slow = !is_one_topic(r);
    r->about = r->any_fact ? ABOUT_CASE : ABOUT_ANY;
    for (size_t i = 0; facts[i]; i++)
        (void)take_fact(r, facts[i]);
}

void routes_read(struct yaml_doc *doc, yaml_node_t *list, struct routes *routes)
{
    yaml_node_t *item;
    *routes = (struct routes){.n = 0};
    for (size_t i = 0; (item = yaml_doc_item(doc, list, i)) != NULL; i++) {
        if (i == ROUTES_MAX) {
            yaml_doc_fault(doc, item, "more than %d routes", ROUTES_MAX);
            return;
        }
        read_row(doc, item, &routes->all[routes->n++]);
    }
    if (routes->n)
        return;
    if (list)
        yaml_doc_fault(doc, list, "routes: a list of topics; leave it out for the usual ones");
    usual_row(routes, "hongxin.cases", (const char *const[]){NULL});
    usual_row(routes, "hongxin.breaches", (const char *const[]){"BREACH", "BREACH_MARK", NULL});
    usual_row(routes, "hongxin.alarms", (const char *const[]){"ALARM", NULL});
    usual_row(routes, "hongxin.notices.{to}", (const char *const[]){"NOTICE", NULL});
}

/* ---- two paces ---- */

static bool begins_alike(const char *a, size_t a_size, const char *b, size_t b_size)
{
    return strncmp(a, b, a_size < b_size ? a_size : b_size) == 0;
}

static bool ends_alike(const char *a, const char *b)
{
    size_t a_size = strlen(a), b_size = strlen(b), n = a_size < b_size ? a_size : b_size;
    return strcmp(a + a_size - n, b + b_size - n) == 0;
}

/* Whether the two may lead to one topic. */
static bool may_meet(const struct route *a, const struct route *b)
{
    if (is_one_topic(a))
        return route_may_name(b, a->topic);
    if (is_one_topic(b))
        return route_may_name(a, b->topic);
    return begins_alike(a->topic, a->part_at, b->topic, b->part_at) &&
           ends_alike(a->topic + a->part_at + a->part_size, b->topic + b->part_at + b->part_size);
}

static void check_paces(struct yaml_doc *doc, yaml_node_t *list, const struct routes *fast,
                        const struct routes *slow)
{
    for (size_t i = 0; i < fast->n; i++)
        for (size_t k = 0; k < slow->n; k++)
            if (may_meet(&fast->all[i], &slow->all[k]))
                yaml_doc_fault(doc, list,
                               "%s and %s may be one topic: they need the same pace (a topic with "
                               "{…} in its name is slow unless its row says otherwise)",
                               fast->all[i].topic, slow->all[k].topic);
}

void routes_split(struct yaml_doc *doc, yaml_node_t *list, struct routes *all, struct routes *slow)
{
    size_t n = 0;
    slow->n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (all->all[i].slow)
            slow->all[slow->n++] = all->all[i];
        else if (n++ != i)
            all->all[n - 1] = all->all[i];
    all->n = n;
    check_paces(doc, list, all, slow);
}

static int compare_topics(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

/* The topics of all rows, sorted, each once; returns how many. */
static size_t topics_of(const struct routes *routes, const char *out[ROUTES_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < routes->n; i++)
        out[i] = routes->all[i].topic;
    qsort(out, routes->n, sizeof *out, compare_topics);
    for (size_t i = 0; i < routes->n; i++)
        if (i == 0 || strcmp(out[i], out[n - 1]) != 0)
            out[n++] = out[i];
    return n;
}

void routes_name(const struct routes *routes, char out[ROUTES_NAME])
{
    crypto_generichash_state hash;
    uint8_t bytes[(ROUTES_NAME - 1) / 2];
    const char *topics[ROUTES_MAX];
    const size_t n = topics_of(routes, topics);
    crypto_generichash_init(&hash, NULL, 0, sizeof bytes);
    for (size_t i = 0; i < n; i++)
        crypto_generichash_update(&hash, (const uint8_t *)topics[i], strlen(topics[i]) + 1);
    crypto_generichash_final(&hash, bytes, sizeof bytes);
    sodium_bin2hex(out, ROUTES_NAME, bytes, sizeof bytes);
    if (!routes->n)
        *out = '\0';
}
