/* The whole daemon on a machine that is made of numbers: service, store and engine in this process,
 * with time, disk and network of our own, all of it decided by one seed.
 *
 *   reactor.c   in place of daemon/service/doors/reactor.c: virtual time, what happens next
 *   door.c      in place of daemon/service/doors/door.c: letters that are late, doubled, lost
 *   kernel.c    the C library's clocks and libsodium's randomness
 *   disk.c      the C library's writes of the store's file: what is not synced may be gone after a
 *               crash, what is told to fail fails
 *   memory.c    the C library's allocations
 *   city.c, life_cycle.c   what their texts mean, found once for all starts
 *   helper.c    in place of daemon/service/helper.c: no thread
 *   log.c       in place of daemon/base/log.c: the newest lines, with virtual time
 *   source.c    hotlines that report, and send again until they are answered
 *   reader.c    subscribers that remember every entry they were ever shown
 *   judge.c     what must hold in the end
 *
 * A crash is not the end of the process: from that step on nothing reaches disk or network any more
 * (`dead`), the daemon's code runs into closed doors and returns, and the disk is put back to what
 * it had promised. So no memory is lost and a thousand crashes cost a second.
 *
 * The C library's functions have no context, so there is one simulated machine per process. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/arena.h"
#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_MS     INT64_C(1000) /* the machine's time is in microseconds */
#define SIM_SECOND (1000 * SIM_MS)
#define SIM_MINUTE (60 * SIM_SECOND)

/* What has been done, for the report. X(field, name) */
#define SIM_COUNTS(X)                                                                              \
    X(events, "events taken")                                                                      \
    X(fired, "deadlines judged")                                                                   \
    X(lost, "letters lost")                                                                        \
    X(doubled, "letters doubled")                                                                  \
    X(overtaken, "letters overtaken")                                                              \
    X(crashes, "crashes")                                                                          \
    X(torn, "pages lost or torn by crashes")                                                       \
    X(stops, "orderly ends")                                                                       \
    X(starts, "starts")                                                                            \
    X(io_faults, "reads and writes that failed")                                                   \
    X(full_faults, "writes without room")                                                          \
    X(short_writes, "short writes")                                                                \
    X(no_memory, "allocations refused")                                                            \
    X(stalls, "slow syncs")                                                                        \
    X(suspends, "machine suspended")                                                               \
    X(steps_of_clock, "wall clock set")                                                            \
    X(cut, "connections cut")                                                                      \
    X(refused, "events told to come again")                                                        \
    X(shown, "entries shown to readers")

struct sim_counts {
#define X(field, name) uint64_t field;
    SIM_COUNTS(X)
#undef X
};

struct sim {
    uint64_t seed;
    uint64_t state; /* of chance */

    int64_t now_us;      /* boot clock */
    int64_t wall_off_us; /* wall clock minus boot clock */
    bool synchronised;   /* what the kernel says of the wall clock */
    uint32_t scale;

    uint64_t steps;    /* reads and writes of disk and network so far */
    uint64_t crash_at; /* the step at which the machine dies; UINT64_MAX = not */
    bool running;      /* the daemon's code is running: disk and network are the simulated ones */
    bool dead;
    bool inside;     /* what runs is the daemon's own code, not what surrounds it */
    uint64_t scarce; /* of so many allocations of the daemon one is refused; 0 = none */

    int loss, doubling; /* per mille of letters */
    int64_t delay_us;   /* of a letter at the most */
    int64_t sync_us;    /* of a sync at the most, while the disk works */

    uint64_t digest; /* of everything the daemon said and when */
    bool failed, verbose;
    char problem[512];
    struct sim_counts counts;
};

extern struct sim sim;

/* A machine with this seed, at the beginning of its time. */
void sim_reset(uint64_t seed);

/* Below `below`, which is above 0. */
uint64_t sim_draw(uint64_t below);
/* True for so many of a thousand. */
bool sim_chance(unsigned per_mille);
/* Between both, small ones as likely as large ones by magnitude. */
int64_t sim_span(int64_t least, int64_t most);

/* One operation of disk or network: false when the machine is dead, or dies now. */
bool sim_step(void);

/* From a function that the daemon calls: what surrounds it begins, and ends. */
static inline bool sim_leave(void)
{
    bool inside = sim.inside;
    sim.inside = false;
    return inside;
}
static inline void sim_enter(bool inside)
{
    sim.inside = inside;
}

/* Decodes a message into `kept`, which is emptied first: what was decoded there before is gone. */
void *sim_decode(const ProtobufCMessageDescriptor *type, struct hx_arena *kept, const void *bytes,
                 size_t size);

