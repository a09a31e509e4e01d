#include "simulate/scenario.h"
#include "base/message.h"
#include "base/text.h"
#include "base/utf8.h"
#include "engine/step.h"
#include "hongxin/instant.h"
#include "hongxin/json.h"
#include "simulate/resent.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct parse {
    const char *name;
    size_t line;
    char *problem;
};

static int wrong(const struct parse *p, const char *fmt, ...) HX_PRINTF(2, 3);

static int wrong(const struct parse *p, const char *fmt, ...)
{
    int n = snprintf(p->problem, 512, "%s:%zu: ", p->name, p->line);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(p->problem + n, 512 - (size_t)n, fmt, ap);
    va_end(ap);
    return HX_INVALID;
}

static int only(const struct parse *p, json_t *o, const char *const *keys)
{
    const char *key;
    json_t *value;
    json_object_foreach (o, key, value) {
        const char *const *k = keys;
        while (*k && strcmp(*k, key) != 0)
            k++;
        if (!*k)
            return wrong(p, "unknown key %s", key);
    }
    return HX_OK;
}

static int time_of(const struct parse *p, json_t *o, const char *key, int64_t *t)
{
    const json_t *v = json_object_get(o, key);
    if (!v)
        return HX_OK;
    if (!json_is_string(v) || hx_instant_parse(json_string_value(v), t))
        return wrong(p, "%s is not an RFC 3339 time with an offset, 2000 to 2199", key);
    return HX_OK;
}

static int text_of(const struct parse *p, json_t *o, const char *key, const char **text)
{
    const json_t *v = json_object_get(o, key);
    if (v && !json_is_string(v))
        return wrong(p, "%s must be text", key);
    if (v)
        *text = json_string_value(v);
    return HX_OK;
}

static int proof_of(const struct parse *p, const char *name, Hongxin__V1__Proof *proof)
{
    const ProtobufCEnumValue *v =
        protobuf_c_enum_descriptor_get_value_by_name(&hongxin__v1__proof__descriptor, name);
    if (!v || v->value == 0)
        return wrong(p, "unknown proof %s", name);
    *proof = (Hongxin__V1__Proof)v->value;
    return HX_OK;
}

/* The keys of an event line in the order of their checks. */
struct event_texts {
    const char *type, *label, *source, *by, *proof, *id;
};

static int event_texts(const struct parse *p, json_t *o, struct event_texts *t)
{
    const struct {
        const char *key;
        const char **text;
    } keys[] = {{"event", &t->type},
                {"case", &t->label},
                {"source", &t->source},
                {"by", &t->by},
                {"proof", &t->proof}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int rc = text_of(p, o, keys[i].key, keys[i].text);
        if (rc)
            return rc;
    }
    return HX_OK;
}

/* The id may be a number or a text; without one the line's number serves. */
static char *id_of(const struct parse *p, json_t *o)
{
    char text[64];
    const json_t *id = json_object_get(o, "id");
    if (json_is_string(id))
        return strdup(json_string_value(id));
    long long n = json_is_integer(id) ? json_integer_value(id) : (long long)p->line;
    snprintf(text, sizeof text, "%lld", n);
    return strdup(text);
}

static int read_data(const struct parse *p, json_t *o, hxp_event *e)
{
    json_t *data = json_object_get(o, "data");
    char why[HX_JSON_PROBLEM];
    ProtobufCMessage *m;
    if (!data)
        return HX_OK;
    if (!json_is_object(data))
        return wrong(p, "data must be an object");
    int rc = hx_json_to_message(&hongxin__v1__data__descriptor, data, &m, why);
    if (rc)
        return rc == HX_INVALID ? wrong(p, "data: %s", why) : rc;
    e->data = (hxp_data *)m;
    return HX_OK;
}

