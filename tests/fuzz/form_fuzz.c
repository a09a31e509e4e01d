/* Forms as browsers send them, and as somebody else might: the first line is the Content-Type, the
 * rest the body. */
#include "fuzz.h"
#include "kiosk/form.h"

#include <stdlib.h>
#include <string.h>

/* What was read lies in the body, part behind part. */
static void check(const struct form *form, const uint8_t *body, size_t size)
{
    const uint8_t *at = body;
    for (size_t i = 0; i < form->n; i++) {
        const struct form_part *p = &form->parts[i];
        if (p->bytes < at || p->bytes + p->size > body + size || !*p->name ||
            strnlen(p->name, FORM_NAME_MAX) == FORM_NAME_MAX)
            abort();
        at = p->bytes + p->size;
    }
}

static void read_form(const char *type, const uint8_t *body, size_t size)
{
    struct form form;
    if (form_read(type, body, size, &form) == HX_OK)
        check(&form, body, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char type[256];
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t n = end ? (size_t)(end - data) : 0;
    read_form("multipart/form-data; boundary=b", data, size);
    if (!end || n >= sizeof type)
        return 0;
    memcpy(type, data, n);
    type[n] = '\0';
    read_form(type, end + 1, size - n - 1);
    return 0;
}
