/* The small dialogue with residents. It has no memory: each message says all that it means, and its
 * id makes sending it again harmless, over restarts of everybody, because the daemon knows it. */
#include "base/log.h"
#include "base/text.h"
#include "door/reply.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"
#include "wechat/command.h"
#include "wechat/person.h"
#include "wechat/text.h"
#include "wechat/wechat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_MAX = 160 };

struct talk {
    struct callback *callback;
    struct wx_command command;
    const char *text; /* what he said, of the callback */
    char id[ID_MAX], person[WX_PERSON_TEXT], ref[ID_MAX];
    char state[48];              /* of his case, when he asked for something */
    char joined[HX_NUMBER_TEXT]; /* his case, when it is merged and this asks for the one that
                                    counts */
};

/* ---- texts ---- */

static const char *text_of(const struct talk *t, enum wx_text text)
{
    return t->callback->wechat->settings.texts[text][t->command.language];
}

static void end(struct talk *t, const char *answer)
{
    callback_answer(t->callback, answer);
    free(t);
}

static void say_words(struct talk *t, const char *text, const char *const *pairs)
{
    char answer[WX_ANSWER_MAX];
    wx_fill(answer, text, pairs);
    end(t, answer);
}

static void say(struct talk *t, enum wx_text text, const char *const *pairs)
{
    say_words(t, text_of(t, text), pairs);
}

/* Why what he asked for is not possible, where the texts have words for it. */
static void say_refused(struct talk *t, const hxp_reply *reply)
{
    const struct wechat_settings *s = &t->callback->wechat->settings;
    const char *text = text_of(t, WX_refused);
    const char *const pairs[] = {"number", reply->number, "state",
                                 wx_state_word(s, t->state, t->command.language), NULL};
    for (size_t i = 0; i < s->n_refusals; i++)
        if (strcmp(s->refusals[i].on, reply->code) == 0)
            text = s->refusals[i].text[t->command.language];
    say_words(t, text, pairs);
}

static void later(struct talk *t, const char *code)
{
    callback_later(t->callback, code);
    free(t);
}

/* ---- publishing ---- */

static int64_t deadline_of(const hxp_reply *reply, const char *clock)
{
    for (size_t i = 0; i < reply->n_promises; i++)
        if (strcmp(reply->promises[i]->clock, clock) == 0)
            return reply->promises[i]->deadline;
    return 0;
}

static void add_promise(const struct talk *t, const hxp_reply *reply, const char *clock,
                        enum wx_text text, char answer[WX_ANSWER_MAX])
{
    char time[HX_INSTANT_TEXT], line[WX_ANSWER_MAX];
    int64_t at = deadline_of(reply, clock);
    if (!at)
        return;
    wx_short_time(&t->callback->wechat->settings, at, time);
    const char *const pairs[] = {"time", time, NULL};
    wx_fill(line, text_of(t, text), pairs);
    size_t n = strlen(answer);
    snprintf(answer + n, WX_ANSWER_MAX - n, "\n%s", line);
}

static void tell_reported(struct talk *t, const hxp_reply *reply)
{
    char answer[WX_ANSWER_MAX];
    const char *const pairs[] = {"number", reply->number, NULL};
    t->callback->wechat->reports++;
    wx_fill(answer, text_of(t, WX_reported), pairs);
    add_promise(t, reply, "K_ARRIVE", WX_arrives, answer);
    add_promise(t, reply, "K_RESOLVE", WX_solved, answer);
    end(t, answer);
}

/* What is not a matter of ours has a number, too, but nobody will come. */
static bool is_taken(const hxp_reply *reply)
{
    return reply_is_taken(reply) && hx_reply_first(reply) != HONGXIN__V1__RESULT__REJECTED;
}

static void ask_which(struct talk *t, const char *number)
{
    say(t, WX_which, (const char *const[]){"word", t->command.word, "number", number, NULL});
}

