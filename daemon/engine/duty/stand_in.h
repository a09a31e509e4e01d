/* Who answers for a post that the rota does not name.
 *
 * Companies and units have posts of their own. A place may hold a case, too: the community of an
 * estate without a company (S38), the street for a task that the community need not take (S34), the
 * fallback where nobody fits (C3). Its own people then answer for its `duty`, and those of the
 * place above it for its `manager`. Rows of its own in the rota come before that; where they name
 * none but those people, it is still their post that answers, and from which they act.
 *
 * What no rota names and nobody stands in for is vacant: told, recorded, and the case climbs (R12,
 * F10, corner 26). */
#ifndef ENGINE_DUTY_STAND_IN_H
#define ENGINE_DUTY_STAND_IN_H

#include "engine/duty/rota.h"

/* Turns the post into the one whose people answer for it at t: itself, or the one that stands in.
 * False, and the post as it was: the rota has nobody for it. */
bool hx_post_stand_in(const struct hx_city *city, int64_t t, struct hx_post *post);

/* The other post whose people are told at t what is for `post`, and answer for it: the one that
 * stands in, or whose people `post` has. False: its own people, or nobody. */
bool hx_post_deputy(const struct hx_city *city, int64_t t, const struct hx_post *post,
                    struct hx_post *deputy);

/* Whether it is for the rota to name somebody there: a post of a holder, a place or the city. A
 * reporter, or a unit that is asked to assist, is told as it is. */
bool hx_post_of_rota(const struct hx_post *post);

/* Whether `by` may answer for what was sent to `to`: somebody of the same post, or of the post that
 * was told in its place ("" = none was). Of the city, who names no post ("city/wang") speaks for
 * each of them; who names one speaks for it alone, and for what was sent to himself by name. */
bool hx_post_speaks(const char *by, const char *to, const char *stand_in);

/* Posts of one role for which no rota names anybody, whoever is away. */
struct hx_unnamed {
    const char *role;
    char first[HX_ID_MAX]; /* its area */
    size_t n;
};
enum { HX_UNNAMED = 7 };

/* What the tree, the companies, the routing table and the city itself need at t, and the rota does
 * not know; how many roles that is. */
size_t hx_posts_unnamed(const struct hx_city *city, int64_t t, struct hx_unnamed out[HX_UNNAMED]);

/* Whether these n bytes are a post of the whole city: property, leadership, callback, desk. */
bool hx_city_post(const char *name, size_t n);

#endif
