#include "service/locks/zap.h"

#include "base/log.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

/* Frames of a question. */
enum { Q_VERSION, Q_NUMBER, Q_DOMAIN, Q_ADDRESS, Q_IDENTITY, Q_MECHANISM, Q_KEY, Q_FRAMES };
enum { NUMBER_MAX = 255 };

struct zap {
    void *zmq, *socket;
    pthread_t thread;
    pthread_mutex_t lock; /* of `access` */
    const struct hx_access *access;
    zap_known *known;
    atomic_bool closing;
    atomic_ullong admitted, refused;
};

static bool is(const struct zap_frame *f, const char *text)
{
    return f->size == strlen(text) && memcmp(f->data, text, f->size) == 0;
}

static void hex(const uint8_t *bytes, char out[ZAP_USER])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < HX_PUBLIC_KEY; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * HX_PUBLIC_KEY] = '\0';
}

struct zap_verdict zap_judge(const struct hx_access *access, const struct zap_frame *f, size_t n)
{
    struct zap_verdict v = {.status = "400", .text = "refused"};
    if (n < 1 || !is(&f[Q_VERSION], "1.0")) {
        v.status = "500";
        return v;
    }
    if (n != Q_FRAMES || !is(&f[Q_MECHANISM], "CURVE") || f[Q_KEY].size != HX_PUBLIC_KEY)
        return v;
    bool stream = is(&f[Q_DOMAIN], ZAP_DOMAIN_STREAM);
    const struct hx_access_key *key = hx_access_key(access, f[Q_KEY].data);
    if ((!stream && !is(&f[Q_DOMAIN], ZAP_DOMAIN_DOOR)) || !key || !key->active)
        return v;
    if (stream && (!key->principal->city || !hx_principal_has(key->principal, HX_RIGHT_stream)))
        return v;
    v.status = "200";
    v.text = "";
    hex(key->bytes, v.user);
    return v;
}

/* A whole question; frames beyond ZAP_FRAMES are counted and dropped. -1: the socket is done. */
static int receive(struct zap *z, zmq_msg_t frames[ZAP_FRAMES], size_t *n)
{
    zmq_msg_t rest;
    bool more = true;
    *n = 0;
    zmq_msg_init(&rest);
    while (more) {
        zmq_msg_t *into = *n < ZAP_FRAMES ? &frames[*n] : &rest;
        if (zmq_msg_recv(into, z->socket, 0) < 0) {
            if (errno == EINTR)
                continue;
            zmq_msg_close(&rest);
            return -1;
        }
        more = zmq_msg_more(into);
        ++*n;
    }
    zmq_msg_close(&rest);
    return 0;
}

static bool send_text(struct zap *z, const char *text, bool more)
{
    return zmq_send(z->socket, text, strlen(text), more ? ZMQ_SNDMORE : 0) >= 0;
}

static int answer(struct zap *z, const struct zap_frame *number, const struct zap_verdict *v)
{
    size_t size = number->size < NUMBER_MAX ? number->size : NUMBER_MAX;
    bool sent = send_text(z, "1.0", true) &&
                zmq_send(z->socket, number->data, size, ZMQ_SNDMORE) >= 0 &&
                send_text(z, v->status, true) && send_text(z, v->text, true) &&
                send_text(z, v->user, true) && send_text(z, "", false);
    return sent ? 0 : -1;
}

static int serve_one(struct zap *z)
{
    zmq_msg_t frames[ZAP_FRAMES];
    struct zap_frame f[ZAP_FRAMES] = {{"", 0}};
    size_t n;
    for (size_t i = 0; i < ZAP_FRAMES; i++)
        zmq_msg_init(&frames[i]);
    int rc = receive(z, frames, &n);
    for (size_t i = 0; i < n && i < ZAP_FRAMES; i++)
        f[i] = (struct zap_frame){zmq_msg_data(&frames[i]), zmq_msg_size(&frames[i])};
    if (rc == 0) {
        pthread_mutex_lock(&z->lock);
        struct zap_verdict v = zap_judge(z->access, f, n);
        pthread_mutex_unlock(&z->lock);
        atomic_fetch_add(*v.user ? &z->admitted : &z->refused, 1);
        if (*v.user && z->known)
            z->known(f[Q_ADDRESS].data, f[Q_ADDRESS].size);
        rc = answer(z, &f[Q_NUMBER], &v);
    }
    for (size_t i = 0; i < ZAP_FRAMES; i++)
        zmq_msg_close(&frames[i]);
    return rc;
}

/* Without its doorkeeper the daemon must not go on: no door fails open, but nobody new would get in
 * either. However the thread ends, it comes here. */
static void leave(void *zap)
{
    struct zap *z = zap;
    if (atomic_load(&z->closing))
        return;
    hx_log(HX_LOG_ERROR, "event=doorkeeper_died \"%s\"", zmq_strerror(errno));
    _exit(EXIT_FAILURE);
}

static void *run(void *zap)
{
    struct zap *z = zap;
    pthread_cleanup_push(leave, z);
    while (serve_one(z) == 0)
        ;
    pthread_cleanup_pop(1);
    zmq_close(z->socket);
    return NULL;
}

static bool bind_socket(struct zap *z)
{
    const int none = 0;
    z->socket = zmq_socket(z->zmq, ZMQ_REP);
    return z->socket && zmq_setsockopt(z->socket, ZMQ_LINGER, &none, sizeof none) == 0 &&
           zmq_bind(z->socket, "inproc://zeromq.zap.01") == 0;
}

int zap_open(struct zap **out, void *zmq, const struct hx_access *access, zap_known *known)
{
    struct zap *z = calloc(1, sizeof *z);
    *out = NULL;
    if (!z)
        return HX_NOMEM;
    z->zmq = zmq;
    z->access = access;
    z->known = known;
    pthread_mutex_init(&z->lock, NULL);
    if (bind_socket(z) && pthread_create(&z->thread, NULL, run, z) == 0) {
        *out = z;
        return HX_OK;
    }
    hx_log_errno(HX_LOG_ERROR, "event=doorkeeper_failed");
    if (z->socket)
        zmq_close(z->socket);
    pthread_mutex_destroy(&z->lock);
    free(z);
    return HX_IO;
}

void zap_use(struct zap *z, const struct hx_access *access)
{
    pthread_mutex_lock(&z->lock);
    z->access = access;
    pthread_mutex_unlock(&z->lock);
}

void zap_close(struct zap *z)
{
    if (!z)
        return;
    atomic_store(&z->closing, true);
    zmq_ctx_shutdown(z->zmq);
    pthread_join(z->thread, NULL);
    pthread_mutex_destroy(&z->lock);
    free(z);
}

uint64_t zap_admitted(const struct zap *z)
{
    return z ? atomic_load(&z->admitted) : 0;
}

uint64_t zap_refused(const struct zap *z)
{
    return z ? atomic_load(&z->refused) : 0;
}
