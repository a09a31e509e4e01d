#include "kiosk/policy.h"

#include "base/log.h"
#include "base/text.h"
#include "config/yaml_doc.h"
#include "door/link.h"
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static struct policy_row *add_row(struct yaml_doc *doc, yaml_node_t *map, struct policy *p,
                                  enum policy_kind kind)
{
    struct policy_row *row = &p->rows[kind][p->n[kind]];
    if (p->n[kind] == POLICY_ROWS_MAX) {
        yaml_doc_fault(doc, map, "more than %d rows", POLICY_ROWS_MAX);
        return NULL;
    }
    p->n[kind]++;
    yaml_doc_need(doc, map, "name", row->name, sizeof row->name);
    yaml_doc_need(doc, map, "zh", row->zh, sizeof row->zh);
    yaml_doc_need(doc, map, "en", row->en, sizeof row->en);
    if (kind == POLICY_CATEGORIES)
        yaml_doc_text(doc, map, "class", row->class, sizeof row->class);
    if (kind == POLICY_CLOCKS)
        row->promise = yaml_doc_bool(doc, map, "promise");
    return row;
}

static void read_rows(struct yaml_doc *doc, yaml_node_t *root, struct policy *p)
{
    static const char *const sections[] = {"states", "clocks", "categories"};
    for (size_t kind = 0; kind < POLICY_KINDS; kind++) {
        yaml_node_t *list = yaml_doc_get(doc, root, sections[kind]), *map;
        for (size_t i = 0; !doc->rc && (map = yaml_doc_item(doc, list, i)) != NULL; i++)
            (void)add_row(doc, map, p, (enum policy_kind)kind);
    }
}

static void read_calls(struct yaml_doc *doc, yaml_node_t *root, struct policy *p)
{
    yaml_node_t *list = yaml_doc_get(doc, root, "handover"), *map;
    char name[POLICY_NAME_MAX];
    for (size_t i = 0; !doc->rc && (map = yaml_doc_item(doc, list, i)) != NULL; i++) {
        yaml_doc_need(doc, map, "category", name, sizeof name);
        for (size_t k = 0; k < p->n[POLICY_CATEGORIES]; k++) {
            struct policy_row *row = &p->rows[POLICY_CATEGORIES][k];
            if (strcmp(row->name, name) == 0)
                yaml_doc_need(doc, map, "call", row->call, sizeof row->call);
        }
    }
}

int policy_read(const char *text, const char *version, struct policy *out,
                struct hx_problem *problem)
{
    struct yaml_doc doc;
    *out = (struct policy){0};
    hx_text_put(out->version, sizeof out->version, version);
    int rc = yaml_doc_open_text(&doc, version, text, problem);
    if (!rc) {
        read_rows(&doc, yaml_doc_root(&doc), out);
        read_calls(&doc, yaml_doc_root(&doc), out);
        rc = doc.rc;
    }
    yaml_doc_close(&doc);
    return rc;
}

const struct policy_row *policy_find(const struct policy *p, enum policy_kind kind,
                                     const char *name)
{
    for (size_t i = 0; i < p->n[kind]; i++)
        if (strcmp(p->rows[kind][i].name, name) == 0)
            return &p->rows[kind][i];
    return NULL;
}

bool policy_promises(const struct policy *p, const char *clock)
{
    const struct policy_row *row = policy_find(p, POLICY_CLOCKS, clock);
    return row && row->promise;
}

json_t *policy_word(const struct policy *p, enum policy_kind kind, const char *name)
{
    const struct policy_row *row = p ? policy_find(p, kind, name) : NULL;
    return json_pack("{s:s, s:s, s:s}", "id", name, "zh", row ? row->zh : name, "en",
                     row ? row->en : name);
}

/* ---- kept up to date ---- */

struct policy_watch {
    struct link *link;
    const char *id;
    struct event *timer;
    struct policy policy;
    bool known, asked;
};

static void learn(struct policy_watch *w, const Hongxin__V1__RulesAnswer *answer)
{
    struct hx_problem problem = {""};
    struct policy *fresh;
    if (w->known && strcmp(w->policy.version, answer->version) == 0)
        return;
    char *text = hx_text_dup(answer->content.data, answer->content.len);
    fresh = malloc(sizeof *fresh);
    int rc = text && fresh ? policy_read(text, answer->version, fresh, &problem) : HX_NOMEM;
    if (rc) {
        hx_log(HX_LOG_WARN, "event=policy_unread \"%s\"",
               rc == HX_NOMEM ? hx_strerror(rc) : problem.text);
    } else {
        w->policy = *fresh;
        w->known = true;
        hx_log(HX_LOG_INFO, "event=policy version=%s categories=%zu", w->policy.version,
               w->policy.n[POLICY_CATEGORIES]);
    }
    free(text);
    free(fresh);
}

static void on_rules(void *arg, int err, const hxp_response *response)
{
    struct policy_watch *w = arg;
    w->asked = false;
    if (!err && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_RULES)
        learn(w, response->rules);
    else if (err != HX_CLOSED)
        hx_log(HX_LOG_DEBUG, "event=policy_unknown error=%s", hx_strerror(err));
}

static void ask(evutil_socket_t fd, short what, void *arg)
{
    struct policy_watch *w = arg;
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__RulesQuery query = HONGXIN__V1__RULES_QUERY__INIT;
    (void)fd;
    (void)what;
    if (w->asked)
        return;
    query.kind = hx_text_field("life-cycle");
    query.id = hx_text_field(w->id);
    request.ask_case = HONGXIN__V1__REQUEST__ASK_RULES;
    request.rules = &query;
    w->asked = hx_ask_start(w->link->client, &request, on_rules, w) == HX_OK;
}

int policy_watch_open(struct event_base *base, struct link *link, const char *id,
                      struct policy_watch **out)
{
    static const struct timeval every = {POLICY_EVERY_MS / 1000, 0};
    struct policy_watch *w = calloc(1, sizeof *w);
    if (!w)
        return HX_NOMEM;
    w->link = link;
    w->id = id;
    w->timer = event_new(base, -1, EV_PERSIST, ask, w);
    if (!w->timer || event_add(w->timer, &every) != 0) {
        policy_watch_close(w);
        return HX_NOMEM;
    }
    ask(-1, 0, w);
    *out = w;
    return HX_OK;
}

void policy_watch_close(struct policy_watch *w)
{
    if (!w)
        return;
    if (w->asked && w->link->client)
        (void)hx_ask_forget(w->link->client, on_rules, w);
    if (w->timer)
        event_free(w->timer);
    free(w);
}

const struct policy *policy_now(const struct policy_watch *w)
{
    return w->known ? &w->policy : NULL;
}
