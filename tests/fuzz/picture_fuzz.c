/* Pictures of strangers: the header, then all of it. What comes out is a small JPEG without
 * anything hidden, the same each time. */
#include "fuzz.h"
#include "picture/picture.h"

#include <stdlib.h>
#include <string.h>

static const struct picture_limits limits = {.pixels = 1 << 16, .edge = 64};

static void check(const uint8_t *made, size_t size)
{
    struct picture_head head;
    if (picture_look(made, size, &head) != HX_OK || head.kind != PICTURE_JPEG || head.turn != 1)
        abort();
    if (!picture_fits(&head, &limits) || (size >= 4 && made[3] != 0xe0)) /* JFIF, not EXIF */
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct picture_head head;
    uint8_t *made = NULL, *again = NULL;
    size_t n, m;
    int looked = picture_look(data, size, &head);
    int rc = picture_remake(data, size, &limits, &made, &n);
    if (looked != HX_OK && rc != HX_INVALID)
        abort();
    if (looked == HX_OK && !picture_fits(&head, &limits) && rc != HX_TOOBIG)
        abort();
    if (rc == HX_OK) {
        check(made, n);
        if (picture_remake(data, size, &limits, &again, &m) != HX_OK || m != n ||
            memcmp(made, again, n) != 0)
            abort();
    }
    free(made);
    free(again);
    return 0;
}
