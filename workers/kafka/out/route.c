#include "kafka/out/route.h"

#include <string.h>

/* ---- matching ---- */

static bool has_word(const struct route_words *words, const char *word)
{
    for (size_t i = 0; i < words->n; i++)
        if (strcmp(words->all[i], word) == 0)
            return true;
    return false;
}

static bool place_matches(const struct route *r, const hxp_where *w)
{
    if (!r->places.n)
        return true;
    return w && (has_word(&r->places, w->street) || has_word(&r->places, w->community) ||
                 has_word(&r->places, w->grid) || has_word(&r->places, w->estate) ||
                 has_word(&r->places, w->building));
}

/* "company:P-07" is meant by a notice to it and by one to "company:P-07/li". */
static bool is_receiver(const struct route_words *words, const char *to)
{
    for (size_t i = 0; i < words->n; i++) {
        size_t n = strlen(words->all[i]);
        if (strncmp(to, words->all[i], n) == 0 && (to[n] == '\0' || to[n] == '/'))
            return true;
    }
    return words->n == 0;
}

static bool is_wanted_kind(const struct route *r, const hxp_fact *fact)
{
    size_t n = (size_t)fact->fact_case;
    return r->any_fact || (n < ROUTE_FACTS && r->facts[n]);
}

static const hxp_notice_fact *notice_of(const hxp_fact *fact)
{
    return fact->fact_case == HONGXIN__V1__FACT__FACT_NOTICE ? fact->notice : NULL;
}

static bool facts_match(const struct route *r, const hxp_entry *e)
{
    bool kind = r->any_fact, to = r->to.n == 0;
    for (size_t i = 0; i < e->n_facts && !(kind && to); i++) {
        const hxp_notice_fact *notice = notice_of(e->facts[i]);
        kind = kind || is_wanted_kind(r, e->facts[i]);
        to = to ||
             (notice && (is_receiver(&r->to, notice->to) || is_receiver(&r->to, notice->stand_in)));
    }
    return kind && to;
}

static int level_number(const char *level)
{
    return level[0] == 'L' && level[1] >= '0' && level[1] <= '9' ? level[1] - '0' : -1;
}

static bool matches(const struct route *r, const hxp_entry *e)
{
    if (r->about != ABOUT_ANY && (r->about == ABOUT_CASE) != (e->case_number != 0))
        return false;
    if (r->drill != DRILL_ANY && (r->drill == DRILL_ONLY) != e->drill)
        return false;
    if (r->min_level > level_number(e->level))
        return false;
    if (r->classes.n && !has_word(&r->classes, e->class_))
        return false;
    if (r->holders.n && !has_word(&r->holders, e->holder) &&
        !has_word(&r->holders, e->holder_before))
        return false;
    return place_matches(r, e->where) && facts_match(r, e);
}

/* ---- names ---- */

static bool is_topic_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

bool route_topic_valid(const char *name)
{
    size_t n = strnlen(name, ROUTE_TOPIC);
    if (n == 0 || n >= ROUTE_TOPIC || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_topic_char(name[i]))
            return false;
    return true;
}

struct found {
    struct hx_arena *arena;
    struct route_target *first, **last;
    uint64_t lost;
};

static bool is_there(const struct found *f, const char *topic)
{
    for (const struct route_target *t = f->first; t; t = t->next)
        if (t->topic == topic || strcmp(t->topic, topic) == 0)
            return true;
    return false;
}

static void add(struct found *f, const struct route *r, const char *topic, const char *to,
                size_t to_size)
{
    struct route_target *t = is_there(f, topic) ? NULL : hx_arena_alloc(f->arena, sizeof *t);
    if (!t)
        return;
    *t = (struct route_target){.row = r, .topic = topic, .to = to, .to_size = to_size};
    *f->last = t;
    f->last = &t->next;
}

static const char *name_with(struct hx_arena *arena, const struct route *r, const char *id,
                             size_t size)
{
    const char *rest = r->topic + r->part_at + r->part_size;
    size_t n = strlen(rest);
    char *name = hx_arena_alloc(arena, r->part_at + size + n + 1);
    if (!name)
        return NULL;
    memcpy(name, r->topic, r->part_at);
    memcpy(name + r->part_at, id, size);
    memcpy(name + r->part_at + size, rest, n);
    return name;
}

static void add_part(struct found *f, const struct route *r, const char *id, size_t size)
{
    if (!size)
        return;
    const char *topic = name_with(f->arena, r, id, size);
    if (topic && route_topic_valid(topic))
        add(f, r, topic, r->part == PART_TO ? id : NULL, size);
    else
        f->lost++;
}

/* "role:area/person": the area; without one the role ("city/desk"). */
static const char *area_of(const char *receiver, size_t *size)
{
    const char *colon = strchr(receiver, ':'), *area = colon ? colon + 1 : receiver;
    *size = strcspn(area, "/");
    return area;
}

static void add_receiver(struct found *f, const struct route *r, const char *to)
{
    size_t size;
    if (!is_receiver(&r->to, to))
        return;
    const char *area = area_of(to, &size);
    add_part(f, r, hx_arena_strndup(f->arena, area, size), size);
}

static void add_receivers(struct found *f, const struct route *r, const hxp_entry *e)
{
    for (size_t i = 0; i < e->n_facts; i++) {
        const hxp_notice_fact *notice = notice_of(e->facts[i]);
        if (!notice)
            continue;
        add_receiver(f, r, notice->to);
        add_receiver(f, r, notice->stand_in);
    }
}

static void add_row(struct found *f, const struct route *r, const hxp_entry *e)
{
    const char *id = "";
    switch (r->part) {
    case PART_NONE:
        add(f, r, r->topic, NULL, 0);
        return;
    case PART_TO:
        add_receivers(f, r, e);
        return;
    case PART_HOLDER:
        id = e->holder;
        break;
    case PART_STREET:
        id = e->where ? e->where->street : "";
        break;
    case PART_COMMUNITY:
        id = e->where ? e->where->community : "";
        break;
    case PART_CLASS:
        id = e->class_;
        break;
    }
    add_part(f, r, id, strlen(id));
}

struct route_target *routes_match(const struct routes *routes, const hxp_entry *entry,
                                  struct hx_arena *arena, uint64_t *lost)
{
    struct found f = {.arena = arena};
    f.last = &f.first;
    for (size_t i = 0; i < routes->n; i++)
        if (matches(&routes->all[i], entry))
            add_row(&f, &routes->all[i], entry);
    *lost += f.lost;
    return f.first;
}

static bool wants_receiver(const struct route_target *target, const char *to)
{
    size_t size;
    const char *area = area_of(to, &size);
    if (!is_receiver(&target->row->to, to))
        return false;
    return !target->to || (size == target->to_size && strncmp(area, target->to, size) == 0);
}

bool route_wants_fact(const struct route_target *target, const hxp_fact *fact)
{
    const hxp_notice_fact *notice = notice_of(fact);
    if (!is_wanted_kind(target->row, fact))
        return false;
    if (!notice)
        return !target->to;
    return wants_receiver(target, notice->to) || wants_receiver(target, notice->stand_in);
}

bool route_may_name(const struct route *r, const char *topic)
{
    size_t n = strlen(topic), tail = strlen(r->topic) - r->part_at - r->part_size;
    if (r->part == PART_NONE)
        return strcmp(topic, r->topic) == 0;
    return n > r->part_at + tail && strncmp(topic, r->topic, r->part_at) == 0 &&
           strcmp(topic + n - tail, r->topic + r->part_at + r->part_size) == 0;
}
