/* A file that is not as LMDB left it: cut off by a copy that was not finished, overwritten by
 * somebody, damaged by a disk. LMDB has no checksums and trusts its pages, so reading such a one
 * can end in its assertions or in a fault inside the map. Nothing can be saved in that moment; what
 * can be done is to end with a line that names the file and what to do, instead of a core. */
#include "base/log.h"
#include "store/impl.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

enum { GUARDED = 4, LINE = 700 };

#define ADVICE                                                                                     \
    "\"data.mdb is damaged: stop, keep it for hongxin doctor, and put a copy in its place\""

/* Stores that are open: where their map lies, and what is said. Read by a signal handler. */
static struct guarded {
    const struct hx_store *st;
    uintptr_t from, to;
    char line[LINE];
} list[GUARDED];

static struct sigaction before_bus, before_segv;
static struct sigaction before_abort;
static atomic_int ending; /* the thread that says why, and ends the process; 0: none */

/* The end belongs to one thread; the others wait for it. Whoever comes by again while it is his
 * own has been hit by the same damage on his way out. */
static void take_the_end(void)
{
    int none = 0, me = gettid();
    if (atomic_compare_exchange_strong(&ending, &none, me))
        return;
    if (none == me)
        _exit(EXIT_FAILURE);
    for (;;)
        pause();
}

static void say(const struct guarded *g)
{
    ssize_t rc = write(STDERR_FILENO, g->line, strlen(g->line));
    (void)rc; /* there is nowhere left to report it */
}

/* Where the process was. */
static const void *instruction(const void *context)
{
    const ucontext_t *u = context;
#if defined(__x86_64__)
    return (const void *)(uintptr_t)u->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (const void *)(uintptr_t)u->uc_mcontext.pc;
#else
    (void)u;
    return NULL;
#endif
}

/* A damaged page also leads LMDB to addresses that are nowhere. */
static bool inside_lmdb(const void *at)
{
    Dl_info here, lmdb;
    return dladdr(at, &here) && dladdr((const void *)(uintptr_t)mdb_env_open, &lmdb) &&
           here.dli_fbase == lmdb.dli_fbase;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    const struct sigaction *before = number == SIGBUS ? &before_bus : &before_segv;
    uintptr_t at = (uintptr_t)info->si_addr;
    if (atomic_load(&ending))
        take_the_end(); /* the same page, in another thread: the end is on its way */
    bool lmdb = inside_lmdb(instruction(context));
    for (size_t i = 0; i < GUARDED; i++)
        if (list[i].st && (lmdb || (at >= list[i].from && at < list[i].to))) {
            take_the_end();
            say(&list[i]);
            _exit(EXIT_FAILURE);
        }
    if (before->sa_flags & SA_SIGINFO)
        before->sa_sigaction(number, info, context);
    else
        sigaction(number, before, NULL); /* happens again at once, and then as ever */
}

/* Memory that such a page has spoilt ends other threads in abort(). */
static void on_abort(int number, siginfo_t *info, void *context)
{
    if (atomic_load(&ending))
        take_the_end();
    if (before_abort.sa_flags & SA_SIGINFO)
        before_abort.sa_sigaction(number, info, context);
    else if (before_abort.sa_handler != SIG_DFL && before_abort.sa_handler != SIG_IGN)
        before_abort.sa_handler(number);
    else if (before_abort.sa_handler == SIG_DFL) { /* a service manager's watchdog sends it, too */
        sigaction(number, &before_abort, NULL);
        raise(number);
    }
    /* back in abort(), which ends the process */
}

static void on_assertion(MDB_env *env, const char *what)
{
    const struct hx_store *st = mdb_env_get_userctx(env);
    const struct guarded *mine = NULL;
    for (size_t i = 0; i < GUARDED; i++)
        if (list[i].st == st)
            mine = &list[i];
    if (mine) {
        take_the_end();
        say(mine); /* first: the log needs more that may be damaged */
    }
    hx_log(HX_LOG_ERROR, "event=store_assertion \"%s\"", what);
    if (mine)
        _exit(EXIT_FAILURE);
}