static void on_reply(void *arg, int err, const hxp_reply *reply)
{
    struct talk *t = arg;
    if (err) {
        later(t, "NO_ANSWER");
        return;
    }
    const char *const pairs[] = {"number", reply->number, NULL};
    if (!is_taken(reply) && strcmp(reply->code, "UNKNOWN_PLACE") == 0)
        say(t, WX_unknown_place, NULL);
    else if (!is_taken(reply) && t->command.kind == WX_REPORT)
        say(t, WX_not_taken, NULL);
    else if (!is_taken(reply) && t->command.word && !t->command.case_number)
        ask_which(t, reply->number); /* his newest was not the one that he means */
    else if (!is_taken(reply))
        say_refused(t, reply);
    else if (t->command.kind == WX_REPORT)
        tell_reported(t, reply);
    else
        say(t, wx_command_done(&t->command, reply->code), pairs);
}

static void publish(struct talk *t, hxp_event *event, const hxp_reporter *reporter)
{
    struct wechat *w = t->callback->wechat;
    event->id = t->id;
    event->source = hx_text_field(t->callback->account->source);
    event->by = hx_text_field("reporter");
    const struct hx_item item = {.event = event, .reporter = reporter};
    if (!hx_client_is_up(w->link.client, HX_DOOR_INTAKE) ||
        hx_publish_start(w->link.client, &item, on_reply, t) != HX_OK)
        later(t, "DAEMON_AWAY");
}

/* ---- reports ---- */

static bool take_position(const struct wx_xml *xml, double out[2])
{
    char *end;
    const char *x = wx_xml_get(xml, "Location_X"), *y = wx_xml_get(xml, "Location_Y");
    out[1] = strtod(x, &end); /* X is the latitude */
    if (end == x || *end)
        return false;
    out[0] = strtod(y, &end);
    return end != y && !*end;
}

static void report(struct talk *t, const char *text)
{
    const struct wx_xml *xml = &t->callback->xml;
    hxp_event event = HONGXIN__V1__EVENT__INIT;
    hxp_data data = HONGXIN__V1__DATA__INIT;
    hxp_reporter reporter = HONGXIN__V1__REPORTER__INIT;
    double position[2];
    char other[WX_KEPT_MAX];
    wx_person_keep(wx_xml_get(xml, "FromUserName"), t->command.language, other);
    reporter.other = other;
    event.type = hx_text_field("REPORTED");
    event.case_ref = t->ref;
    data.text = hx_text_field(text);
    data.place = t->command.place;
    if (strcmp(wx_xml_get(xml, "MsgType"), "location") == 0 && take_position(xml, position)) {
        data.position = position;
        data.n_position = 2;
    }
    event.data = &data;
    publish(t, &event, &reporter);
}

/* ---- questions about a case of one's own ---- */

static void ask(struct talk *t);

/* He speaks for himself, as the party that he is, and for no other reporter. */
static void act(struct talk *t, const hxp_case_view *view)
{
    hxp_event event = HONGXIN__V1__EVENT__INIT;
    hxp_data data = HONGXIN__V1__DATA__INIT;
    event.case_number = view->case_number;
    data.party = hx_text_field(wx_person_party(view, t->person));
    hx_text_put(t->state, sizeof t->state, view->state);
    switch (t->command.kind) {
    case WX_GOOD:
        event.type = hx_text_field("CALLBACK_OK");
        data.rating = 5;
        break;
    case WX_BAD:
        event.type = hx_text_field("CALLBACK_BAD");
        data.rating = 1;
        break;
    case WX_ADD:
        event.type = hx_text_field("COMMENT");
        data.party = hx_text_field("");
        data.text = hx_text_field(t->text);
        break;
    default:
        event.type = hx_text_field("WITHDRAW_ASKED");
    }
    event.data = &data;
    publish(t, &event, NULL);
}

/* A picture belongs to the case that he speaks of, his newest; the picture itself stays with the
 * platform. */
