#include "hongxin/instant.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Both conversions count in eras of 400 years with the year beginning in March, so that the leap
 * day is last. */
int64_t hx_days_from_civil(int64_t y, unsigned m, unsigned d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400);
    unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

void hx_civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned doe = (unsigned)(days - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = (int64_t)yoe + era * 400 + (*m <= 2);
}

static bool digits(const char **p, int n, unsigned *out)
{
    unsigned v = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (!isdigit((unsigned char)**p))
            return false;
        v = v * 10 + (unsigned)(**p - '0');
    }
    *out = v;
    return true;
}

static bool one_of(const char **p, const char *set)
{
    if (**p == '\0' || !strchr(set, **p))
        return false;
    (*p)++;
    return true;
}

static unsigned month_length(unsigned y, unsigned m)
{
    static const unsigned char length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return length[m - 1] + (m == 2 && leap);
}

/* Fraction of a second in milliseconds; further digits are read and cut. */
static bool fraction(const char **p, unsigned *ms)
{
    *ms = 0;
    if (**p != '.')
        return true;
    (*p)++;
    if (!isdigit((unsigned char)**p))
        return false;
    for (unsigned scale = 100; isdigit((unsigned char)**p); (*p)++, scale /= 10)
        *ms += scale * (unsigned)(**p - '0');
    return true;
}

static bool zone(const char **p, int *offset)
{
    if (one_of(p, "Zz")) {
        *offset = 0;
        return true;
    }
    int sign = **p == '-' ? -1 : 1;
    unsigned h, m;
    if (!one_of(p, "+-") || !digits(p, 2, &h) || !one_of(p, ":") || !digits(p, 2, &m) || h > 23 ||
        m > 59)
        return false;
    *offset = sign * (int)(h * 60 + m);
    return true;
}

int hx_instant_parse(const char *text, int64_t *out)
{
    const char *p = text;
    unsigned y, mo, d, h, mi, s, ms;
    int offset;
    if (!digits(&p, 4, &y) || !one_of(&p, "-") || !digits(&p, 2, &mo) || !one_of(&p, "-") ||
        !digits(&p, 2, &d) || !one_of(&p, "Tt ") || !digits(&p, 2, &h) || !one_of(&p, ":") ||
        !digits(&p, 2, &mi) || !one_of(&p, ":") || !digits(&p, 2, &s) || !fraction(&p, &ms) ||
        !zone(&p, &offset) || *p != '\0')
        return HX_INVALID;
    if (mo < 1 || mo > 12 || d < 1 || d > month_length(y, mo) || h > 23 || mi > 59 || s > 59)
        return HX_INVALID;
    int64_t t = hx_days_from_civil(y, mo, d) * HX_DAY + h * HX_HOUR + mi * HX_MINUTE +
                s * HX_SECOND + ms - offset * HX_MINUTE;
    if (t < HX_INSTANT_MIN || t > HX_INSTANT_MAX)
        return HX_INVALID;
    *out = t;
    return HX_OK;
}

/* `n` in `digits` digits and the character behind them. */
static char *put(char *p, int64_t n, int digits, char behind)
{
    for (int i = digits; i-- > 0; n /= 10)
        p[i] = (char)('0' + n % 10);
    p[digits] = behind;
    return p + digits + 1;
}

/* By hand: it is written for every entry of every stream, and printf() costs ten times as much. */
char *hx_instant_format(int64_t ms, int offset_minutes, char text[HX_INSTANT_TEXT])
{
    int64_t local = ms + offset_minutes * HX_MINUTE;
    int64_t days = local / HX_DAY - (local % HX_DAY < 0);
    int64_t rest = local - days * HX_DAY;
    int64_t y;
    unsigned m, d;
    hx_civil_from_days(days, &y, &m, &d);
    int off = offset_minutes < 0 ? -offset_minutes : offset_minutes;
    char *p = put(text, y % 10000, 4, '-');
    p = put(p, m, 2, '-');
    p = put(p, d, 2, 'T');
    p = put(p, rest / HX_HOUR, 2, ':');
    p = put(p, rest / HX_MINUTE % 60, 2, ':');
    p = put(p, rest / HX_SECOND % 60, 2, '.');
    p = put(p, rest % 1000, 3, offset_minutes < 0 ? '-' : '+');
    p = put(p, off / 60 % 100, 2, ':');
    put(p, off % 60, 2, '\0');
    return text;
}

static int64_t unit_ms(const char *unit, size_t n)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1},        {"s", HX_SECOND}, {"min", HX_MINUTE},
                 {"m", HX_MINUTE}, {"h", HX_HOUR},   {"d", HX_DAY}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == n && memcmp(units[i].name, unit, n) == 0)
            return units[i].ms;
    return 0;
}

int hx_duration_parse(const char *text, int64_t *out)
{
    int64_t total = 0;
    const char *p = text;
    while (*p == ' ')
        p++;
    if (!isdigit((unsigned char)*p))
        return HX_INVALID;
    while (*p) {
        int64_t n = 0;
        if (!isdigit((unsigned char)*p))
            return HX_INVALID;
        for (; isdigit((unsigned char)*p); p++) {
            n = n * 10 + (*p - '0');
            if (n > 1000000)
                return HX_INVALID;
        }
        while (*p == ' ')
            p++;
        size_t len = strspn(p, "msinhd");
        int64_t unit = unit_ms(p, len);
        if (unit == 0)
            return HX_INVALID;
        total += n * unit;
        p += len;
        while (*p == ' ')
            p++;
    }
    *out = total;
    return HX_OK;
}

char *hx_duration_format(int64_t ms, char text[HX_INSTANT_TEXT])
{
    const char *sign = ms < 0 ? "-" : "";
    int64_t v = ms < 0 ? -ms : ms;
    if (v % 1000)
        snprintf(text, HX_INSTANT_TEXT, "%s%" PRId64 ":%02d:%02d.%03d", sign, v / HX_HOUR,
                 (int)(v / HX_MINUTE % 60), (int)(v / HX_SECOND % 60), (int)(v % 1000));
    else
        snprintf(text, HX_INSTANT_TEXT, "%s%" PRId64 ":%02d:%02d", sign, v / HX_HOUR,
                 (int)(v / HX_MINUTE % 60), (int)(v / HX_SECOND % 60));
    return text;
}

/* Two digits at p, up to `most`; -1 for anything else. */
static int two_digits(const char *p, int most)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return -1;
    int n = (p[0] - '0') * 10 + (p[1] - '0');
    return n <= most ? n : -1;
}

int hx_offset_parse(const char *text, int *minutes)
{
    if (strlen(text) != 6 || (*text != '+' && *text != '-') || text[3] != ':')
        return HX_INVALID;
    int h = two_digits(text + 1, 14), m = two_digits(text + 4, 59);
    if (h < 0 || m < 0)
        return HX_INVALID;
    *minutes = (*text == '-' ? -1 : 1) * (h * 60 + m);
    return HX_OK;
}
