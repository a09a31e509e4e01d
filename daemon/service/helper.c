#include "service/helper.h"

#include "base/log.h"
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct piece {
    void (*work)(void *ctx);
    void *ctx;
};

struct helper {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t given_one, done_one;
    struct piece pieces[HELPER_PIECES];
    uint64_t given, done; /* pieces since the start: given - done are under way */
    bool busy;            /* the oldest of them has been begun, by the helper or by the loop */
    bool closing;
};

/* Does the oldest piece, which nobody has begun. Called and left with the lock, as all below. */
static void do_oldest(struct helper *h)
{
    struct piece p = h->pieces[h->done % HELPER_PIECES];
    h->busy = true;
    pthread_mutex_unlock(&h->lock);
    p.work(p.ctx);
    pthread_mutex_lock(&h->lock);
    h->busy = false;
    h->done++;
}

/* False: there will be nothing more to do. */
static bool wait_for_one(struct helper *h)
{
    while ((h->busy || h->done == h->given) && !h->closing)
        pthread_cond_wait(&h->given_one, &h->lock);
    return h->done < h->given;
}

static void *run(void *helper)
{
    struct helper *h = helper;
    pthread_mutex_lock(&h->lock);
    while (wait_for_one(h)) {
        do_oldest(h);
        pthread_cond_signal(&h->done_one);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

/* Signals are the loop's; those of a fault stay where they arise. */
static int start_thread(struct helper *h)
{
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&h->thread, NULL, run, h);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static void destroy(struct helper *h)
{
    pthread_cond_destroy(&h->done_one);
    pthread_cond_destroy(&h->given_one);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

int helper_open(struct helper **out)
{
    struct helper *h = calloc(1, sizeof *h);
    *out = NULL;
    if (!h)
        return HX_NOMEM;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->given_one, NULL);
    pthread_cond_init(&h->done_one, NULL);
    if (start_thread(h) == 0) {
        *out = h;
        return HX_OK;
    }
    hx_log(HX_LOG_ERROR, "event=helper_failed");
    destroy(h);
    return HX_IO;
}

void helper_close(struct helper *h)
{
    if (!h)
        return;
    pthread_mutex_lock(&h->lock);
    h->closing = true;
    pthread_cond_signal(&h->given_one);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
    destroy(h);
}

static void finish(struct helper *h, uint64_t piece)
{
    while (h->done < piece) {
        if (h->busy)
            pthread_cond_wait(&h->done_one, &h->lock);
        else
            do_oldest(h);
    }
}

uint64_t helper_give(struct helper *h, void (*work)(void *ctx), void *ctx)
{
    pthread_mutex_lock(&h->lock);
    if (h->given - h->done == HELPER_PIECES)
        finish(h, h->done + 1);
    h->pieces[h->given % HELPER_PIECES] = (struct piece){work, ctx};
    uint64_t number = ++h->given;
    pthread_cond_signal(&h->given_one);
    pthread_mutex_unlock(&h->lock);
    return number;
}

void helper_wait(struct helper *h, uint64_t piece)
{
    pthread_mutex_lock(&h->lock);
    finish(h, piece);
    if (h->done < h->given)
        pthread_cond_signal(&h->given_one); /* what the loop was in the way of */
    pthread_mutex_unlock(&h->lock);
}

bool helper_cancel(struct helper *h, uint64_t piece)
{
    pthread_mutex_lock(&h->lock);
    bool begun = h->done + h->busy >= piece;
    if (begun)
        finish(h, piece);
    else
        h->given = piece - 1;
    pthread_mutex_unlock(&h->lock);
    return !begun;
}
