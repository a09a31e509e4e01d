#include "wechat/tell.h"

#include "base/text.h"
#include "door/outbox.h"
#include "door/post.h"
#include "http/figures.h"
#include "wechat/person.h"
#include "wechat/text.h"
#include "wechat/token.h"
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tell {
    const struct wechat_settings *settings;
    const struct accounts *accounts;
    hx_client *client;
    struct post *post;
    struct tokens *tokens;
    struct outbox *outbox;
    uint64_t outside, gone, spoilt, quota; /* figures */
};

/* One attempt for one reporter. */
struct message {
    struct tell *tell;
    struct outbox_item *item;
    uint32_t party; /* whose turn it is: those before him have been told, or never will be */
    bool taken;     /* by one of them */
    bool last;      /* nobody stands behind him */
    char number[HX_NUMBER_TEXT]; /* under which he knows the case */
    char ref[128], openid[WX_OPENID_MAX], token[WX_TOKEN_MAX], body[4096];
    char holder[2][96]; /* its name, by language */
    int64_t deadline;
    enum wx_language language;
    size_t account;
    bool again; /* with a second token */
};

static void begin(void *arg, struct outbox_item *item);

/* This reporter is done with, for now or for good: then it is the next one's turn. */
static void done(struct message *m, enum outbox_result result, int status, const char *why)
{
    struct tell *t = m->tell;
    struct outbox_item *item = m->item;
    bool later = result == OUTBOX_LATER || result == OUTBOX_MUCH_LATER;
    bool last = m->last, taken = m->taken || result == OUTBOX_TAKEN;
    uint32_t party = later ? m->party : m->party + 1;
    sodium_memzero(m, sizeof *m); /* who it was */
    m->party = party;
    m->taken = taken;
    if (later || last)
        outbox_done(t->outbox, item, !later && taken ? OUTBOX_TAKEN : result, status, why);
    else
        begin(t, item);
}

/* ---- what the platform says ---- */

enum tell_verdict tell_verdict_of(long long errcode)
{
    static const struct {
        int code;
        enum tell_verdict verdict;
    } table[] = {{0, TELL_SENT},        {40001, TELL_TOKEN},   {40014, TELL_TOKEN},
                 {42001, TELL_TOKEN},   {45009, TELL_QUOTA},   {45011, TELL_QUOTA},
                 {45015, TELL_OUTSIDE}, {45047, TELL_OUTSIDE}, {43004, TELL_GONE},
                 {40003, TELL_GONE},    {60111, TELL_GONE},    {81013, TELL_GONE}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == errcode)
            return table[i].verdict;
    return TELL_TROUBLE;
}

/* No JSON, or no code in it: trouble. */
static long long errcode_of(const char *body)
{
    json_t *o = json_loads(body, 0, NULL), *code = json_object_get(o, "errcode");
    long long n = json_is_integer(code) ? json_integer_value(code) : -1;
    json_decref(o);
    return n;
}

static void send_with_token(struct message *m);

static void take_verdict(struct message *m, long long errcode)
{
    struct tell *t = m->tell;
    char why[40];
    snprintf(why, sizeof why, "errcode %lld", errcode);
    switch (tell_verdict_of(errcode)) {
    case TELL_SENT:
        done(m, OUTBOX_TAKEN, 200, "");
        return;
    case TELL_TOKEN: /* a new one, once: then it is the secret that is wrong */
        t->spoilt++;
        tokens_spoil(t->tokens, m->account, m->token);
        if (m->again) {
            done(m, OUTBOX_LATER, 200, why);
            return;
        }
        m->again = true;
        send_with_token(m);
        return;
    case TELL_QUOTA:
        t->quota++;
        done(m, OUTBOX_MUCH_LATER, 200, why);
        return;
    case TELL_OUTSIDE:
        t->outside++;
        done(m, OUTBOX_DROPPED, 200, why);
        return;
    case TELL_GONE:
        t->gone++;
        done(m, OUTBOX_DROPPED, 200, why);
        return;
    default:
        done(m, OUTBOX_LATER, 200, why);
    }
}

static void on_sent(void *arg, int status, const char *body, const char *why)
{
    struct message *m = arg;
    if (status == 200)
        take_verdict(m, errcode_of(body));
    else
        done(m, OUTBOX_LATER, status, why);
}

/* ---- sending ---- */