/* LMDB does not tell where its map is. */
static bool find_map(const char *file, struct guarded *g)
{
    char line[4600];
    size_t length = strlen(file);
    FILE *maps = fopen("/proc/self/maps", "re");
    bool found = false;
    while (maps && !found && fgets(line, sizeof line, maps)) {
        size_t n = strcspn(line, "\n");
        found = n > length && memcmp(line + n - length, file, length) == 0;
        if (found) {
            char *to; /* "from-to …", in hexadecimal digits */
            g->from = (uintptr_t)strtoull(line, &to, 16);
            g->to = *to == '-' ? (uintptr_t)strtoull(to + 1, NULL, 16) : 0;
        }
    }
    if (maps)
        fclose(maps);
    return found;
}

static void install(void)
{
    static bool done;
    struct sigaction ours = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    struct sigaction aborts = {.sa_sigaction = on_abort, .sa_flags = SA_SIGINFO};
    if (done)
        return;
    done = true;
    sigemptyset(&ours.sa_mask);
    sigaction(SIGBUS, &ours, &before_bus);
    sigaction(SIGSEGV, &ours, &before_segv);
    sigemptyset(&aborts.sa_mask);
    sigaction(SIGABRT, &aborts, &before_abort);
}

void store_guard(struct hx_store *st)
{
    char file[4200], *real;
    for (size_t i = 0; i < GUARDED; i++) {
        struct guarded *g = &list[i];
        if (g->st)
            continue;
        snprintf(file, sizeof file, "%s/data.mdb", st->path);
        real = realpath(file, NULL);
        snprintf(g->line, sizeof g->line, "level=error event=store_damaged store=%.500s %s\n",
                 st->path, ADVICE);
        if (real && find_map(real, g))
            g->st = st;
        free(real);
        break;
    }
    mdb_env_set_userctx(st->env, st);
    mdb_env_set_assert(st->env, on_assertion);
    install();
}

void store_unguard(const struct hx_store *st)
{
    for (size_t i = 0; i < GUARDED; i++)
        if (list[i].st == st)
            list[i].st = NULL;
}

/* Free pages with at least this number. */
static int count_free(MDB_txn *txn, uint64_t from, uint64_t *n)
{
    MDB_cursor *cur;
    MDB_val key, value;
    int rc = mdb_cursor_open(txn, 0, &cur);
    *n = 0;
    if (rc)
        return rc;
    while (!(rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT))) {
        const uint8_t *p = value.mv_data; /* a count and so many page numbers */
        for (size_t at = sizeof(size_t); at + sizeof(size_t) <= value.mv_size;
             at += sizeof(size_t)) {
            size_t page;
            memcpy(&page, p + at, sizeof page);
            *n += page >= from;
        }
    }
    mdb_cursor_close(cur);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Pages at the end that were never used need not be there: they are free. */
int store_missing_pages(struct hx_store *st, uint64_t *missing)
{
    MDB_envinfo info;
    MDB_txn *txn;
    struct stat sb;
    mdb_filehandle_t fd;
    uint64_t spare = 0;
    *missing = 0;
    if (mdb_env_info(st->env, &info) || mdb_env_get_fd(st->env, &fd) || fstat(fd, &sb) < 0)
        return HX_IO;
    uint64_t have = (uint64_t)sb.st_size / st->page_size, used = info.me_last_pgno + 1;
    if (have >= used)
        return HX_OK;
    int rc = mdb_txn_begin(st->env, NULL, MDB_RDONLY, &txn);
    if (rc)
        return store_error(rc, false);
    rc = count_free(txn, have, &spare);
    mdb_txn_abort(txn);
    *missing = used - have > spare ? used - have - spare : 0;
    return store_error(rc, false);
}