static int fill_event(const struct parse *p, json_t *o, hxp_event *e, int64_t *rcv)
{
    struct event_texts t = {.source = "sim", .label = "", .by = ""};
    int rc = event_texts(p, o, &t);
    if (!rc)
        rc = time_of(p, o, "rcv", rcv);
    if (!rc && (!*rcv || !t.type))
        rc = wrong(p, "an event needs rcv and event");
    e->t_occ = e->t_src = *rcv;
    if (!rc)
        rc = time_of(p, o, "occ", &e->t_occ);
    if (!rc)
        rc = time_of(p, o, "src", &e->t_src);
    if (!rc && t.proof)
        rc = proof_of(p, t.proof, &e->proof);
    if (rc || !t.type)
        return rc;
    const json_t *seq = json_object_get(o, "seq");
    if (seq && (!json_is_integer(seq) || json_integer_value(seq) < 0))
        return wrong(p, "seq must be a number");
    e->source_seq = (uint64_t)json_integer_value(seq);
    const json_t *id = json_object_get(o, "id");
    if (id && !json_is_string(id) && !json_is_integer(id))
        return wrong(p, "id must be text or a whole number");
    e->id = id_of(p, o);
    e->type = strdup(t.type);
    e->source = strdup(t.source);
    e->case_ref = strdup(t.label);
    e->by = strdup(t.by);
    if (!e->id || !e->type || !e->source || !e->case_ref || !e->by)
        return HX_NOMEM;
    return read_data(p, o, e);
}

static int read_event(const struct parse *p, json_t *o, struct scenario_action *a)
{
    static const char *const keys[] = {"rcv", "event", "occ", "src",  "source", "seq",
                                       "id",  "proof", "by",  "case", "data",   NULL};
    int rc = only(p, o, keys);
    if (rc)
        return rc;
    a->kind = SCENARIO_EVENT;
    a->event = malloc(sizeof *a->event);
    if (!a->event)
        return HX_NOMEM;
    hongxin__v1__event__init(a->event);
    rc = fill_event(p, o, a->event, &a->at);
    if (rc)
        return rc;
    a->occ_given = json_object_get(o, "occ");
    a->src_given = json_object_get(o, "src");
    a->bytes = hx_message_bytes(&a->event->base, &a->size);
    return a->bytes ? HX_OK : HX_NOMEM;
}

/* {"down": TIME}, {"up": TIME}, {"end": TIME}; down and up may stand in one line. */
static int read_instants(const struct parse *p, json_t *o, struct scenario_action *a,
                         struct scenario_action *second)
{
    static const char *const keys[] = {"down", "up", "end", NULL};
    int64_t down = 0, up = 0, end = 0;
    int rc = only(p, o, keys);
    if (!rc)
        rc = time_of(p, o, "down", &down);
    if (!rc)
        rc = time_of(p, o, "up", &up);
    if (!rc)
        rc = time_of(p, o, "end", &end);
    if (rc)
        return rc;
    if (end && (down || up))
        return wrong(p, "end stands alone");
    a->kind = end ? SCENARIO_END : down ? SCENARIO_DOWN : SCENARIO_UP;
    a->at = end ? end : down ? down : up;
    if (down && up) {
        if (up < down)
            return wrong(p, "up is before down");
        *second = (struct scenario_action){.kind = SCENARIO_UP, .at = up, .line = p->line};
    }
    return HX_OK;
}

static int read_ms(const struct parse *p, json_t *o, const char *key, struct scenario_action *a)
{
    const char *const keys[] = {"at", key, NULL};
    const json_t *ms = json_object_get(o, key);
    if (!json_is_integer(ms))
        return wrong(p, "%s must be a whole number", key);
    a->ms = json_integer_value(ms);
    return only(p, o, keys);
}

static int read_endpoint(const struct parse *p, json_t *o, struct scenario_action *a)
{
    static const char *const keys[] = {"at", "endpoint", "state", NULL};
    const char *name = NULL, *state = NULL;
    int rc = only(p, o, keys);
    if (!rc)
        rc = text_of(p, o, "endpoint", &name);
    if (!rc)
        rc = text_of(p, o, "state", &state);
    if (rc)
        return rc;
    if (!state ||
        (strcmp(state, "up") != 0 && strcmp(state, "down") != 0 && strcmp(state, "slow") != 0))
        return wrong(p, "state must be up, down or slow");
    hx_text_put(a->name, sizeof a->name, name);
    hx_text_put(a->state, sizeof a->state, state);
    a->kind = SCENARIO_ENDPOINT;
    return HX_OK;
}

