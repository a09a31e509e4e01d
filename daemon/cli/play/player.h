/* Plays lives against a daemon: publishes what is due, learns case numbers from the answers, and
 * plans what follows. Used by `hongxin demo` and by the traffic generator. One thread: everything
 * happens inside player_turn() and the client's callbacks. */
#ifndef CLI_PLAYER_H
#define CLI_PLAYER_H

#include "cli/play/agenda.h"
#include "cli/play/life.h"
#include "hongxin/client.h"

struct player {
    /* set by the user before player_init(); everything is borrowed */
    hx_client *client; /* with an intake door */
    const struct hx_city *city;
    uint64_t seed;
    double scale;                  /* the city's seconds in one of ours */
    int lives;                     /* per mille of complaints that anything follows */
    int repeated;                  /* per mille that come from the few places with much trouble */
    const double *classes;         /* weights of life_classes */
    const char *const *channels;   /* names of sources … */
    const double *channel_weights; /* … and how much each brings */
    size_t n_channels;
    const struct conduct_kind *kinds; /* of holders; at least one */
    size_t n_kinds;

    /* kept by the player */
    struct agenda agenda;
    struct dice dice;
    int64_t run;         /* wall clock at its start */
    int64_t city_offset; /* the daemon's time minus ours, scaled; 0 = not known */
    const struct hx_place **buildings;
    size_t n_buildings;
    uint64_t serial, open;
    uint64_t reported, published, accepted, refused, failed;
    char last_refusal[96];
};

/* HX_NOMEM; HX_NOTFOUND for a city without buildings. */
HX_CHECK int player_init(struct player *p);
void player_fini(struct player *p);

/* A new complaint now (`now`: monotonic milliseconds). HX_NOMEM. */
HX_CHECK int player_report(struct player *p, int64_t now);

/* Publishes what is due at `now`. HX_NOMEM. */
HX_CHECK int player_turn(struct player *p, int64_t now);

/* The daemon's time was `city` at this moment: what an entry of its journal says. */
void player_clock(struct player *p, int64_t city);

/* When it next has something to do: monotonic milliseconds, INT64_MAX = nothing. */
int64_t player_next(const struct player *p);

#endif
