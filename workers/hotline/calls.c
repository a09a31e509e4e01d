#include "hotline/calls.h"

#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "door/reply.h"
#include "door/secret.h"
#include "door/settings.h"
#include "hotline/frames.h"
#include "hotline/order.h"
#include "hotline/publish.h"
#include "http/figures.h"
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <jansson.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PASSWORD_MAX = 128, RETRY_MS = 1000, RETRY_MOST_MS = 30000 };

/* A host that has gone without a word is found out after idle + probes × interval seconds. */
enum { ALIVE_IDLE_S = 30, ALIVE_INTERVAL_S = 10, ALIVE_PROBES = 3 };

/* For each word that we wait for before we are let in. */
static const struct timeval login_most = {5, 0};

struct system {
    struct hotline *hotline;
    struct calls *all;
    struct event_base *base;
    const struct calls_system *settings;
    const struct mapping *mapping;  /* the hotline's */
    struct bufferevent *connection; /* NULL: none */
    struct event *retry;
    char password[PASSWORD_MAX];
    unsigned attempts;
    bool greeted, listening, was_listening;
    const char *why;           /* the connection is given up; NULL: it speaks another language */
    struct frame frame, event; /* of what is being read */
};

struct calls {
    size_t n;
    struct system all[CALLS_MAX];
    uint64_t facts, ignored, refused, gaps;
};

/* ---- configuration ---- */

static void read_system(struct yaml_doc *doc, yaml_node_t *map, struct calls_system *c)
{
    char kind[16];
    struct in_addr v4;
    yaml_doc_only(doc, map, "kind host port user password_file mapping source events");
    yaml_doc_need(doc, map, "kind", kind, sizeof kind);
    c->kind = strcmp(kind, "asterisk") == 0 ? CALLS_ASTERISK : CALLS_FREESWITCH;
    if (strcmp(kind, "asterisk") != 0 && strcmp(kind, "freeswitch") != 0)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "kind"), "kind is freeswitch or asterisk");
    bool asterisk = c->kind == CALLS_ASTERISK;
    settings_text(doc, map, "host", "127.0.0.1", c->host, sizeof c->host);
    if (inet_pton(AF_INET, c->host, &v4) != 1)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "host"), "host is an address such as 10.0.0.7");
    int64_t port = yaml_doc_int(doc, map, "port", asterisk ? 5038 : 8021);
    if (port < 1 || port > 65535)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "port"), "port: from 1 to 65535");
    c->port = (uint16_t)port;
    settings_text(doc, map, "user", "", c->user, sizeof c->user);
    settings_path(doc, map, "password_file", "", c->password_file, sizeof c->password_file);
    if (!*c->password_file || (asterisk && !*c->user))
        yaml_doc_fault(doc, map, "password_file%s missing", asterisk ? " or user is" : " is");
    settings_path(doc, map, "mapping",
                  asterisk ? "mappings/asterisk.yaml" : "mappings/freeswitch.yaml", c->mapping,
                  sizeof c->mapping);
    yaml_doc_need(doc, map, "source", c->source, sizeof c->source);
    settings_text(doc, map, "events", asterisk ? "Hangup UserEvent Cdr" : "CHANNEL_HANGUP_COMPLETE",
                  c->events, sizeof c->events);
}

void calls_settings_read(struct yaml_doc *doc, yaml_node_t *list, struct calls_settings *s)
{
    yaml_node_t *map;
    *s = (struct calls_settings){0};
    for (size_t i = 0; (map = yaml_doc_item(doc, list, i)) != NULL; i++) {
        if (i == CALLS_MAX) {
            yaml_doc_fault(doc, map, "more than %d calls", CALLS_MAX);
            return;
        }
        read_system(doc, map, &s->all[i]);
        s->n = i + 1;
    }
}

/* ---- facts ---- */

static void on_outcome(void *arg, int err, const hxp_reply *reply)
{
    struct system *s = arg;
    if (err == HX_CLOSED)
        return; /* a gap: the table of call records closes it */
    if (!err && !reply_is_in_vain(reply)) {
        s->all->facts++;
        return;
    }
    s->all->refused++;
    hx_log(HX_LOG_WARN, "event=call_refused source=%s code=%s", s->settings->source,
           err ? hx_errname(err) : reply->code);
}

/* A call has hundreds of variables; what the mapping does not ask for is not looked at. */
static json_t *object_of(const struct mapping *m, const struct frame *f)
{
    json_t *o = json_object();
    for (size_t i = 0; o && i < f->n && json_object_size(o) < CSV_FIELDS_MAX; i++) {
        const char *name = f->fields[i].name, *value = f->fields[i].value;
        if (mapping_asks_for(m, name) && hx_utf8_span(name, strlen(name)) == strlen(name) &&
            hx_utf8_span(value, strlen(value)) == strlen(value))
            json_object_set_new(o, name, json_string(value));
    }
    return o;
}

