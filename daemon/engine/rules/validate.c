#include "engine/rules/validate.h"
#include "base/utf8.h"
#include "hongxin/instant.h"

#include <stddef.h>
#include <string.h>

enum { ID_MAX = 128, TEXT_MAX = 16000, LIST_MAX = 64 };

const hxp_data *hx_event_data(const hxp_event *e)
{
    static const hxp_data empty = HONGXIN__V1__DATA__INIT;
    return e && e->data ? e->data : &empty;
}

static const char *check_text(const char *text, size_t max)
{
    size_t n = strlen(text);
    if (n > max)
        return "TOO_LONG";
    return hx_utf8_span(text, n) == n ? NULL : "BAD_UTF8";
}

/* Texts of an event and how long they may be. */
struct bound {
    const char *name;
    size_t offset;
    size_t max;
};

static const char *check_texts(const void *message, const struct bound *b, size_t n,
                               const char **field)
{
    for (size_t i = 0; i < n; i++) {
        const char *text = *(char *const *)(const void *)((const char *)message + b[i].offset);
        const char *code = *text ? check_text(text, b[i].max) : NULL;
        *field = b[i].name;
        if (code)
            return code;
    }
    *field = NULL;
    return NULL;
}

#define E(name, max)                                                                               \
    {                                                                                              \
#name, offsetof(hxp_event, name), max                                                      \
    }
#define D(name, max)                                                                               \
    {                                                                                              \
#name, offsetof(hxp_data, name), max                                                       \
    }

static const struct bound event_texts[] = {E(id, ID_MAX),
                                           E(source, HX_WORD_MAX - 1),
                                           E(type, HX_NAME_MAX - 1),
                                           E(case_ref, HX_REF_MAX - 1),
                                           E(by, HX_PERSON_MAX - 1),
                                           E(device, HX_WORD_MAX - 1)};

static const struct bound data_texts[] = {{"class", offsetof(hxp_data, class_), HX_NAME_MAX - 1},
                                          D(category, HX_WORD_MAX - 1),
                                          D(place, HX_ID_MAX - 1),
                                          D(text, TEXT_MAX),
                                          D(about, HX_WORD_MAX - 1),
                                          D(ref, HX_REF_MAX - 1),
                                          D(party, HX_REF_MAX - 1),
                                          D(holder, HX_ID_MAX - 1),
                                          D(why, TEXT_MAX),
                                          D(person, HX_PERSON_MAX - 1),
                                          D(bearer, HX_PERSON_MAX - 1),
                                          D(reason, HX_WORD_MAX - 1),
                                          D(onsite_code, ID_MAX),
                                          D(order, ID_MAX),
                                          D(warning, ID_MAX),
                                          D(procedure, ID_MAX),
                                          D(act, ID_MAX),
                                          D(device, HX_WORD_MAX - 1),
                                          D(into, HX_REF_MAX - 1),
                                          D(unit, HX_ID_MAX - 1),
                                          D(clock, HX_NAME_MAX - 1),
                                          D(level, HX_NAME_MAX - 1),
                                          D(receipt, ID_MAX),
                                          D(dispute, HX_REF_MAX - 1),
                                          D(repeat_of, HX_REF_MAX - 1),
                                          D(to, HX_PERSON_MAX - 1),
                                          D(road, HX_NAME_MAX - 1),
                                          D(error, HX_WORD_MAX - 1),
                                          D(post, HX_WORD_MAX - 1),
                                          D(state, HX_NAME_MAX - 1)};

static const char *check_list(char *const *list, size_t n)
{
    if (n > LIST_MAX)
        return "TOO_LONG";
    for (size_t i = 0; i < n; i++) {
        const char *code = check_text(list[i], TEXT_MAX);
        if (code)
            return code;
    }
    return NULL;
}

static const char *check_lists(const hxp_data *d, const char **field)
{
    const struct {
        const char *name;
        char *const *list;
        size_t n;
    } lists[] = {{"steps", d->steps, d->n_steps},
                 {"calls", d->calls, d->n_calls},
                 {"evidence", d->evidence, d->n_evidence},
                 {"cases", d->cases, d->n_cases}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const char *code = check_list(lists[i].list, lists[i].n);
        if (code) {
            *field = lists[i].name;
            return code;
        }
    }
    return NULL;
}

/* Instants: given or not, but never absurd. */
static bool instant(int64_t t, int64_t latest)
{
    return t == 0 || (t >= HX_INSTANT_MIN && t <= latest);
}

#define T(name)                                                                                    \
    {                                                                                              \
#name, offsetof(hxp_data, name)                                                            \
    }

static const struct {
    const char *name;
    size_t offset;
} named_times[] = {T(date),    T(until),     T(deadline), T(give_from),
                   T(give_to), T(back_from), T(back_to)};

/* What people name may lie ten years ahead; what happened may not. */
static const char *check_times(const hxp_event *e, const hxp_data *d, int64_t t_rcv,
                               const char **field)
{
    const int64_t soon = t_rcv + HX_DAY, far = t_rcv + 3653 * HX_DAY;
    *field = !instant(e->t_occ, soon) ? "t_occ" : !instant(e->t_src, soon) ? "t_src" : NULL;
    for (size_t i = 0; !*field && i < sizeof named_times / sizeof *named_times; i++) {
        int64_t t;
        memcpy(&t, (const char *)d + named_times[i].offset, sizeof t);
        *field = instant(t, far) ? NULL : named_times[i].name;
    }
    return *field ? "BAD_TIME" : NULL;
}

