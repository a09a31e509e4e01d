/* The places that a case lies in, from the widest to the narrowest: one list, X(id, zh, en). `id`
 * is the member of a where, and its name in JSON. */
#ifndef BOARD_PLACES_H
#define BOARD_PLACES_H

#define BOARD_AREAS(X)                                                                             \
    X(street, "街道", "Street"), X(community, "社区", "Community"), X(grid, "网格", "Grid"),       \
        X(estate, "小区", "Estate")

#define BOARD_PLACES(X) BOARD_AREAS(X), X(building, "楼栋", "Building")

#define PLACE_NAME(id, zh, en)   #id
#define PLACE_NUMBER(id, zh, en) PLACE_##id

enum { BOARD_PLACES(PLACE_NUMBER), PLACE_COUNT };

#endif
