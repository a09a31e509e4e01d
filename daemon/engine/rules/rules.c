/* Names and numbers of a life cycle. */
#include "engine/rules/rules.h"

#include <stdio.h>
#include <string.h>

/* Index of `name` in an array of structures that begin with their name. Empty slots never match. */
static int find(const void *array, size_t n, size_t size, const char *name)
{
    const char *at = array;
    if (!name || !*name)
        return -1;
    for (size_t i = 0; i < n; i++, at += size)
        if (*at == *name && strcmp(at + 1, name + 1) == 0) /* most differ at once */
            return (int)i;
    return -1;
}

#define FIND(array, n, name) find((array), (n), sizeof *(array), (name))

int hx_rules_state(const struct hx_rules *r, const char *name)
{
    return FIND(r->states, HX_RULES_STATES, name);
}

int hx_rules_class(const struct hx_rules *r, const char *name)
{
    return FIND(r->classes, HX_RULES_CLASSES, name);
}

int hx_rules_clock(const struct hx_rules *r, const char *name)
{
    return FIND(r->clocks, HX_RULES_CLOCKS, name);
}

int hx_rules_event(const struct hx_rules *r, const char *name)
{
    return FIND(r->events, r->n_events, name);
}

int hx_rules_receiver(const struct hx_rules *r, const char *name)
{
    return FIND(r->receivers, r->n_receivers, name);
}

int hx_rules_ladder(const struct hx_rules *r, const char *name)
{
    return FIND(r->ladders, r->n_ladders, name);
}

int hx_rules_table(const struct hx_rules *r, const char *name)
{
    return FIND(r->tables, r->n_tables, name);
}

int hx_rules_calendar(const struct hx_rules *r, const char *name)
{
    return FIND(r->calendars, r->n_calendars, name);
}

const struct hx_calendar_rule *hx_rules_duty_calendar(const struct hx_rules *r)
{
    return &r->calendars[r->duty_calendar < 0 ? 0 : r->duty_calendar];
}

struct hx_days hx_rules_duty_days(const struct hx_rules *r, uint64_t lsn)
{
    const struct hx_calendar_rule *cal = hx_rules_duty_calendar(r);
    return (struct hx_days){cal, hx_table_at(cal->table, lsn, false)};
}

int hx_rules_pause(const struct hx_rules *r, const char *name)
{
    return FIND(r->pauses, r->n_pauses, name);
}

const struct hx_road_rule *hx_rules_road(const struct hx_rules *r, const char *name)
{
    int i = FIND(r->roads, r->n_roads, name);
    return i < 0 ? NULL : &r->roads[i];
}

bool hx_rules_return_reason(const struct hx_rules *r, const char *name)
{
    return FIND(r->returns, r->n_returns, name) >= 0;
}

const char *hx_rules_handover(const struct hx_rules *r, const char *category)
{
    for (int i = 0; i < r->n_handover; i++)
        if (strcmp(r->handover[i].category, category) == 0)
            return r->handover[i].call;
    return NULL;
}

bool hx_rules_refused(const struct hx_rules *r, const char *category)
{
    return FIND(r->refused, r->n_refused, category) >= 0;
}

int hx_rules_default_class(const struct hx_rules *r)
{
    for (int i = 1; i < HX_RULES_CLASSES; i++)
        if (r->classes[i].is_default)
            return i;
    return -1;
}

/* ---- closed lists ---- */