static void on_token(void *arg, const char *token, const char *why)
{
    static const char *const headers[] = {"Content-Type: application/json; charset=utf-8", NULL};
    struct message *m = arg;
    const struct wx_tell_settings *s = &m->tell->settings->tell;
    bool wecom = accounts_at(m->tell->accounts, m->account)->kind == ACCOUNT_WECOM;
    char url[WX_TOKEN_MAX + 512];
    if (!token) {
        done(m, OUTBOX_LATER, 0, why);
        return;
    }
    hx_text_put(m->token, sizeof m->token, token);
    snprintf(url, sizeof url, "%s/cgi-bin/message/%s?access_token=%s",
             wecom ? s->wecom : s->official, wecom ? "send" : "custom/send", token);
    const struct post_request r = {.url = url,
                                   .headers = headers,
                                   .body = m->body,
                                   .size = strlen(m->body),
                                   .timeout_ms = (long)s->timeout_ms};
    int rc = post_start(m->tell->post, &r, on_sent, m);
    sodium_memzero(url, sizeof url);
    if (rc)
        done(m, OUTBOX_LATER, 0, hx_strerror(rc));
}

static void send_with_token(struct message *m)
{
    tokens_get(m->tell->tokens, m->account, on_token, m);
}

/* As it is to be read: the platform shows \\u escapes as they are. */
static bool write_body(struct message *m, const char *text)
{
    const struct account *a = accounts_at(m->tell->accounts, m->account);
    json_t *o = json_pack("{s:s, s:s, s:{s:s}}", "touser", m->openid, "msgtype", "text", "text",
                          "content", text);
    if (o && a->kind == ACCOUNT_WECOM) {
        json_object_set_new(o, "agentid", json_integer((json_int_t)a->agent));
        json_object_set_new(o, "enable_duplicate_check", json_integer(1));
    }
    size_t n = o ? json_dumpb(o, m->body, sizeof m->body - 1, JSON_COMPACT) : 0;
    bool fits = n > 0 && n < sizeof m->body;
    m->body[fits ? n : 0] = '\0';
    json_decref(o);
    return fits;
}

static void compose(struct message *m)
{
    const struct wechat_settings *s = m->tell->settings;
    const struct wx_told *told = m->item->what;
    char text[WX_ANSWER_MAX], time[HX_INSTANT_TEXT];
    wx_short_time(s, m->deadline, time);
    const char *const pairs[] = {"number", m->number,
                                 "state",  wx_state_word(s, m->item->state, m->language),
                                 "holder", m->holder[m->language],
                                 "time",   time,
                                 NULL};
    wx_fill(text, told->text[m->language], pairs);
    if (write_body(m, text))
        send_with_token(m);
    else
        done(m, OUTBOX_DROPPED, 0, "the text is too long");
}

/* ---- whom ---- */

/* The account whose hash of him is in the reference. */
static bool find_account(struct message *m)
{
    char name[WX_PERSON_TEXT];
    for (size_t i = 0; i < accounts_count(m->tell->accounts); i++) {
        const struct account *a = accounts_at(m->tell->accounts, i);
        wx_person_name(a, m->openid, name);
        if (*a->secret && !a->gone && strncmp(m->ref, name, WX_PERSON_TEXT - 1) == 0) {
            m->account = i;
            return true;
        }
    }
    return false;
}

static void on_identity(void *arg, int err, const hxp_response *response)
{
    struct message *m = arg;
    if (err == HX_CLOSED)
        return;
    bool known = !err && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_IDENTITY &&
                 response->identity->reporter;
    if (err && err != HX_NOTFOUND)
        done(m, OUTBOX_LATER, 0, err == HX_DENIED ? "no right to identities" : hx_strerror(err));
    else if (!known ||
             !wx_person_read(response->identity->reporter->other, m->openid, &m->language) ||
             !find_account(m))
        done(m, OUTBOX_PASSED, 0, ""); /* forgotten, or of another door */
    else
        compose(m);
}

static void ask_identity(struct message *m)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__IdentityQuery query = HONGXIN__V1__IDENTITY_QUERY__INIT;
    char reason[96];
    snprintf(reason, sizeof reason, "message to the resident: %.60s", m->item->cause);
    query.case_number = m->item->case_number;
    query.party = m->party;
    query.reason = reason;
    query.person = hx_text_field("hongxin-wechat");
    request.ask_case = HONGXIN__V1__REQUEST__ASK_IDENTITY;
    request.identity = &query;
    if (hx_ask_start(m->tell->client, &request, on_identity, m) != HX_OK)
        done(m, OUTBOX_LATER, 0, "the daemon cannot be asked");
}

/* A reporter of this door who still waits for the case; NULL: this party is none. */
static const char *name_at(const hxp_case_view *view, uint32_t party)
{
    const Hongxin__V1__PartyView *p = party < view->n_callbacks ? view->callbacks[party] : NULL;
    const char *ref = p && *p->ref ? p->ref : party == 0 ? view->ref : "";
    return wx_person_is_name(ref) && !(p && strcmp(p->callback, "GONE") == 0) ? ref : NULL;
}

static uint32_t next_party(const hxp_case_view *view, uint32_t party)
{
    while (party < view->n_callbacks && !name_at(view, party))
        party++;
    return party;
}

/* The next reporter who is told. Whoever came with a merged case knows that one's number. False:
 * there is none. */
