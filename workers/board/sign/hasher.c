#include "board/sign/hasher.h"

#include "base/text.h"
#include "board/sign/users.h"
#include <event2/event.h>
#include <pthread.h>
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { WAITING_MAX = 64, PASSWORD_MAX = 801 };

struct job {
    struct job *next;
    char password[PASSWORD_MAX], hash[USER_HASH];
    bool make, right;
    hasher_fn *fn;
    void *arg;
};

struct hasher {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct job *first, **last, *done;
    unsigned waiting;
    bool stop, runs;
    int fd;
    struct event *readable;
    char nobody[USER_HASH]; /* a hash that no password has */
};

static void work(const struct hasher *h, struct job *j)
{
    if (j->make) {
        j->right = crypto_pwhash_str(j->hash, j->password, strlen(j->password),
                                     crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                     crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0;
    } else {
        const char *hash = *j->hash ? j->hash : h->nobody;
        j->right =
            crypto_pwhash_str_verify(hash, j->password, strlen(j->password)) == 0 && *j->hash;
    }
    sodium_memzero(j->password, sizeof j->password);
}

static void *run(void *arg)
{
    struct hasher *h = arg;
    uint64_t one = 1;
    pthread_mutex_lock(&h->mutex);
    while (!h->stop) {
        struct job *j = h->first;
        if (!j) {
            pthread_cond_wait(&h->wake, &h->mutex);
            continue;
        }
        h->first = j->next;
        if (!h->first)
            h->last = &h->first;
        pthread_mutex_unlock(&h->mutex);
        work(h, j);
        pthread_mutex_lock(&h->mutex);
        j->next = h->done;
        h->done = j;
        ssize_t n = write(h->fd, &one, sizeof one);
        (void)n; /* full means raised already */
    }
    pthread_mutex_unlock(&h->mutex);
    return NULL;
}

static void job_free(struct job *j)
{
    sodium_memzero(j, sizeof *j);
    free(j);
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
    struct hasher *h = arg;
    uint64_t count;
    ssize_t n = read((int)fd, &count, sizeof count);
    (void)n;
    (void)what;
    pthread_mutex_lock(&h->mutex);
    struct job *list = h->done, *j;
    h->done = NULL;
    pthread_mutex_unlock(&h->mutex);
    while ((j = list)) {
        list = j->next;
        h->waiting--;
        j->fn(j->arg, j->right, j->make && j->right ? j->hash : "");
        job_free(j);
    }
}

/* Of a password that nobody knows: what is not there takes as long as what is wrong. */
static bool make_nobody(struct hasher *h)
{
    char secret[32];
    randombytes_buf(secret, sizeof secret);
    return crypto_pwhash_str(h->nobody, secret, sizeof secret, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                             crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0;
}

int hasher_open(struct event_base *base, struct hasher **out)
{
    struct hasher *h = calloc(1, sizeof *h);
    if (!h)
        return HX_NOMEM;
    h->last = &h->first;
    pthread_mutex_init(&h->mutex, NULL);
    pthread_cond_init(&h->wake, NULL);
    h->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    h->readable = h->fd >= 0 ? event_new(base, h->fd, EV_READ | EV_PERSIST, on_done, h) : NULL;
    h->runs = h->readable && event_add(h->readable, NULL) == 0 && make_nobody(h) &&
              pthread_create(&h->thread, NULL, run, h) == 0;
    if (!h->runs) {
        hasher_close(h);
        return HX_NOMEM;
    }
    *out = h;
    return HX_OK;
}

static void free_list(struct job *j)
{
    while (j) {
        struct job *next = j->next;
        job_free(j);
        j = next;
    }
}

void hasher_close(struct hasher *h)
{
    if (!h)
        return;
    pthread_mutex_lock(&h->mutex);
    h->stop = true;
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->mutex);
    if (h->runs)
        pthread_join(h->thread, NULL);
    free_list(h->first);
    free_list(h->done);
    if (h->readable)
        event_free(h->readable);
    if (h->fd >= 0)
        close(h->fd);
    pthread_cond_destroy(&h->wake);
    pthread_mutex_destroy(&h->mutex);
    free(h);
}

static int put(struct hasher *h, struct job *job)
{
    if (h->waiting >= WAITING_MAX || strlen(job->password) + 1 >= PASSWORD_MAX) {
        job_free(job);
        return HX_AGAIN;
    }
    h->waiting++;
    pthread_mutex_lock(&h->mutex);
    *h->last = job;
    h->last = &job->next;
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->mutex);
    return HX_OK;
}

int hasher_check(struct hasher *h, const char *password, const char *hash, hasher_fn *fn, void *arg)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j)
        return HX_NOMEM;
    j->fn = fn;
    j->arg = arg;
    hx_text_put(j->password, sizeof j->password, password);
    hx_text_put(j->hash, sizeof j->hash, hash);
    return put(h, j);
}

int hasher_make(struct hasher *h, const char *password, hasher_fn *fn, void *arg)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j)
        return HX_NOMEM;
    j->make = true;
    j->fn = fn;
    j->arg = arg;
    hx_text_put(j->password, sizeof j->password, password);
    return put(h, j);
}