/* Applying to open cases needs two different persons; one name in two roles is one. */
static int read_persons(const struct parse *p, const json_t *by, struct scenario_action *a)
{
    for (size_t i = 0; i < 2 && json_is_array(by); i++) {
        const char *name = json_string_value(json_array_get(by, i));
        hx_text_put(a->by[i], sizeof a->by[i], name ? name : "");
    }
    bool two = a->by[0][0] && a->by[1][0] && !hx_actor_same(a->by[0], a->by[1]);
    if ((by || a->open) && (!two || json_array_size(by) != 2))
        return wrong(p, "by must name two different persons, such as [\"operator/a\", \"city/b\"]");
    return HX_OK;
}

static int read_apply(const struct parse *p, json_t *o, struct scenario_action *a)
{
    static const char *const keys[] = {"at", "apply", "open", "by", "why", NULL};
    const char *file = NULL, *why = "";
    int rc = only(p, o, keys);
    if (!rc)
        rc = text_of(p, o, "apply", &file);
    if (!rc)
        rc = text_of(p, o, "why", &why);
    if (rc)
        return rc;
    const json_t *open = json_object_get(o, "open");
    if (open && !json_is_boolean(open))
        return wrong(p, "open must be true or false");
    a->open = json_is_true(open);
    hx_text_put(a->file, sizeof a->file, file);
    hx_text_put(a->why, sizeof a->why, why);
    a->kind = SCENARIO_APPLY;
    return read_persons(p, json_object_get(o, "by"), a);
}

static int read_at(const struct parse *p, json_t *o, struct scenario_action *a)
{
    int rc = time_of(p, o, "at", &a->at);
    if (rc)
        return rc;
    if (!a->at)
        return wrong(p, "at is missing");
    if (json_object_get(o, "step_ms")) {
        a->kind = SCENARIO_STEP;
        return read_ms(p, o, "step_ms", a);
    }
    if (json_object_get(o, "suspend_ms")) {
        a->kind = SCENARIO_SUSPEND;
        rc = read_ms(p, o, "suspend_ms", a);
        return !rc && a->ms < 0 ? wrong(p, "suspend_ms must not be negative") : rc;
    }
    if (json_object_get(o, "endpoint"))
        return read_endpoint(p, o, a);
    if (json_object_get(o, "apply"))
        return read_apply(p, o, a);
    return wrong(p, "nothing here that a scenario knows");
}

/* {"onsite_key": HEX}: what buildings show is made with it. */
static int read_key(const struct parse *p, json_t *o, struct scenario *s)
{
    static const char *const keys[] = {"onsite_key", NULL};
    const char *hex = "", *end = NULL;
    size_t n = 0;
    int rc = only(p, o, keys);
    if (!rc)
        rc = text_of(p, o, "onsite_key", &hex);
    if (rc)
        return rc;
    if (sodium_hex2bin(s->onsite_key, sizeof s->onsite_key, hex, strlen(hex), NULL, &n, &end) ||
        n != sizeof s->onsite_key || *end)
        return wrong(p, "onsite_key must be 64 hexadecimal digits");
    s->checks_codes = true;
    return HX_OK;
}

static struct scenario_action *add(struct scenario *s, size_t line)
{
    struct scenario_action *more = realloc(s->actions, (s->n + 1) * sizeof *more);
    if (!more)
        return NULL;
    s->actions = more;
    more[s->n] = (struct scenario_action){.line = line};
    return &more[s->n++];
}

