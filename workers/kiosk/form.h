/* multipart/form-data (RFC 7578) as browsers and curl send it, out of a body that is there as a
 * whole. Strict: one way to read it, or none. Nothing is copied but names. Pure; any thread. */
#ifndef KIOSK_FORM_H
#define KIOSK_FORM_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FORM_PARTS_MAX = 24, FORM_NAME_MAX = 32 };

struct form_part {
    char name[FORM_NAME_MAX];
    bool is_file;         /* it has a file name, which nobody needs */
    const uint8_t *bytes; /* within the body */
    size_t size;
};

struct form {
    struct form_part parts[FORM_PARTS_MAX];
    size_t n;
};

/* Whether this Content-Type is a form's. */
bool form_is(const char *content_type);

/* HX_INVALID: no boundary, or not a form by its rules; HX_TOOBIG: too many parts. `out` borrows
 * the body. */
HX_CHECK int form_read(const char *content_type, const void *body, size_t size, struct form *out);

#endif