static void add_picture(struct talk *t, const hxp_case_view *view)
{
    hxp_event event = HONGXIN__V1__EVENT__INIT;
    hxp_data data = HONGXIN__V1__DATA__INIT;
    char name[160], *evidence[1] = {name};
    snprintf(name, sizeof name, "wechat:%.140s", wx_xml_get(&t->callback->xml, "MediaId"));
    event.case_number = view->case_number;
    event.type = hx_text_field("COMMENT");
    data.evidence = evidence;
    data.n_evidence = 1;
    event.data = &data;
    publish(t, &event, NULL);
}

static void tell_status(struct talk *t, const hxp_case_view *view)
{
    const struct wechat_settings *s = &t->callback->wechat->settings;
    const char *holder = t->command.language == WX_ZH ? view->holder_name_zh : view->holder_name_en;
    char time[HX_INSTANT_TEXT];
    wx_short_time(s, view->next_deadline, time);
    const char *const pairs[] = {"number", view->number,
                                 "state",  wx_state_word(s, view->state, t->command.language),
                                 "holder", *holder ? holder : text_of(t, WX_nobody),
                                 "time",   time,
                                 "own",    t->joined,
                                 NULL};
    char text[WX_ANSWER_MAX];
    snprintf(text, sizeof text, "%s%s%s", *t->joined ? text_of(t, WX_joined) : "",
             *t->joined ? "\n" : "",
             text_of(t, view->next_deadline && !view->t_closed ? WX_status : WX_ended));
    say_words(t, text, pairs);
}

/* Of a case that is merged: where the one stands that counts. */
static void follow_merge(struct talk *t, const hxp_case_view *view)
{
    if (!*t->joined)
        hx_text_put(t->joined, sizeof t->joined, view->number);
    if (hx_number_parse(view->merged_into, &t->command.case_number) == HX_OK)
        ask(t);
    else
        tell_status(t, view);
}

/* A case that another person reported does not exist for this one. */
static void on_case(void *arg, int err, const hxp_response *response)
{
    struct talk *t = arg;
    char number[HX_NUMBER_TEXT];
    const char *const pairs[] = {"number", hx_number_format(t->command.case_number, number), NULL};
    if (err && err != HX_NOTFOUND) {
        later(t, "NO_ANSWER");
        return;
    }
    bool answered = !err && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER;
    const hxp_case_view *view = answered ? response->case_answer->view : NULL;
    bool own = view && (*t->joined || wx_person_party(view, t->person));
    bool merged = own && strcmp(view->state, "MERGED") == 0;
    if (t->command.kind == WX_PICTURE && (!own || (view->t_closed && !merged)))
        say(t, WX_words_please, NULL);
    else if (t->command.kind == WX_PICTURE)
        add_picture(t, view);
    else if (!own)
        say(t, t->command.case_number ? WX_unknown_case : WX_welcome, pairs);
    else if (t->command.kind == WX_STATUS && merged)
        follow_merge(t, view);
    else if (t->command.kind == WX_STATUS)
        tell_status(t, view);
    else if (t->command.kind == WX_WITHDRAW && !t->command.case_number)
        ask_which(t, view->number); /* nothing is taken back by guessing */
    else
        act(t, view);
}

static void ask(struct talk *t)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    char prefix[WX_PERSON_TEXT + 1];
    snprintf(prefix, sizeof prefix, "%s-", t->person);
    query.case_number = t->command.case_number;
    if (!query.case_number) {
        query.newest = true;
        query.ref = prefix;
        query.source = hx_text_field(t->callback->account->source);
    }
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    request.case_query = &query;
    if (hx_ask_start(t->callback->wechat->link.client, &request, on_case, t) != HX_OK)
        later(t, "DAEMON_AWAY");
}

/* ---- messages ---- */

/* Messages by their MsgId; where there is none, by person and time. */
static void name_message(struct talk *t)
{
    const struct wx_xml *xml = &t->callback->xml;
    const char *id = wx_xml_get(xml, "MsgId");
    if (*id)
        snprintf(t->id, sizeof t->id, "wx:%.40s", id);
    else
        snprintf(t->id, sizeof t->id, "wx:%s:%.20s", t->person, wx_xml_get(xml, "CreateTime"));
    snprintf(t->ref, sizeof t->ref, "%s-%s", t->person, t->id + 3);
}

