/* The doorkeeper: answers ZeroMQ's question whether a key may come in (RFC 27), on a thread of its
 * own.
 *
 * It is bound before any door, and every door enforces its domain, so that without it nobody gets
 * in. Its thread serves one handshake after another from a table in memory; when the thread ends
 * although nobody closed it, the process ends. What it admits is a key; what that key may do is
 * judged per message (lock.h). */
#ifndef SERVICE_LOCKS_ZAP_H
#define SERVICE_LOCKS_ZAP_H

#include "config/access/access.h"
#include "hongxin/error.h"
#include <stddef.h>
#include <stdint.h>

#define ZAP_DOMAIN_DOOR   "hongxin"        /* any key in force */
#define ZAP_DOMAIN_STREAM "hongxin.stream" /* only who may see the whole city */

enum { ZAP_FRAMES = 8, ZAP_USER = 2 * HX_PUBLIC_KEY + 1 };

struct zap;

/* Told, on the doorkeeper's thread, the numeric address of whoever was admitted, without a NUL. */
typedef void zap_known(const char *address, size_t size);

/* Starts the thread. HX_IO, HX_NOMEM. `access` is borrowed until zap_use() or zap_close(); `known`
 * may be NULL. */
HX_CHECK int zap_open(struct zap **out, void *zmq, const struct hx_access *access,
                      zap_known *known);

/* From the return on the other one is used, and the one before may be freed. */
void zap_use(struct zap *z, const struct hx_access *access);

/* Ends the thread; every socket of the context that still is open gets ETERM. NULL is allowed. */
void zap_close(struct zap *z);

/* Handshakes so far. Any thread. */
uint64_t zap_admitted(const struct zap *z);
uint64_t zap_refused(const struct zap *z);

/* One frame of a question. */
struct zap_frame {
    const void *data;
    size_t size;
};

struct zap_verdict {
    const char *status;  /* "200", "400" or "500" */
    const char *text;    /* reveals nothing */
    char user[ZAP_USER]; /* with 200: the key in hexadecimal digits, which is what messages bear as
                            User-Id */
};

/* The answer to one question of any shape. Pure. */
struct zap_verdict zap_judge(const struct hx_access *access, const struct zap_frame *frames,
                             size_t n);

#endif