/* Adds to the digest. */
void sim_note(const void *bytes, size_t size);

/* The first one is kept; the run goes on to its end. */
void sim_fail(const char *fmt, ...) HX_PRINTF(1, 2);

/* The newest lines of the log. */
void sim_log_print(void);

/* ---- the queue of what is to happen ---- */

typedef void sim_fn(void *ctx, uint64_t number);

/* Calls fn(ctx, number) at that time; things of the same time in the order of these calls. */
void sim_at(int64_t at_us, sim_fn *fn, void *ctx, uint64_t number);
/* When the next thing happens; INT64_MAX = nothing. */
int64_t sim_next(void);
/* Lets it happen. */
void sim_happen(void);
void sim_queue_clear(void);

/* Lets happen what happens up to then while no daemon is running. */
void sim_pass(int64_t until_us);

/* ---- the network ---- */

/* Called with each message that arrives. */
typedef void net_fn(void *ctx, const uint8_t *bytes, size_t size);

/* A connection; 0 is none. `in_order`: what was sent first arrives first, or the connection is
 * gone; else letters may be lost, doubled and overtaken. */
uint64_t net_connect(net_fn *fn, void *ctx, bool in_order);
void net_cut(uint64_t connection);
bool net_connected(uint64_t connection);
/* To the daemon: copied. */
void net_send(uint64_t connection, const void *bytes, size_t size);
/* The daemon's process comes and goes, and with it every connection; what it has sent arrives. */
void net_up(void);
void net_down(void);
/* Letters on their way to the daemon are lost: its machine sleeps. */
void net_lose(void);
/* When the next letter arrives that the daemon has not been woken for; INT64_MAX = none. */
int64_t net_next(void);
void net_clear(void);

/* ---- the disk ---- */

enum disk_fault { DISK_WORKS, DISK_IO, DISK_SYNC, DISK_FULL, DISK_SHORT, DISK_STALLS, DISK_FAULTS };

/* The store's file, from now on. */
void disk_open(const char *data_file);
void disk_fault(enum disk_fault fault);
/* The power is gone: pages that were not synced are as before, or half written. */
void disk_crash(void);
void disk_close(void);

/* ---- the daemon's loop ---- */

/* SIGTERM, when it is running. */
void reactor_end(void);
/* The wall clock is set. */
void reactor_set_clock(int64_t by_us);
/* The process is stopped, or its machine sleeps, so long. */
void reactor_away(int64_t us, bool machine);
/* Engine time, also while no daemon runs. */
int64_t reactor_engine_now(void);

/* ---- who talks to it ---- */

struct sources; /* opaque */
struct sources *sources_new(size_t lives, int64_t horizon_us);
void sources_free(struct sources *s);
/* Every event is answered. */
bool sources_settled(const struct sources *s);
/* Highest LSN that was acknowledged to anybody. */
uint64_t sources_promised(const struct sources *s);
/* Each event of the journal, then the rest. */
void sources_entry(struct sources *s, uint64_t lsn, const void *event, size_t size, bool parked);
void sources_judge(struct sources *s);

struct readers; /* opaque */
struct readers *readers_new(size_t n);
void readers_free(struct readers *r);
bool readers_caught_up(const struct readers *r, uint64_t newest);
/* From now on nobody goes away any more. */
void readers_calm(struct readers *r);
/* Highest LSN that anybody was shown. */
uint64_t readers_shown(const struct readers *r);
void readers_entry(struct readers *r, uint64_t lsn, const void *bytes, size_t size);
struct hx_store;
void readers_judge(struct readers *r, struct hx_store *store);

/* ---- times without service ---- */

/* Between both, deadlines cannot be judged; they nest. */
void outage_begin(void);
void outage_end(void);
/* The one that has begun last is a jump of the clock: what lies in it stays in doubt for a while.
 */
void outage_jump(void);
void outages_clear(void);
/* Until when a deadline may be judged that was known and due at `due` (engine time). */
int64_t outage_excuse(int64_t due);

/* ---- in the end ---- */

struct boot;
struct judged {
    struct sources *sources;
    struct readers *readers;
};
/* The store as the disk has it now: doctor, journal against what everybody was told. */
void judge_store(const struct boot *b, const struct judged *j);

/* ---- a run ---- */

/* From an empty folder of the store to the judgement; sim.failed and sim.problem say how it went.
 * Returns the digest of all that the daemon said. */
uint64_t run_seed(const char *config, uint64_t seed);

#endif