static bool take_turn(struct message *m, const hxp_case_view *view)
{
    m->party = next_party(view, m->party);
    const char *ref = name_at(view, m->party);
    if (!ref)
        return false;
    const char *from = m->party < view->n_callbacks ? view->callbacks[m->party]->from_case : "";
    hx_text_put(m->ref, sizeof m->ref, ref);
    hx_text_put(m->number, sizeof m->number, *from ? from : m->item->number);
    m->last = next_party(view, m->party + 1) >= view->n_callbacks;
    return true;
}

static void on_case(void *arg, int err, const hxp_response *response)
{
    struct message *m = arg;
    if (err == HX_CLOSED)
        return;
    const hxp_case_view *view =
        !err && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER
            ? response->case_answer->view
            : NULL;
    if (err && err != HX_NOTFOUND) {
        done(m, OUTBOX_LATER, 0, hx_strerror(err));
    } else if (!view || !take_turn(m, view)) {
        m->last = true;
        done(m, OUTBOX_PASSED, 0, "");
    } else {
        hx_text_put(m->holder[WX_ZH], sizeof m->holder[0], view->holder_name_zh);
        hx_text_put(m->holder[WX_EN], sizeof m->holder[0], view->holder_name_en);
        m->deadline = view->next_deadline;
        ask_identity(m);
    }
}

static void begin(void *arg, struct outbox_item *item)
{
    struct message *m = item->own;
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    *m = (struct message){.tell = arg, .item = item, .party = m->party, .taken = m->taken};
    query.case_number = item->case_number;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    request.case_query = &query;
    if (hx_ask_start(m->tell->client, &request, on_case, m) != HX_OK)
        done(m, OUTBOX_LATER, 0, "the daemon cannot be asked");
}

static void forget(void *arg, struct outbox_item *item)
{
    struct tell *t = arg;
    struct message *m = item->own;
    (void)hx_ask_forget(t->client, on_case, m);
    (void)hx_ask_forget(t->client, on_identity, m);
    tokens_forget(t->tokens, m->account, m);
    sodium_memzero(m, sizeof *m);
}

static const void *wanted(void *arg, const hxp_entry *entry)
{
    const struct wechat_settings *s = ((const struct tell *)arg)->settings;
    char state[64];
    snprintf(state, sizeof state, "STATE:%s", outbox_entered(entry));
    for (size_t i = 0; i < s->n_told; i++)
        if (strcmp(s->told[i].on, entry->cause) == 0 || strcmp(s->told[i].on, state) == 0)
            return &s->told[i];
    return NULL;
}

static const struct outbox_calls calls = {.name = "tell",
                                          .own_size = sizeof(struct message),
                                          .wanted = wanted,
                                          .begin = begin,
                                          .forget = forget};

/* ---- life ---- */

int tell_open(struct event_base *base, hx_client *client, const struct wechat_settings *s,
              const struct accounts *accounts, struct tell **out)
{
    struct tell *t = calloc(1, sizeof *t);
    *out = NULL;
    if (!t)
        return HX_NOMEM;
    t->settings = s;
    t->accounts = accounts;
    t->client = client;
    int rc = post_open(base, s->tell.ca_file, &t->post);
    if (!rc)
        rc = tokens_open(t->post, accounts, &s->tell, &t->tokens);
    if (!rc)
        rc = outbox_open(base, client, &s->tell.outbox, &calls, t, &t->outbox);
    if (rc) {
        tell_close(t);
        return rc;
    }
    *out = t;
    return HX_OK;
}

void tell_close(struct tell *t)
{
    if (!t)
        return;
    post_close(t->post); /* what is under way has no callback any more */
    outbox_close(t->outbox);
    tokens_close(t->tokens);
    free(t);
}

void tell_figures(const struct tell *t, struct evbuffer *out)
{
    if (!t)
        return;
    const struct outbox_counts c = outbox_counts(t->outbox);
    const struct figure_row rows[] = {
        {"wechat_told_total", "counter", "Messages that the platform has taken.", c.taken},
        {"wechat_tell_failures_total", "counter", "Attempts that it has not taken.", c.failures},
        {"wechat_tell_given_up_total", "counter", "Messages given up after give_up.", c.given_up},
        {"wechat_tell_outside_total", "counter", "… dropped: no word for 48 hours.", t->outside},
        {"wechat_tell_gone_total", "counter", "… dropped: the resident follows no more.", t->gone},
        {"wechat_tell_quota_total", "counter", "Attempts beyond the platform's quota.", t->quota},
        {"wechat_tokens_total", "counter", "Access tokens fetched.", tokens_fetched(t->tokens)},
        {"wechat_tokens_spoilt_total", "counter", "… not believed any more.", t->spoilt},
        {"wechat_tell_waiting", "gauge", "Messages that wait for the platform.", c.waiting},
    };
    figures_rows(out, "", rows, sizeof rows / sizeof *rows);
}
