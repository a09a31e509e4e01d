/* Rounds: what is new goes from page to page of a scope. One round runs at a time, some pages in
 * each turn of the loop, so that nobody else waits for all of them; a page is given whatever has
 * come until its turn. An entry is thus on every page that keeps up within the time from one round
 * to the next. What pages get that have come equally far is one text. One thread. */
#ifndef BOARD_ROUND_H
#define BOARD_ROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct scope;
struct stream;

/* What follows in the ring after an entry, as one text. */
struct block {
    char *text; /* owned; NULL: there is none */
    size_t size;
    uint64_t after, upto; /* a page that has everything up to there has it up to here then */
    uint64_t seen;        /* what the scope had seen when it was made */
};

struct round {
    struct event *timer;
    struct stream *turn; /* whose turn is next; NULL: none runs */
    uint64_t upto;       /* what had been seen when it began … */
    uint64_t sent;       /* … and the one before: pages that keep up have everything up to here */
    int64_t began, ended;
    bool beat_due, beats, behind; /* behind: one of its pages is */
    struct block block;
};

/* False: no memory. */
bool round_open(struct scope *s);
void round_close(struct scope *s);

/* Something is new: a round begins at once when it is quiet, else together with what comes
 * meanwhile. */
void round_soon(struct scope *s);
/* The next one says to each page that it stands, and how far it is: a heartbeat. */
void round_beat(struct scope *s);
/* All pages at once: what they have not been given is about to go. */
void round_whole(struct scope *s);
/* The journal is another one: nothing of what was made is true any more. */
void round_forget(struct scope *s);
/* It is about to leave the list of its scope. */
void round_leave(const struct stream *st);

/* The page is given what follows for it in the ring, as much as a block holds. It must have taken
 * what it was given before, and the ring must reach back to where it is. False: it is over. */
bool round_serve(struct stream *st);

#endif
