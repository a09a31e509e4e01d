/* Who may come in: the file of clients, their tokens and keys.
 *
 *   clients:
 *     - {name: city, source: hotline-12345, claims: [reporter, dispatcher, callback],
 *        token: 6f1d…, key: 9a20…}
 *
 * The file holds secrets: it must be its owner's alone (mode 0600, or credential:NAME). A client
 * has a token (at least 32 characters), a key (the same), or both. Its events are published under
 * its source, and their `by` has one of the roles of its claims.
 *
 * A token is looked for by its keyed hash, all clients each time, so that how long it takes says
 * nothing about how much of it was right. One thread. */
#ifndef HOTLINE_CLIENTS_H
#define HOTLINE_CLIENTS_H

#include "config/reading/problem.h"
#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLIENTS_MAX = 64, CLIENT_CLAIMS_MAX = 16, CLIENT_SECRET_MIN = 32, CLIENT_SECRET_MAX = 128 };

struct client {
    bool gone; /* the file names it no more: nobody finds it */
    char name[64], source[64];
    char claims[CLIENT_CLAIMS_MAX][32];
    unsigned n_claims;
    bool has_token, has_key;
    uint8_t token_hash[32];
    char key[CLIENT_SECRET_MAX + 1];
    uint64_t requests, refused; /* for figures */
};

struct clients; /* opaque */

/* HX_CONFIG with file and line; HX_DENIED: others may read it; HX_NOTFOUND, HX_IO, HX_NOMEM. */
HX_CHECK int clients_load(const char *path, struct clients **out, struct hx_problem *problem);
/* Reads the file anew. A client keeps its address in memory and its figures, whatever else of it
 * changes. An error, as of clients_load(), changes nothing; HX_CONFIG also when there have been
 * more than CLIENTS_MAX since the start. */
HX_CHECK int clients_renew(struct clients *clients, const char *path, struct hx_problem *problem);
void clients_free(struct clients *clients); /* wipes them; NULL is allowed */

/* The i-th client of all there have been, NULL after the last one. */
struct client *clients_at(struct clients *clients, size_t i);

/* By a bearer token; NULL when nobody has it. */
struct client *clients_by_token(struct clients *clients, const char *token);
/* By name, for signed requests; NULL. */
struct client *clients_by_name(struct clients *clients, const char *name);

/* Whether an event of this client may be `by` ("callback/zhao"). */
bool client_claims(const struct client *client, const char *by);

/* What is signed: "TIME LF KEY LF METHOD LF TARGET LF" and the SHA-256 of the body in lower-case
 * hexadecimal, without an LF behind it; HMAC-SHA256 under the client's key, in hexadecimal. KEY is
 * the Idempotency-Key, empty without one: so a request that somebody sends again can only be the
 * same event once more, which the daemon knows as such for 400 days. */
struct client_signature {
    const char *time, *idempotency, *method, *target;
    const void *body;
    size_t size;
    const char *given;
};
bool client_signed(const struct client *client, const struct client_signature *s);

#endif
