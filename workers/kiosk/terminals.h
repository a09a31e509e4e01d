/* Machines that are known to the kiosk's door, and what each may do:
 *
 *   terminals:
 *     - {name: hall-0417, place: B-0417, token: 6f1d…, may: [onsite]}
 *     - {name: T-0417, token: 40c2…, public_key: 9a20…, may: [offline]}
 *     - {name: board, token: 91be…, may: [pictures]}
 *
 * The file is its owner's alone (mode 0600, or credential:NAME). Tokens have 32 to 128 characters
 * and are looked for by keyed hash, all of them each time, so that how long it takes says nothing
 * about how much of one was right. */
#ifndef KIOSK_TERMINALS_H
#define KIOSK_TERMINALS_H

#include "config/reading/problem.h"
#include "hongxin/error.h"
#include "http/http.h"
#include <stdbool.h>
#include <stdint.h>

enum terminal_right {
    TERMINAL_ONSITE = 1,   /* shows the on-site code of its place */
    TERMINAL_OFFLINE = 2,  /* brings what it noted down without a connection, and signed */
    TERMINAL_PICTURES = 4, /* reads the pictures of reports */
};

struct terminal {
    char name[40], place[64];
    bool has_token, has_key;
    uint8_t token_hash[32], public_key[32]; /* Ed25519 */
    unsigned rights;
};

struct terminals; /* opaque */

/* "" as the path: there are none. HX_CONFIG with file and line; HX_DENIED: others may read it;
 * HX_NOTFOUND, HX_IO, HX_NOMEM. */
HX_CHECK int terminals_load(const char *path, struct terminals **out, struct hx_problem *problem);
void terminals_free(struct terminals *t); /* wipes them; NULL is allowed */

/* By the bearer token of the request. NULL: nobody, or without this right; the request is answered
 * and the failure counted against its address. */
const struct terminal *terminals_admit(const struct terminals *t, struct http_request *request,
                                       enum terminal_right right);

#endif