/* Two records of calls: one that is named twice is one. */
static bool two_calls(const hxp_data *d)
{
    const char *first = "";
    for (size_t i = 0; i < d->n_calls; i++) {
        if (first[0] && d->calls[i][0] && strcmp(first, d->calls[i]) != 0)
            return true;
        if (!first[0])
            first = d->calls[i];
    }
    return false;
}

bool hx_event_brings(const hxp_data *d, enum hx_need need)
{
    switch (need) {
    case HX_NEED_class:
        return d->class_[0];
    case HX_NEED_place:
        return d->place[0] || d->n_position == 2;
    case HX_NEED_holder:
        return d->holder[0];
    case HX_NEED_reason:
        return d->reason[0];
    case HX_NEED_why:
        return d->why[0];
    case HX_NEED_date:
        return d->date != 0;
    case HX_NEED_unit:
        return d->unit[0];
    case HX_NEED_into:
        return d->into[0];
    case HX_NEED_cases:
        return d->n_cases > 0;
    case HX_NEED_clock:
        return d->clock[0];
    case HX_NEED_level:
        return d->level[0];
    case HX_NEED_until:
        return d->until != 0;
    case HX_NEED_deadline:
        return d->deadline != 0;
    case HX_NEED_receipt:
        return d->receipt[0];
    case HX_NEED_dispute:
        return d->dispute[0];
    case HX_NEED_party:
        return d->party[0];
    case HX_NEED_order:
        return d->order[0];
    case HX_NEED_calls:
        return two_calls(d);
    case HX_NEED_onsite_code:
        return d->onsite_code[0];
    case HX_NEED_warning:
        return d->warning[0];
    case HX_NEED_procedure:
        return d->procedure[0];
    case HX_NEED_act:
        return d->act[0];
    case HX_NEED_to:
        return d->to[0];
    case HX_NEED_error:
        return d->error[0];
    default:
        return true;
    }
}

static const char *check_needs(uint32_t needs, const hxp_data *d, const char **field)
{
    for (; needs; needs &= needs - 1) {
        int i = __builtin_ctz(needs);
        if (!hx_event_brings(d, (enum hx_need)i)) {
            *field = hx_need_name(i);
            return "MISSING_FIELD";
        }
    }
    return NULL;
}

static const char *check_numbers(const hxp_data *d, const char **field)
{
    *field = "rating";
    if (d->rating > 5)
        return "BAD_RATING";
    *field = "error"; /* a word, so that nobody's name or number can come with it */
    if (d->error[0] && d->error[strspn(d->error, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")])
        return "BAD_ERROR";
    *field = "position";
    if (d->n_position != 0 &&
        (d->n_position != 2 || !(d->position[0] >= -180 && d->position[0] <= 180) ||
         !(d->position[1] >= -90 && d->position[1] <= 90)))
        return "BAD_POSITION";
    *field = NULL;
    return NULL;
}

/* role[:area][/person] with a known role; who writes the colon names the area. */
static bool actor_ok(const char *by)
{
    struct hx_actor actor;
    size_t role = strcspn(by, ":/");
    bool nowhere = by[role] == ':' && (by[role + 1] == '\0' || by[role + 1] == '/');
    return !nowhere && hx_actor_parse(by, &actor) && actor.role >= 0;
}

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *check_all_texts(const hxp_event *e, const char **field)
{
    const hxp_data *d = hx_event_data(e);
    const char *code = check_texts(e, event_texts, COUNT(event_texts), field);
    if (!code)
        code = check_texts(d, data_texts, COUNT(data_texts), field);
    return code ? code : check_lists(d, field);
}

const char *hx_validate_texts(const hxp_event *e, const char **field)
{
    *field = NULL;
    if (!e->id[0])
        return "NO_ID";
    if (!e->source[0])
        return "NO_SOURCE";
    if (!e->type[0])
        return "NO_TYPE";
    return check_all_texts(e, field);
}

/* An event of the past bears the id and the source of its report. */
bool hx_validate_texts_good(const hxp_event *e)
{
    const hxp_data *d = hx_event_data(e);
    const char *field;
    bool good = !hx_validate_texts(e, &field);
    for (size_t i = 0; i < d->n_history && good; i++)
        good = d->history[i]->type[0] && !check_all_texts(d->history[i], &field);
    return good;
}

const char *hx_validate_sense(const struct hx_rules *r, const hxp_event *e, int64_t t_rcv,
                              const char **field)
{
    const hxp_data *d = hx_event_data(e);
    *field = NULL;
    const char *code = check_times(e, d, t_rcv, field);
    if (!code)
        code = check_numbers(d, field);
    if (code)
        return code;
    int event = hx_rules_event(r, e->type);
    if (event < 0 || r->events[event].internal)
        return "UNKNOWN_EVENT";
    *field = "by";
    if (!actor_ok(e->by))
        return "BAD_ROLE";
    *field = NULL;
    *field = "history";
    if (d->n_history > LIST_MAX)
        return "TOO_LONG";
    if ((d->n_history || d->state[0] || d->repeat_of[0]) && strcmp(e->type, "REPORTED") != 0)
        return "ONLY_WITH_REPORT";
    *field = NULL;
    return check_needs(r->events[event].needs, d, field);
}

const char *hx_validate(const struct hx_rules *r, const hxp_event *e, int64_t t_rcv,
                        const char **field)
{
    const char *code = hx_validate_texts(e, field);
    return code ? code : hx_validate_sense(r, e, t_rcv, field);
}
