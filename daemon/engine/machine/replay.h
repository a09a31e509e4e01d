/* Replay: the journal's entries put through a fresh machine, in order (invariant 6).
 *
 * An entry holds everything that decided it: the event or the mark, the four times, whether
 * receivers could be reached, which disturbance was in force. From that the machine makes the entry
 * again, and whatever else came of it in the same transaction; both must be the same bytes. The
 * cases in the replay's backend are then those the daemon had after that entry.
 *
 * The backend is the caller's: memory for one case, a scratch store for a whole journal. Rules and
 * city must be those the journal was written with; what was in force before hangs behind them. One
 * thread. */
#ifndef ENGINE_MACHINE_REPLAY_H
#define ENGINE_MACHINE_REPLAY_H

#include "engine/machine/machine.h"

struct hx_replay; /* opaque */

struct hx_replay_options {
    const struct hx_rules *rules;
    const struct hx_city *city;
    const struct hx_backend *ops;
    void *backend;
    /* Says how the next entry and, when it begins a case, that case are numbered (0 = it does not).
     * NULL: the journal is complete from 1 and numbers follow from it. */
    int (*number)(void *backend, uint64_t lsn, uint64_t case_number);
    /* An entry was not made again as it stands: `made` NULL = not at all, `stored` NULL = one more
     * was made than the journal has. Both are valid during the call. */
    void (*differs)(void *ctx, const hxp_entry *stored, const hxp_entry *made);
    void *ctx;
};

/* HX_NOMEM. */
HX_CHECK int hx_replay_new(const struct hx_replay_options *options, struct hx_replay **out);
void hx_replay_free(struct hx_replay *r);

/* The next entry, as stored; copied. It is made again when the entries that it brought about have
 * come too, that is with the next call. HX_CORRUPT: it cannot be decoded, says an instant that does
 * not exist, or its number was passed; else errors of the backend. */
HX_CHECK int hx_replay_entry(struct hx_replay *r, const uint8_t *bytes, size_t size);
/* After the last one. */
HX_CHECK int hx_replay_finish(struct hx_replay *r);

/* Entries made again so far, and those that differed. */
uint64_t hx_replay_count(const struct hx_replay *r);
uint64_t hx_replay_differences(const struct hx_replay *r);

#endif
