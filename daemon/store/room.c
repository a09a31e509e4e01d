/* How much room is left, and keeping some for the timers; numbers for people. */
#include "base/log.h"
#include "store/impl.h"
#include "store/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum {
    ROOM_PER_CENT = 85, /* above: new complaints are refused, the state machine goes on */
    COUNT_EVERY = 64,   /* begins between two counts of the free pages, while above */
    FLOOR_SHARE = 8,    /* at most this part of the map is allocated in advance */
};

static uint64_t used_pages(struct hx_store *st)
{
    MDB_envinfo info;
    return mdb_env_info(st->env, &info) ? 0 : info.me_last_pgno + 1;
}

/* The free list is LMDB's table 0: each value is a count and so many page numbers. */
int store_free_pages(struct hx_store *st, uint64_t *pages)
{
    const MDB_dbi free_dbi = 0;
    MDB_cursor *cur;
    MDB_val key, value;
    *pages = 0;
    int err = store_read_begin(st);
    if (err)
        return err;
    int rc = mdb_cursor_open(st->reader, free_dbi, &cur);
    if (!rc) {
        while (!(rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT))) {
            size_t n;
            memcpy(&n, value.mv_data, sizeof n);
            *pages += n;
        }
        mdb_cursor_close(cur);
    }
    store_read_end(st);
    return rc == MDB_NOTFOUND ? HX_OK : store_error(rc, false);
}

static bool map_room(struct hx_store *st)
{
    uint64_t limit = st->map_bytes / st->page_size * ROOM_PER_CENT / 100;
    uint64_t used = used_pages(st);
    if (used <= limit)
        return true;
    if (!st->room_skip) {
        st->room_skip = COUNT_EVERY;
        if (store_free_pages(st, &st->free_pages))
            st->free_pages = 0;
    }
    st->room_skip--;
    return used - st->free_pages <= limit;
}

static bool disk_room(struct hx_store *st)
{
    struct statvfs fs;
    if (statvfs(st->path, &fs) < 0)
        return true;
    return (uint64_t)fs.f_bavail * fs.f_frsize >= st->reserve_bytes;
}

void store_room_look(struct hx_store *st)
{
    bool room = !st->commit_failed && map_room(st) && disk_room(st);
    if (room != st->room)
        hx_log(room ? HX_LOG_INFO : HX_LOG_WARN, "event=store_room room=%d", room);
    st->room = room;
}

bool hx_store_room(const struct hx_store *st)
{
    return st->room;
}

/* Blocks that are allocated already cannot be taken by others: the timers go on from them when the
 * disk is full. The size of a file that was copied says nothing: holes are no blocks. */
int store_reserve(struct hx_store *st, bool opening)
{
    mdb_filehandle_t fd;
    uint64_t used = used_pages(st) * st->page_size;
    uint64_t floor = st->reserve_bytes;
    if (floor > st->map_bytes / FLOOR_SHARE)
        floor = st->map_bytes / FLOOR_SHARE;
    struct stat sb;
    int rc = mdb_env_get_fd(st->env, &fd);
    if (rc)
        return store_error(rc, false);
    if (fstat(fd, &sb) < 0)
        return store_error(errno, false);
    if (!opening && (uint64_t)sb.st_size >= used + floor / 2)
        return HX_OK;
    return store_error(posix_fallocate(fd, (off_t)used, (off_t)floor), true);
}

/* After a failed commit: whether a small write gets through again. */
static int try_write(struct hx_store *st)
{
    int err = hx_store_begin(st);
    if (err)
        return err;
    (void)store_meta_put(st, "probe", st->failed_commits); /* sticky: the commit says it */
    return hx_store_commit(st);
}

int hx_store_tick(struct hx_store *st)
{
    int dead = 0;
    if (st->txn)
        return HX_INVALID;
    int err = store_error(mdb_reader_check(st->env, &dead), false);
    if (dead)
        hx_log(HX_LOG_INFO, "event=stale_readers_cleared n=%d", dead);
    if (err || st->readonly)
        return err;
    if (store_reserve(st, false))
        hx_log(HX_LOG_WARN, "event=store_reserve_failed path=%s", st->path);
    if (st->commit_failed)
        err = try_write(st);
    st->room_skip = 0;
    store_room_look(st);
    return err;
}

static uint64_t entries_of(struct hx_store *st, enum store_table t, struct hx_store_stats *s)
{
    MDB_stat stat;
    if (mdb_stat(st->reader, st->dbi[t], &stat))
        return 0;
    if (stat.ms_depth > s->depth)
        s->depth = stat.ms_depth;
    return stat.ms_entries;
}

int hx_store_stats(struct hx_store *st, struct hx_store_stats *s)
{
    MDB_envinfo info;
    *s = (struct hx_store_stats){.map_bytes = st->map_bytes,
                                 .commits = st->commits,
                                 .failed_commits = st->failed_commits,
                                 .appended_bytes = st->appended_bytes,
                                 .quarantine_open = st->now.quarantine_open,
                                 .behind = hx_store_project_behind(st)};
    int err = store_free_pages(st, &s->free_bytes);
    if (err || (err = store_read_begin(st)))
        return err;
    s->free_bytes *= st->page_size;
    s->used_bytes = used_pages(st) * st->page_size;
    s->cases = entries_of(st, T_CASE, s);
    s->entries = entries_of(st, T_JOURNAL, s);
    s->due = entries_of(st, T_DUE, s);
    s->seen = entries_of(st, T_SEEN, s);
    s->persons = entries_of(st, T_PERSON, s);
    s->parked = entries_of(st, T_PARKED, s);
    s->quarantined = entries_of(st, T_QUARANTINE, s);
    store_read_end(st);
    if (!mdb_env_info(st->env, &info))
        s->readers = info.me_numreaders;
    return HX_OK;
}