static int number_in(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; name && i < n; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *name_in(const char *const *names, size_t n, int i)
{
    return i >= 0 && (size_t)i < n && names[i] ? names[i] : "";
}

static const char *const owner_names[] = {"citizen", "dispatcher", "holder", "assisting",
                                          "arbiter", "force",      "system"};
static const char *const basis_names[] = {NULL,    "BUDGET", "HALF_BUDGET", "FLOOR", "DATE",
                                          "MOVED", "NONE",   "CALENDAR",    "OUTAGE"};
static const char *const notice_names[] = {NULL,         "REMINDER",  "WARNING", "BREACH",
                                           "CORRECTION", "ALL_CLEAR", "DIGEST",  "CASE"};
static const char *const clock_state_names[] = {NULL,      "RUNNING", "PAUSED", "STOPPED",
                                                "EXPIRED", "VOID",    "MERGED"};
static const char *const level_names[] = {"L0", "L1", "L2", "L3", "L4", "L5"};
static const char *const role_names[] = {NULL,
#define X(name) #name,
                                         HX_ROLES(X)
#undef X
};
static const char *const need_names[] = {
#define X(name) #name,
    HX_NEEDS(X)
#undef X
};

const char *hx_owner_name(enum hx_owner owner)
{
    return name_in(owner_names, COUNT(owner_names), (int)owner);
}

int hx_owner_number(const char *name)
{
    return number_in(owner_names, COUNT(owner_names), name);
}

const char *hx_basis_name(int basis)
{
    return name_in(basis_names, COUNT(basis_names), basis);
}

const char *hx_notice_kind_name(int kind)
{
    return name_in(notice_names, COUNT(notice_names), kind);
}

int hx_notice_kind_number(const char *name)
{
    return number_in(notice_names, COUNT(notice_names), name);
}

const char *hx_clock_state_name(int state)
{
    return name_in(clock_state_names, COUNT(clock_state_names), state);
}

const char *hx_level_name(int level)
{
    return name_in(level_names, COUNT(level_names), level);
}

int hx_level_number(const char *name)
{
    return number_in(level_names, COUNT(level_names), name);
}

const char *hx_role_name(int role)
{
    return name_in(role_names, COUNT(role_names), role);
}

int hx_role_number(const char *name, size_t n)
{
    for (size_t i = 1; i < COUNT(role_names); i++)
        if (strlen(role_names[i]) == n && memcmp(role_names[i], name, n) == 0)
            return (int)i;
    return -1;
}

const char *hx_need_name(int need)
{
    return name_in(need_names, COUNT(need_names), need);
}

int hx_need_number(const char *name)
{
    return number_in(need_names, COUNT(need_names), name);
}

/* ---- versions ---- */

const struct hx_rules *hx_rules_at(const struct hx_rules *r, uint32_t version)
{
    const struct hx_rules *v = r;
    while (v && v->version != version)
        v = v->older;
    return v ? v : r;
}

const struct hx_rules *hx_rules_in_force(const struct hx_rules *r, uint64_t lsn)
{
    while (r->from_lsn >= lsn && r->older)
        r = r->older;
    return r;
}

/* A list of numbered things as both versions have it. */
struct numbered {
    const char *what, *before, *next;
    int n;
    size_t size; /* of one; its name comes first */
};

static int same_numbers(const struct numbered *l, char *problem, size_t size)
{
    for (int no = 1; no < l->n; no++) {
        const char *before = l->before + (size_t)no * l->size;
        const char *next = l->next + (size_t)no * l->size;
        if (!*before || strcmp(before, next) == 0)
            continue;
        snprintf(problem, size, "%s no %d is %s, but %s in the version before", l->what, no,
                 *next ? next : "missing", before);
        return HX_CONFIG;
    }
    return HX_OK;
}

int hx_rules_follows(const struct hx_rules *next, const struct hx_rules *before, char *problem,
                     size_t size)
{
    const struct numbered lists[] = {
        {"state", before->states[0].name, next->states[0].name, HX_RULES_STATES,
         sizeof *next->states},
        {"class", before->classes[0].name, next->classes[0].name, HX_RULES_CLASSES,
         sizeof *next->classes},
        {"clock", before->clocks[0].name, next->clocks[0].name, HX_RULES_CLOCKS,
         sizeof *next->clocks},
    };
    if (next->version <= before->version) {
        snprintf(problem, size, "version %u does not come after version %u", next->version,
                 before->version);
        return HX_CONFIG;
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        int rc = same_numbers(&lists[i], problem, size);
        if (rc)
            return rc;
    }
    return HX_OK;
}
