/* hongxin-board: what its parts share. One thread, that of the loop; passwords are checked in
 * another one (hasher.h).
 *
 *   sign/  who asks: cookies, CSRF, foreign origins (gate.c), signing in, users, sessions
 *   live/  what a principal follows (scope.c), server-sent events, promises that run
 *   show/  lists, single cases with their time line, queues, figures, photos
 *   act/   what people do: one event each
 *   city/  the city, its rules and who is on duty, as the daemon has them
 *   ask.c  questions on behalf of a session's principal, for all of them
 */
#ifndef BOARD_BOARD_H
#define BOARD_BOARD_H

#include "base/file_watch.h"
#include "board/settings.h"
#include "board/sign/hasher.h"
#include "board/sign/sessions.h"
#include "board/sign/tries.h"
#include "board/sign/users.h"
#include "door/link.h"
#include "http/files.h"
#include "http/http.h"
#include "picture/picture.h"

struct scopes;
struct remaker;
struct rules;
struct city;

struct board {
    struct board_settings settings;
    struct event_base *base;
    struct link link; /* questions and events; feeds have clients of their own */
    struct http_server *server;
    struct http_files *pages; /* NULL: the API only */
    struct users *users;
    struct hx_file_watch users_file;
    struct sessions *sessions;
    struct tries *tries;
    json_t *sent;  /* events with a time of the sender's own, by id: the time that we gave them */
    json_t *steps; /* the last code that each user has used up */
    struct hasher *hasher;
    struct picture_limits photo_limits;
    struct remaker *remaker; /* of photos */
    struct scopes *scopes;
    struct rules *rules;
    struct city *city;  /* its files, as far as somebody has wanted them */
    struct event *tick; /* once a second */
    uint64_t ticks;
    unsigned down; /* seconds without a connection to the daemon … */
    bool away;     /* … too many of them */
    /* the daemon's clock, as last told */
    int64_t now_told, told_at; /* its instant, our monotonic clock then; 0 = never */
    uint32_t scale;
    bool clock_asked;
    bool said_open;   /* that there are no keys */
    uint64_t last_id; /* of events that bring none */
    /* figures */
    uint64_t logins, refused_logins, commands, foreign;
};

/* ---- time ---- */

/* The daemon's now, as far as is known: deadlines are counted down by it. */
int64_t board_now(const struct board *b);
void board_ask_clock(struct board *b);

/* ---- watch.c, once a second ---- */

void watch_begin(struct board *b);
/* Whoever is not what he was when he signed in is out: also when that has changed while no board
 * was running. */
void watch_sessions(struct board *b);
/* A changed file comes into force, with watch_sessions(). */
void watch_users(struct board *b);
void watch_daemon(struct board *b);

/* ---- gate.c ---- */

/* For http_options.admit. */
bool gate_admit(void *board, struct http_request *r);
/* The session of a request; NULL: there is none any more, and it is answered 401. */
struct session *gate_session(struct board *b, struct http_request *r);
/* The same without an answer. */
struct session *gate_look(struct board *b, const struct http_request *r);
void gate_set_cookie(struct board *b, struct http_request *r, const char *token, int64_t age_ms);
/* Ends a session with its open streams. `code` is what they are told: ENDED, NO_RIGHT. */
void gate_end(struct board *b, struct session *session, const char *code);
/* All of a principal, or of a user; NULL: whatever it is. Returns how many. */
size_t gate_end_all(struct board *b, const char *principal, const char *user, const char *code);
/* Of a principal: those whose pages were told another `who` (session.who), NO_RIGHT. */
void gate_end_others(struct board *b, const char *principal, const char *who);

void city_free(struct city *city); /* NULL is allowed */

/* ---- handlers, one for each path of openapi.yaml ---- */

http_handler login_password, login_ticket, login_out, login_session, login_change, events_stream,
    running_list, running_pressure, figures_list, breaches_list, alarms_list, health_show,
    cases_list, cases_page, cases_similar, cases_route, photos_add, photos_show, work_triage,
    work_returns, work_orders, work_inbox, work_notices, command_run, command_report,
    command_offline, city_show, city_grids, city_buildings, city_people, city_duty, city_route,
    rules_life_cycle, rules_texts;

/* The routes of the API and of the pages, for http_server_open(). */
extern const struct http_route board_routes[];
extern const size_t board_n_routes;

#endif
