/* Questions to the daemon on behalf of a session's principal, and answers to a browser. */
#ifndef BOARD_ASK_H
#define BOARD_ASK_H

#include "board/board.h"
#include "hongxin/schema.h"
#include <jansson.h>

/* What a handler needs until its answer is there; a handler's own begins with it. */
struct ask {
    struct board *board;
    struct http_request *request;
    char principal[USER_TEXT + 1];
    void (*free)(struct ask *a); /* what else it holds; NULL: nothing */
};

/* `size` bytes, of which the first are a struct ask, for the session of the request. NULL: it is
 * answered (no session, no memory). */
void *ask_new(struct board *b, struct http_request *r, size_t size);
/* The request is answered: gives it back. */
void ask_free(void *ask);

/* Asks; fn gets `ask`. When that does not go, the request is answered and `ask` freed. */
void ask_start(void *ask, hxp_request *question, hx_answer_fn *fn);
/* Who the session's principal is; a case, and its history when that is wanted. */
void ask_who(void *ask, hx_answer_fn *fn);
void ask_case(void *ask, uint64_t number, bool history, hx_answer_fn *fn);
/* As ask_start, for another principal and without an HTTP request. */
HX_CHECK int ask_for(struct board *b, const char *principal, hxp_request *question,
                     hx_answer_fn *fn, void *arg);

/* True: `answer` is there and of this kind. Otherwise the request is answered (NO_CASE, DENIED,
 * DAEMON_AWAY, UNKNOWN_PLACE …) and `ask` freed. */
bool ask_got(void *ask, int err, const hxp_response *answer, int kind);

/* Answers and frees. Take the reference. */
void ask_answer(void *ask, json_t *body);
void ask_fail(void *ask, int err);

/* What tells one answer about a principal from another; "" without memory. */
void ask_who_digest(const Hongxin__V1__WhoAnswer *who, char out[SESSION_WHO]);

/* A message of the schema as JSON, sparse, in the board's offset. */
json_t *ask_json(const struct board *b, const ProtobufCMessage *message);
/* An entry with its event decoded and its case's number as people write it. */
json_t *ask_entry(const struct board *b, const hxp_entry *entry);
json_t *ask_instant(const struct board *b, int64_t ms); /* null when 0 */
void ask_set_instant(const struct board *b, json_t *o, const char *key,
                     int64_t ms); /* not when 0 */

/* ---- what stands in the query; false: it is there and wrong, the request is not answered ---- */

bool query_word(const struct http_request *r, const char *name, char *out, size_t size);
bool query_bool(const struct http_request *r, const char *name, bool *out);
bool query_number(const struct http_request *r, const char *name, uint64_t least, uint64_t most,
                  uint64_t *out);
bool query_span(const struct http_request *r, const char *name, uint64_t *ms);
bool query_day(const struct http_request *r, const char *name, char out[12]);
bool query_level(const struct http_request *r, char out[4]);
bool query_language(const struct http_request *r, char out[4]); /* zh, en, "" */
bool query_csv(const struct http_request *r, bool *csv);
void query_wrong(struct http_request *r, const char *what); /* 400 BAD_QUERY */

/* The case that the path names; false: it names none, and the request is answered. */
bool query_case(struct http_request *r, uint64_t *number);

/* Cuts "a,b,c" in place; at most `most` words. */
size_t query_split(char *text, char **words, size_t most);

#endif