/* Most calls are about nothing of ours: their events lack what the mapping requires. */
static void take_event(struct system *s, const struct frame *f)
{
    char problem[MAPPING_PROBLEM] = "";
    struct hx_arena arena;
    struct map_target target = {.arena = &arena};
    json_t *object = object_of(s->mapping, f);
    hx_arena_init(&arena, 0);
    int rc = object ? order_read(s->mapping, object, &target, problem) : HX_NOMEM;
    json_decref(object);
    if (rc == HX_OK) {
        hxp_event event = *target.record.event;
        event.source = hx_text_field(s->settings->source);
        rc = publish_start(s->hotline, &(struct launch){&event, target.record.reporter, false},
                           on_outcome, s);
        if (rc) {
            s->all->refused++;
            hx_log(HX_LOG_ERROR, "event=call_lost source=%s error=%s", s->settings->source,
                   hx_errname(rc));
        }
    } else {
        s->all->ignored++;
    }
    hx_arena_fini(&arena);
}

/* ---- the two languages ---- */

static void now_listening(struct system *s)
{
    if (s->was_listening) {
        s->all->gaps++;
        hx_log(HX_LOG_WARN,
               "event=calls_gap source=%s \"what was said meanwhile is in the call records\"",
               s->settings->source);
    }
    s->listening = s->was_listening = true;
    s->attempts = 0;
    bufferevent_set_timeouts(s->connection, NULL, NULL); /* from now on it may be silent */
    hx_log(HX_LOG_INFO, "event=calls_listening source=%s", s->settings->source);
}

static bool give_up(struct system *s, const char *why)
{
    s->why = why;
    return false;
}

/* False: the connection is given up. */
static bool take_esl(struct system *s, const struct frame *f)
{
    struct evbuffer *out = bufferevent_get_output(s->connection);
    const char *type = frame_get(f, "Content-Type"), *reply = frame_get(f, "Reply-Text");
    if (!type)
        return true;
    if (strcmp(type, "auth/request") == 0) {
        evbuffer_add_printf(out, "auth %s\n\n", s->password);
    } else if (strcmp(type, "command/reply") == 0) {
        if (!reply || strncmp(reply, "+OK", 3) != 0)
            return give_up(s, s->greeted ? "it refuses the list of events"
                                         : "it refuses the password");
        if (!s->greeted)
            evbuffer_add_printf(out, "event plain %s\n\n", s->settings->events);
        else if (!s->listening)
            now_listening(s);
        s->greeted = true;
    } else if (strcmp(type, "text/event-plain") == 0 && f->body) {
        if (esl_event(&s->event, f->body, f->body_size))
            take_event(s, &s->event);
    } else if (strcmp(type, "text/rude-rejection") == 0) {
        return give_up(s, "its access list does not name this machine");
    } else if (strcmp(type, "text/disconnect-notice") == 0) {
        return give_up(s, "it says good-bye");
    }
    return true;
}

static bool is_wanted(const char *events, const char *event)
{
    size_t n = strlen(event);
    for (const char *p = events; (p = strstr(p, event)) != NULL; p += n)
        if ((p == events || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
            return true;
    return false;
}

static bool take_ami(struct system *s, const struct frame *f)
{
    const char *response = frame_get(f, "Response"), *event = frame_get(f, "Event");
    if (response && !s->listening) {
        if (strcmp(response, "Success") != 0)
            return give_up(s, "it refuses user or password");
        now_listening(s);
    } else if (event && is_wanted(s->settings->events, event)) {
        take_event(s, f);
    }
    return true;
}

/* The banner is a line of its own, before any packet. */
static bool take_banner(struct system *s, struct evbuffer *in)
{
    char *line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF);
    if (!line)
        return evbuffer_get_length(in) < 1024;
    bool right = strncmp(line, "Asterisk Call Manager/", 22) == 0;
    free(line);
    if (right)
        evbuffer_add_printf(bufferevent_get_output(s->connection),
                            "Action: Login\r\nActionID: 1\r\nUsername: %s\r\nSecret: %s\r\n\r\n",
                            s->settings->user, s->password);
    s->greeted = right;
    return right;
}

/* ---- connections ---- */

static void end_connection(struct system *s, const char *why)
{
    uint64_t ms = RETRY_MS;
    if (s->connection)
        bufferevent_free(s->connection);
    s->connection = NULL;
    s->greeted = s->listening = false;
    s->why = NULL;
    for (unsigned i = 0; i < s->attempts && ms < RETRY_MOST_MS; i++)
        ms *= 2;
    s->attempts++;
    const struct timeval later = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};
    evtimer_add(s->retry, &later);
    hx_log(HX_LOG_WARN, "event=calls_away source=%s \"%s\"", s->settings->source, why);
}

/* The frame at the beginning of the bytes: its size; 0: more must come; FRAME_BROKEN. */
static long take_one(struct system *s, char *bytes, size_t size)
{
    bool asterisk = s->settings->kind == CALLS_ASTERISK, good;
    long n = asterisk ? ami_packet(bytes, size, &s->frame) : esl_frame(bytes, size, &s->frame);
    if (n <= 0)
        return n;
    char next = bytes[n]; /* a text of this frame may end there */
    good = asterisk ? take_ami(s, &s->frame) : take_esl(s, &s->frame);
    bytes[n] = next;
    return good ? n : FRAME_BROKEN;
}

