/* Times of tables: formats of yyyy, MM, dd, HH, mm and ss, and the zone that they leave out. */
#include "hongxin/instant.h"
#include "mapping/mapping.h"
#include <string.h>

int mapping_zone(const char *text, int *offset_minutes)
{
    if (!strcmp(text, "UTC") || !strcmp(text, "Asia/Shanghai")) {
        *offset_minutes = *text == 'U' ? 0 : 8 * 60;
        return HX_OK;
    }
    return hx_offset_parse(text, offset_minutes);
}

struct civil {
    int y, mo, d, h, mi, s;
};

static int *part_for(struct civil *c, char letter)
{
    switch (letter) {
    case 'y':
        return &c->y;
    case 'M':
        return &c->mo;
    case 'd':
        return &c->d;
    case 'H':
        return &c->h;
    case 'm':
        return &c->mi;
    case 's':
        return &c->s;
    default:
        return NULL;
    }
}

/* Exactly `width` digits, or one or two when the format says so with a single letter. */
static int read_digits(const char **p, size_t width, int *out)
{
    size_t n = 0, most = width == 1 ? 2 : width;

    for (*out = 0; n < most && **p >= '0' && **p <= '9'; n++, (*p)++)
        *out = *out * 10 + (**p - '0');
    return n >= (width == 1 ? 1 : width) ? HX_OK : HX_INVALID;
}

static int to_instant(const struct civil *c, int offset_minutes, int64_t *ms)
{
    int64_t y, days;
    unsigned m, d;

    if (c->mo < 1 || c->mo > 12 || c->d < 1 || c->d > 31 || c->h > 23 || c->mi > 59 || c->s > 59)
        return HX_INVALID;
    days = hx_days_from_civil(c->y, (unsigned)c->mo, (unsigned)c->d);
    hx_civil_from_days(days, &y, &m, &d); /* 30 February would come back as another day */
    if (y != c->y || m != (unsigned)c->mo || d != (unsigned)c->d)
        return HX_INVALID;
    *ms = days * HX_DAY + c->h * HX_HOUR + c->mi * HX_MINUTE + c->s * HX_SECOND -
          offset_minutes * HX_MINUTE;
    return *ms < HX_INSTANT_MIN || *ms > HX_INSTANT_MAX ? HX_INVALID : HX_OK;
}

int mapping_time(const char *text, const char *format, int offset_minutes, int64_t *ms)
{
    struct civil c = {.d = 1, .mo = 1};

    while (*format) {
        size_t width = strspn(format, (char[]){*format, '\0'});
        int *part = part_for(&c, *format);
        if (!part) {
            if (*text++ != *format++)
                return HX_INVALID;
            continue;
        }
        if (read_digits(&text, width, part))
            return HX_INVALID;
        format += width;
    }
    return *text ? HX_INVALID : to_instant(&c, offset_minutes, ms);
}
