/* Pictures that strangers send: looked at by their header before anything is decoded, then made
 * anew from their pixels, so that nothing else of the file goes on: no position, no device, no
 * hidden thumbnail, no bytes behind the end. */
#ifndef PICTURE_PICTURE_H
#define PICTURE_PICTURE_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PICTURE_EDGE_MAX = 60000 };

enum picture_kind { PICTURE_JPEG = 1, PICTURE_PNG };

struct picture_head {
    enum picture_kind kind;
    uint32_t width, height;
    unsigned turn; /* how it is to be turned, as EXIF counts it: 1 (not at all) to 8 */
};

/* Reads the header alone. HX_INVALID: neither JPEG nor PNG, or cut off before its size is told.
 * Pure; any thread. */
HX_CHECK int picture_look(const uint8_t *bytes, size_t size, struct picture_head *out);

struct picture_limits {
    uint64_t pixels; /* more are refused by the header */
    uint32_t edge;   /* the longer edge of what is made, at most */
};

/* False: more pixels than the limit, or an edge that no JPEG can have. */
bool picture_fits(const struct picture_head *head, const struct picture_limits *limits);

/* Decodes, turns it upright, makes it smaller where it is too large, and encodes it as JPEG. The
 * same bytes make the same picture. *out is to be given to free(). HX_INVALID: cannot be decoded;
 * HX_TOOBIG: too many pixels; HX_NOMEM. Decoders of strangers' files: call it in a process of its
 * own, see remake.h. */
HX_CHECK int picture_remake(const uint8_t *bytes, size_t size, const struct picture_limits *limits,
                            uint8_t **out, size_t *out_size);

#endif