static int read_object(const struct parse *p, json_t *o, struct scenario *s)
{
    struct scenario_action second = {0};
    if (json_object_get(o, "onsite_key"))
        return read_key(p, o, s);
    struct scenario_action *a = add(s, p->line);
    if (!a)
        return HX_NOMEM;
    if (json_object_get(o, "event") || json_object_get(o, "rcv"))
        return read_event(p, o, a);
    if (json_object_get(o, "at"))
        return read_at(p, o, a);
    int rc = HX_OK;
    if (json_object_get(o, "down") || json_object_get(o, "up") || json_object_get(o, "end"))
        rc = read_instants(p, o, a, &second);
    else
        rc = wrong(p, "nothing here that a scenario knows");
    if (!rc && second.at) {
        struct scenario_action *b = add(s, p->line);
        if (!b)
            return HX_NOMEM;
        *b = second;
    }
    return rc;
}

static int read_line(const struct parse *p, const char *text, size_t size, struct scenario *s)
{
    json_error_t error;
    size_t mark = p->line == 1 ? hx_utf8_mark(text, size) : 0;
    if (mark + strspn(text + mark, " \t\r\n") == size)
        return HX_OK;
    json_t *o = json_loadb(text + mark, size - mark, JSON_REJECT_DUPLICATES, &error);
    if (!o)
        return wrong(p, "not JSON: %s", error.text);
    int rc = json_is_object(o) ? read_object(p, o, s) : wrong(p, "a line is one object");
    json_decref(o);
    return rc;
}

static int by_time(const void *x, const void *y)
{
    const struct scenario_action *a = x, *b = y;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return (int)a->kind - (int)b->kind;
}

/* What our clock shows after this line is an instant that any door would take. */
static bool in_range(const struct scenario_action *a, int64_t *jumped)
{
    if (a->ms > HX_INSTANT_MAX || a->ms < -HX_INSTANT_MAX)
        return false;
    int64_t shows = a->at + *jumped + a->ms;
    *jumped += a->kind == SCENARIO_STEP ? a->ms : 0;
    return shows >= HX_INSTANT_MIN && shows <= HX_INSTANT_MAX;
}

/* The daemon stops and starts in turns, a scenario ends once, and no clock leaves its range. */
static int check_order(struct parse *p, const struct scenario *s)
{
    bool down = false, ended = false;
    int64_t jumped = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct scenario_action *a = &s->actions[i];
        p->line = a->line;
        if (!in_range(a, &jumped))
            return wrong(p, "the clock would show a time outside 2000 to 2199");
        if (a->kind == SCENARIO_DOWN && down)
            return wrong(p, "down while it is down");
        if (a->kind == SCENARIO_UP && !down)
            return wrong(p, "up while it is up");
        if (a->kind == SCENARIO_END && ended)
            return wrong(p, "end stands twice");
        down = a->kind == SCENARIO_DOWN || (down && a->kind != SCENARIO_UP);
        ended = ended || a->kind == SCENARIO_END;
    }
    return HX_OK;
}

int scenario_read(FILE *in, const char *name, struct scenario *out, char problem[512])
{
    struct parse p = {.name = name, .problem = problem};
    char *line = NULL;
    size_t cap = 0;
    int rc = HX_OK;
    *out = (struct scenario){0};
    ssize_t size;
    while (!rc && (size = getline(&line, &cap, in)) >= 0) {
        p.line++;
        rc = read_line(&p, line, (size_t)size, out);
    }
    free(line);
    if (!rc && ferror(in))
        rc = wrong(&p, "cannot be read");
    if (rc == HX_NOMEM)
        snprintf(problem, 512, "out of memory");
    if (rc) {
        scenario_free(out);
        return rc;
    }
    for (size_t i = 0; i < out->n; i++)
        out->end = out->actions[i].kind == SCENARIO_END ? out->actions[i].at : out->end;
    if (out->n)
        qsort(out->actions, out->n, sizeof *out->actions, by_time);
    rc = check_order(&p, out);
    if (!rc)
        rc = scenario_resent(out);
    if (rc)
        scenario_free(out);
    return rc;
}

void scenario_free(struct scenario *s)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->actions[i].event)
            hongxin__v1__event__free_unpacked(s->actions[i].event, NULL);
        free(s->actions[i].bytes);
    }
    free(s->actions);
    *s = (struct scenario){0};
}
