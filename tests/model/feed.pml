/* The road of an event from the publisher to a receiver, with crashes at every step:
 *
 *   publish -> intake -> commit (write, then sync) -> answer -> feed -> receiver -> acknowledged -> cursor
 *
 * Proved for every order of these steps, with events sent again, answers and messages lost, the daemon and the receiver
 * crashing: what was answered is in the journal (KEPT), and once (ONCE); nothing is shown that a crash could take back
 * (SHOWN); the receiver gets every entry in order (GAP); its cursor never runs ahead of what it has done (AHEAD); and
 * when all is quiet everything has arrived (no invalid end state).
 *
 * Each of these leaves out or swaps one step, and must be found wrong (check.py): ACK_BEFORE_COMMIT, ACK_BEFORE_SYNC,
 * SHOW_BEFORE_COMMIT, SEEN_APART, CURSOR_WITH_PUSH, CURSOR_BEFORE_WORK, RESTART_AT_THE_END, CURSOR_FORGOTTEN.
 *
 * What is on its way is lost at a crash, or is not; an answer for which there is no room, and what was pushed before a
 * HELLO, are lost without one.
 *
 * The daemon's places: service/intake/batch.c commits, then answers and shows; store/txn.c writes an event and its row
 * in `seen` (store/backend.c) in one transaction; service/feeds/feed.c and push.c push and keep cursors.
 */
#define EVENTS 2
#define CRASHES 2

#if defined(ACK_BEFORE_SYNC) || defined(ACK_BEFORE_COMMIT)
#define MAY_ANSWER true
#else
#define MAY_ANSWER (!written)
#endif
#ifdef SHOW_BEFORE_COMMIT
#define MAY_SHOW mem_lsn
#else
#define MAY_SHOW disk_lsn
#endif

/* What survives a crash: entries, whether an event is among them, whether it has its row in `seen`, the cursor. */
byte disk_lsn, disk_cursor;
bool disk_event[EVENTS + 1], disk_seen[EVENTS + 1];

/* What a commit has written, until it is synced; then zero. */
bool written;
byte new_lsn, new_cursor;
bool new_event[EVENTS + 1], new_seen[EVENTS + 1];

/* What the daemon has in memory: also who waits for a commit, and whose answer is due. */
byte mem_lsn, mem_cursor, pushed;
bool mem_event[EVENTS + 1], mem_seen[EVENTS + 1], waits[EVENTS + 1], due[EVENTS + 1];

/* What the world outside knows. */
bool answered[EVENTS + 1];
byte done; /* entries on which the receiver has acted; it keeps that */
bool hello;
byte crashes;

chan publish = [1] of { byte };
chan answer = [1] of { byte };
chan feed = [1] of { byte };
chan acked = [1] of { byte };

inline empty_out(c) {
    if
    :: nempty(c) -> c?_
    :: empty(c)
    fi
}

inline check() {
    assert(!answered[1] || disk_event[1]); /* KEPT */
    assert(!answered[2] || disk_event[2]); /* KEPT */
    assert(disk_lsn <= EVENTS); /* ONCE */
    assert(disk_cursor <= done) /* AHEAD */
}

inline write_one(n) {
    new_event[n] = mem_event[n];
#ifdef SEEN_APART
    new_seen[n] = disk_seen[n];
#else
    new_seen[n] = mem_seen[n];
#endif
    due[n] = due[n] || waits[n];
    waits[n] = false
}

inline sync_one(n) {
    disk_event[n] = new_event[n];
    disk_seen[n] = new_seen[n];
    new_event[n] = false;
    new_seen[n] = false
}

inline sync() {
    sync_one(1);
    sync_one(2);
    disk_lsn = new_lsn;
    disk_cursor = new_cursor;
    new_lsn = 0;
    new_cursor = 0;
    written = false
}

inline forget_one(n) {
    mem_event[n] = disk_event[n];
    mem_seen[n] = disk_seen[n];
    new_event[n] = false;
    new_seen[n] = false;
    waits[n] = false;
    due[n] = false
}