/* All whole frames of the buffer. False: it cannot go on. */
static bool take_all(struct system *s, struct evbuffer *in)
{
    size_t size = evbuffer_get_length(in), at = 0;
    char *bytes = malloc(size + 1);
    long n = bytes ? 1 : FRAME_BROKEN;
    if (bytes) {
        evbuffer_copyout(in, bytes, size);
        bytes[size] = '\0';
    }
    while (n > 0 && at < size && (n = take_one(s, bytes + at, size - at)) > 0)
        at += (size_t)n;
    free(bytes);
    evbuffer_drain(in, at);
    return n >= 0;
}

static void on_bytes(struct bufferevent *connection, void *arg)
{
    struct system *s = arg;
    struct evbuffer *in = bufferevent_get_input(connection);
    bool banner = s->settings->kind == CALLS_ASTERISK && !s->greeted, good = true;
    if (banner)
        good = take_banner(s, in);
    if (good && (!banner || s->greeted))
        good = take_all(s, in);
    if (!good)
        end_connection(s, s->why ? s->why : "what it says is not understood");
}

static void on_change(struct bufferevent *connection, short what, void *arg)
{
    (void)connection;
    if (what & BEV_EVENT_TIMEOUT)
        end_connection(arg, "it says nothing");
    else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        end_connection(arg, what & BEV_EVENT_ERROR ? strerror(errno) : "the connection has ended");
}

/* Nobody speaks between two calls: without probes a host that lost its power would be listened to
 * for ever, and the gap be told by nobody. */
static void probe(evutil_socket_t fd)
{
    const int on = 1, idle = ALIVE_IDLE_S, interval = ALIVE_INTERVAL_S, probes = ALIVE_PROBES;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

static void connect_to(struct system *s)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(s->settings->port)};
    (void)inet_pton(AF_INET, s->settings->host, &to.sin_addr);
    s->connection = bufferevent_socket_new(s->base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (s->connection) {
        bufferevent_setcb(s->connection, on_bytes, NULL, on_change, s);
        bufferevent_enable(s->connection, EV_READ | EV_WRITE);
        bufferevent_set_timeouts(s->connection, &login_most, &login_most);
        bufferevent_setwatermark(s->connection, EV_READ, 0, (size_t)2 * FRAME_BYTES_MAX);
    }
    if (!s->connection ||
        bufferevent_socket_connect(s->connection, (struct sockaddr *)&to, sizeof to) != 0)
        end_connection(s, "no connection");
    else if (s->connection)
        probe(bufferevent_getfd(s->connection));
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    connect_to(arg);
}

/* ---- life ---- */

static int open_one(struct system *s, struct hx_problem *problem)
{
    static const struct timeval at_once = {0, 0};
    int rc = secret_line_read(s->settings->password_file, s->password, sizeof s->password, problem);
    if (rc)
        return rc;
    s->retry = evtimer_new(s->base, on_retry, s);
    return s->retry && evtimer_add(s->retry, &at_once) == 0 ? HX_OK : HX_NOMEM;
}

int calls_open(struct hotline *h, struct event_base *base, struct calls **out,
               struct hx_problem *problem)
{
    struct calls *all = calloc(1, sizeof *all);
    int rc = all ? HX_OK : HX_NOMEM;
    for (size_t i = 0; !rc && i < h->settings.calls.n; i++) {
        struct system *s = &all->all[i];
        s->hotline = h;
        s->all = all;
        s->base = base;
        s->settings = &h->settings.calls.all[i];
        s->mapping = h->call_mappings[i];
        all->n = i + 1;
        rc = open_one(s, problem);
    }
    if (rc) {
        calls_close(all);
        return rc;
    }
    *out = all;
    return HX_OK;
}

void calls_close(struct calls *all)
{
    for (size_t i = 0; all && i < all->n; i++) {
        struct system *s = &all->all[i];
        if (s->connection)
            bufferevent_free(s->connection);
        if (s->retry)
            event_free(s->retry);
        sodium_memzero(s->password, sizeof s->password);
    }
    free(all);
}

void calls_figures(const struct calls *all, struct evbuffer *out)
{
    char labels[100];
    if (!all)
        return;
    const struct figure_row rows[] = {
        {"hotline_call_facts_total", "counter", "Facts of calls that were taken.", all->facts},
        {"hotline_call_ignored_total", "counter", "Events of calls that are about no case.",
         all->ignored},
        {"hotline_call_refused_total", "counter", "Facts that were not taken.", all->refused},
        {"hotline_call_gaps_total", "counter", "Times that nobody listened.", all->gaps},
    };
    figures_rows(out, "", rows, sizeof rows / sizeof *rows);
    figures_head(out, "hotline_call_listening", "gauge", "1: the telephone system is heard.");
    for (size_t i = 0; i < all->n; i++) {
        snprintf(labels, sizeof labels, "source=\"%s\"", all->all[i].settings->source);
        figures_line(out, "hotline_call_listening", labels, all->all[i].listening);
    }
}
