/* What a session may do: the answer to a sign-in and to GET /session. The daemon says it where it
 * has keys; without them everybody may do everything, and the users' file says which pages he
 * works with. */
#include "board/sign/who.h"

#include "base/log.h"
#include "base/text.h"
#include "board/ask.h"
#include <stdlib.h>
#include <string.h>

struct who {
    struct ask ask;
    char csrf[SESSION_TOKEN];
    struct user_texts {
        char user[USER_TEXT + 1], title[USER_TEXT + 1], person[USER_TEXT + 1];
        char role[USER_TEXT + 1];
    } texts;
    json_t *areas; /* of the file */
    int64_t expires;
    bool once, given, totp;
    struct session *session; /* held */
};

static void who_free(struct ask *a)
{
    struct who *w = (struct who *)a;
    json_decref(w->areas);
    sessions_release(w->session);
}

static json_t *list_of(char *const *words, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(words[i]));
    return list;
}

static bool is_area_of(const char *claim)
{
    static const char *const bound[] = {"holder", "manager", "unit", "community", "grid", "street"};
    for (size_t i = 0; i < sizeof bound / sizeof *bound; i++)
        if (strcmp(claim, bound[i]) == 0)
            return true;
    return false;
}

/* Every party that he may name, with each of his areas where the party acts for one. */
static json_t *speaks(const Hongxin__V1__WhoAnswer *w, const char *person)
{
    json_t *list = json_array();
    for (size_t i = 0; i < w->n_claims; i++) {
        bool bound = is_area_of(w->claims[i]);
        for (size_t j = 0; bound && j < w->n_areas && j < 20; j++)
            if (strcmp(w->areas[j], "city") != 0)
                json_array_append_new(list,
                                      json_sprintf("%s:%s/%s", w->claims[i], w->areas[j], person));
        if (!bound || (w->n_areas > 0 && strcmp(w->areas[0], "city") == 0))
            json_array_append_new(list, json_sprintf("%s/%s", w->claims[i], person));
    }
    return list;
}

static json_t *body_of(const struct who *w)
{
    const struct board *b = w->ask.board;
    char offset[16];
    int minutes = b->settings.utc_offset, absolute = minutes < 0 ? -minutes : minutes;
    snprintf(offset, sizeof offset, "%c%02d:%02d", minutes < 0 ? '-' : '+', absolute / 60,
             absolute % 60);
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "user", w->texts.user, "name",
                          w->texts.title, "person", w->texts.person, "csrf", w->csrf, "principal",
                          w->ask.principal, "utc_offset", offset, "zone", b->settings.zone);
    ask_set_instant(b, o, "expires", w->expires);
    if (w->once)
        json_object_set_new(o, "once", json_true());
    if (w->given)
        json_object_set_new(o, "password_old", json_true());
    if (w->totp)
        json_object_set_new(o, "totp", json_true());
    return o;
}

static void add_enforced(json_t *o, const struct who *w, const Hongxin__V1__WhoAnswer *a)
{
    json_object_set_new(o, "enforced", json_true());
    json_object_set_new(
        o, "role",
        json_pack("{s:s, s:s, s:s}", "name", a->role, "zh", a->role_zh, "en", a->role_en));
    json_object_set_new(o, "areas", list_of(a->areas, a->n_areas));
    json_object_set_new(o, "claims", list_of(a->claims, a->n_claims));
    json_object_set_new(o, "rights", list_of(a->rights, a->n_rights));
    json_object_set_new(o, "hides", list_of(a->hides, a->n_hides));
    json_object_set_new(o, "speaks", speaks(a, w->texts.person));
}

static void say_open(struct board *b)
{
    if (!b->said_open)
        hx_log(HX_LOG_WARN, "event=without_keys \"the daemon has no keys: whoever signs in may see "
                            "and do everything\"");
    b->said_open = true;
}

/* Without keys everybody may do everything; the file says what he works with. */
static void add_open(json_t *o, const struct who *w)
{
    say_open(w->ask.board);

    static const char *const claims[] = {"reporter",  "dispatcher", "holder", "manager",
                                         "community", "grid",       "street", "city",
                                         "callback",  "operator",   "unit"};
    json_t *list = json_array(), *all = json_array(), *area;
    size_t i;
    for (i = 0; i < sizeof claims / sizeof *claims; i++) {
        json_array_append_new(list, json_string(claims[i]));
        if (!is_area_of(claims[i]))
            json_array_append_new(all, json_sprintf("%s/%s", claims[i], w->texts.person));
    }
    json_array_foreach (w->areas, i, area)
        if (json_is_string(area) && strcmp(json_string_value(area), "city") != 0)
            json_array_append_new(
                all, json_sprintf("holder:%s/%s", json_string_value(area), w->texts.person));
    json_object_set_new(o, "role",
                        json_pack("{s:s}", "name", *w->texts.role ? w->texts.role : "operator"));
    json_object_set(o, "areas", w->areas);
    json_object_set_new(o, "claims", list);
    json_object_set_new(o, "speaks", all);
    json_object_set_new(
        o, "rights",
        json_pack("[s, s, s, s, s, s]", "publish", "follow", "ask", "rules", "stats", "alarms"));
}

static void on_who(void *arg, int err, const hxp_response *answer)
{
    struct who *w = arg;
    if (!ask_got(w, err, answer, HONGXIN__V1__RESPONSE__ANSWER_WHO))
        return;
    json_t *o = body_of(w);
    if (!*w->session->who)
        ask_who_digest(answer->who, w->session->who);
    if (answer->who->enforced)
        add_enforced(o, w, answer->who);
    else
        add_open(o, w);
    ask_answer(w, o);
}

static void take_session(struct who *w, struct session *s)
{
    hx_text_put(w->ask.principal, sizeof w->ask.principal, s->principal);
    hx_text_put(w->csrf, sizeof w->csrf, s->csrf);
    hx_text_put(w->texts.user, sizeof w->texts.user, s->user);
    hx_text_put(w->texts.title, sizeof w->texts.title, s->title);
    hx_text_put(w->texts.person, sizeof w->texts.person, s->person);
    hx_text_put(w->texts.role, sizeof w->texts.role, s->role);
    w->areas = json_loads(s->areas ? s->areas : "[]", 0, NULL);
    w->expires = s->expires;
    w->once = s->once;
    w->given = s->given;
    w->totp = s->totp;
    w->session = s;
    sessions_hold(s);
}

void who_tell(struct board *b, struct http_request *r, struct session *s)
{
    struct who *w = calloc(1, sizeof *w);
    if (!w) {
        http_problem(r, 503, "NO_MEMORY", "out of memory");
        return;
    }
    w->ask = (struct ask){.board = b, .request = r, .free = who_free};
    take_session(w, s);
    ask_who(w, on_who);
}

void login_session(void *arg, struct http_request *r)
{
    struct session *s = gate_session(arg, r);
    if (s)
        who_tell(arg, r, s);
}