inline restart() {
    forget_one(1);
    forget_one(2);
    new_lsn = 0;
    new_cursor = 0;
    written = false;
    mem_lsn = disk_lsn;
    mem_cursor = disk_cursor;
#ifdef RESTART_AT_THE_END
    pushed = disk_lsn
#else
    pushed = disk_cursor
#endif
}

active proctype daemon() {
    byte e, l;
end:
    do
    /* Intake. What is known gets its first answer again, once that is on disk. */
    :: atomic { publish?e ->
        if
        :: mem_seen[e] && disk_seen[e] -> due[e] = true
        :: mem_seen[e] && !disk_seen[e] -> waits[e] = !due[e]
        :: else -> mem_lsn++; mem_event[e] = true; mem_seen[e] = true; waits[e] = true
        fi;
#ifdef ACK_BEFORE_COMMIT
        due[e] = true;
#endif
        e = 0 }
    /* A commit: written first … */
    :: atomic { !written && (mem_lsn > disk_lsn || mem_cursor > disk_cursor) ->
        write_one(1);
        write_one(2);
        new_lsn = mem_lsn;
        new_cursor = mem_cursor;
        written = true }
    /* … then synced; before that nobody may know of it. */
    :: atomic { written -> sync(); check() }
#ifdef SEEN_APART
    :: atomic { !written && disk_lsn == mem_lsn && (disk_seen[1] != mem_seen[1] || disk_seen[2] != mem_seen[2]) ->
        disk_seen[1] = mem_seen[1];
        disk_seen[2] = mem_seen[2] }
#endif
    /* The answers of what is committed. One that does not go through is lost: the event comes again. */
    :: atomic { (due[1] || due[2]) && MAY_ANSWER ->
        if
        :: due[1] -> e = 1
        :: due[2] -> e = 2
        fi;
        due[e] = false;
        if
        :: nfull(answer) -> answer!e
        :: skip
        fi;
        e = 0 }
    /* The feed shows what is committed, in order. */
    :: atomic { pushed < MAY_SHOW && nfull(feed) ->
        pushed++;
        assert(pushed <= disk_lsn); /* SHOWN */
        feed!pushed;
#ifdef CURSOR_WITH_PUSH
        if
        :: pushed > mem_cursor -> mem_cursor = pushed
        :: else
        fi
#endif
        }
    /* The receiver's word moves its cursor, on disk with the next commit. */
    :: atomic { acked?l ->
#ifndef CURSOR_FORGOTTEN
        if
        :: l > mem_cursor && l <= disk_lsn -> mem_cursor = l
        :: else
        fi;
#endif
        l = 0 }
    /* A receiver that says HELLO goes on behind its cursor. */
    :: atomic { hello -> hello = false; empty_out(feed); pushed = mem_cursor }
    /* A crash. What was being written is there or is not; what is on its way in the network arrives or does not. */
    :: atomic { crashes < CRASHES ->
        crashes++;
        if
        :: written -> sync()
        :: skip
        fi;
        if
        :: empty_out(answer); empty_out(publish); empty_out(acked)
        :: skip
        fi;
        empty_out(feed);
        restart();
        check() }
    od
}

/* Sends each event again until it is answered. */
active proctype publisher() {
    byte e;
    do
    :: atomic { !answered[1] && nfull(publish) -> publish!1 }
    :: atomic { !answered[2] && nfull(publish) -> publish!2 }
    :: atomic { answer?e -> answered[e] = true; e = 0;
        assert(!answered[1] || disk_event[1]); /* KEPT */
        assert(!answered[2] || disk_event[2]) /* KEPT */ }
    :: answered[1] && answered[2] -> break
    od
}

active proctype receiver() {
    byte l;
    do
    :: feed?l ->
        assert(l <= done + 1); /* GAP */
#ifdef CURSOR_BEFORE_WORK
        acked!l;
#endif
        if
        :: atomic { l == done + 1 -> done = l }
        :: l <= done
        /* It crashes before it has acted, and comes again. */
        :: atomic { crashes < CRASHES -> crashes++; hello = true }; !hello
        fi;
#ifndef CURSOR_BEFORE_WORK
        acked!done;
#endif
        l = 0
    :: done == EVENTS && disk_cursor == EVENTS -> break
    od
}