/* ---- forgetting ---- */

static void on_forgotten(void *arg, int err, const hxp_response *response)
{
    struct talk *t = arg;
    struct wechat *w = t->callback->wechat;
    if (err || response->answer_case != HONGXIN__V1__RESPONSE__ANSWER_IDENTITY_ACTED) {
        if (err == HX_DENIED)
            hx_log(HX_LOG_ERROR, "event=forget_denied \"the key has no right to erase\"");
        later(t, "NOT_FORGOTTEN");
        return;
    }
    w->forgotten += response->identity_acted->identities;
    w->forget_held += response->identity_acted->held;
    end(t, NULL);
}

/* Whoever follows no more is forgotten (取消关注): the platform asks for it. The key of each of his
 * identities is destroyed in the daemon before the platform is answered. */
static void forget(struct talk *t)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__IdentityAct act = HONGXIN__V1__IDENTITY_ACT__INIT;
    char prefix[WX_PERSON_TEXT + 1];
    snprintf(prefix, sizeof prefix, "%s-", t->person);
    act.act = HONGXIN__V1__IDENTITY_ACT__ACT__ERASE;
    act.source = hx_text_field(t->callback->account->source);
    act.ref_prefix = prefix;
    act.reason = hx_text_field("the resident has unsubscribed");
    act.person = hx_text_field("hongxin-wechat");
    request.ask_case = HONGXIN__V1__REQUEST__ASK_IDENTITY_ACT;
    request.identity_act = &act;
    if (hx_ask_start(t->callback->wechat->link.client, &request, on_forgotten, t) != HX_OK)
        later(t, "DAEMON_AWAY");
}

/* "qrscene_B-0417" when somebody follows us by the code in the building, "B-0417" when he scans it
 * again. */
static void take_event(struct talk *t)
{
    const char *event = wx_xml_get(&t->callback->xml, "Event"),
               *key = wx_xml_get(&t->callback->xml, "EventKey");
    t->command.language = WX_ZH;
    if (strncmp(key, "qrscene_", 8) == 0)
        key += 8;
    const char *const pairs[] = {"place", key, NULL};
    bool scans = strcasecmp(event, "SCAN") == 0, follows = strcasecmp(event, "subscribe") == 0;
    if (strcasecmp(event, "unsubscribe") == 0)
        forget(t);
    else if ((scans || follows) && *key)
        say(t, WX_at_place, pairs);
    else if (follows)
        say(t, WX_welcome, NULL);
    else
        end(t, NULL);
}

static void take_text(struct talk *t, const char *text)
{
    t->text = text;
    wx_command_read(text, &t->command);
    if (t->command.kind == WX_HELP)
        say(t, WX_welcome, NULL);
    else if (t->command.kind == WX_REPORT)
        report(t, text);
    else
        ask(t);
}

static void take_picture(struct talk *t)
{
    t->command.kind = WX_PICTURE;
    ask(t);
}

void dialogue_take(struct callback *c)
{
    const char *type = wx_xml_get(&c->xml, "MsgType");
    struct talk *t = calloc(1, sizeof *t);
    if (!t) {
        callback_later(c, "NO_MEMORY");
        return;
    }
    t->callback = c;
    wx_person_name(c->account, wx_xml_get(&c->xml, "FromUserName"), t->person);
    name_message(t);
    if (strcmp(type, "event") == 0)
        take_event(t);
    else if (strcmp(type, "text") == 0)
        take_text(t, wx_xml_get(&c->xml, "Content"));
    else if (strcmp(type, "location") == 0)
        report(t, wx_xml_get(&c->xml, "Label"));
    else if (strcmp(type, "voice") == 0 && *wx_xml_get(&c->xml, "Recognition"))
        take_text(t, wx_xml_get(&c->xml, "Recognition"));
    else if (strcmp(type, "image") == 0 && *wx_xml_get(&c->xml, "MediaId"))
        take_picture(t);
    else
        say(t, WX_words_please, NULL);
}
