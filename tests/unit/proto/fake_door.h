/* A door of the daemon that does what a test tells it to: a bound ROUTER socket that decodes each
 * request and hands it to the test's `serve`, which answers with fake_send(). Everything runs in
 * the test's thread by PUMP_UNTIL(), except between fake_run() and fake_join(), for calls that
 * wait. */
#ifndef FAKE_DOOR_H
#define FAKE_DOOR_H

#include "hongxin/client.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct fake {
    void *context, *router;
    char endpoint[64];
    void (*serve)(struct fake *f, const hxp_request *request);
    void *arg;
    unsigned char peer[256];
    size_t peer_size;
    unsigned requests;  /* decoded and served */
    unsigned undecoded; /* frames that were wrong */
    pthread_t thread;
    atomic_bool stop;
};

void fake_open(struct fake *f, void (*serve)(struct fake *f, const hxp_request *request));
void fake_close(struct fake *f);

/* The daemon dies, and another one takes its place at the same address. */
void fake_stop(struct fake *f);
void fake_start(struct fake *f);
void fake_restart(struct fake *f); /* both */

/* Somebody else at the address of a door that was stopped: a listening descriptor, which does not
 * block. */
int fake_listen_instead(const struct fake *f);

/* Serves what has arrived. */
void fake_step(struct fake *f);

/* Answers the peer of the last request. */
void fake_send(struct fake *f, const hxp_response *response);
void fake_send_frames(struct fake *f, const char *const frames[], size_t n);

/* To be a door's `serve`: every event is accepted; nothing is answered. */
void fake_accept_all(struct fake *f, const hxp_request *request);
void fake_say_nothing(struct fake *f, const hxp_request *request);

/* Shorthands for the answers that most tests need. */
void fake_reply_all(struct fake *f, const hxp_request *request, Hongxin__V1__Result result);
void fake_problem(struct fake *f, uint64_t number, const char *code, uint64_t retry_after_ms);
void fake_welcome(struct fake *f, uint64_t number, uint64_t next_lsn, const char *epoch);
void fake_entries(struct fake *f, uint64_t first_lsn, uint64_t last_lsn, uint64_t upto_lsn);

void fake_run(struct fake *f);
void fake_join(struct fake *f);

int64_t test_now(void);

/* Lets client and door work until the condition holds; fails after a minute. */
#define PUMP_UNTIL(client, fake, condition)                                                        \
    do {                                                                                           \
        int64_t pump_end = test_now() + 60000;                                                     \
        while (!(condition)) {                                                                     \
            if (test_now() > pump_end)                                                             \
                fail_msg("did not become true in a minute: %s", #condition);                       \
            (void)hx_client_poll((client), 2);                                                     \
            fake_step(fake);                                                                       \
        }                                                                                          \
    } while (0)

#endif
