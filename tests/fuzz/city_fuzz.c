/* The files of a city over those of a small one (seeds/city/whole), as an operator sends them and
 * as versions of the store are read again: a bundle of any of them, or by the first byte one, which
 * is the rest of the input. A bundle that is taken is written as the same files; a city that is
 * taken answers for each of its places and for positions on its borders; what is refused is refused
 * with a reason. */
#include "base/text.h"
#include "config/city/city_load.h"
#include "config/city/city_texts.h"
#include "fuzz.h"
#include "hongxin/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BASE_MAX = 64 * 1024 };

static const int64_t EVENING = INT64_C(1791802800000); /* 2026-10-12T19:00:00+08:00 */

static const struct hx_city_texts *base(void)
{
    static char text[BASE_MAX];
    static struct hx_city_texts texts;
    struct hx_problem problem = {""};
    FILE *f = texts.where ? NULL : fopen(HX_SOURCE_DIR "/tests/fuzz/seeds/city/whole", "rb");
    if (!f)
        return &texts;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    if (hx_city_texts_unpack("whole", text, n, NULL, &texts, &problem)) {
        fprintf(stderr, "%s\n", problem.text);
        abort();
    }
    return &texts;
}

static void on_problem(void *ctx, const struct hx_problem *problem)
{
    size_t *said = ctx;
    if (!problem->text[0])
        abort();
    ++*said;
}

static void check_place(const struct hx_city *city, const struct hx_place *p)
{
    const struct hx_place *found = hx_city_place(city, p->id);
    if (found != p || !hx_city_name(city, p->id, true))
        abort();
    const char *holder = hx_place_holder_at(p, EVENING);
    if (*holder && !hx_city_holder_known(city, holder, EVENING))
        abort();
    const struct hx_place *in = hx_city_locate(city, p->lon, p->lat, EVENING);
    if (in && !hx_place_at(in, EVENING))
        abort();
}

static void check_city(const struct hx_city *city)
{
    for (int kind = HX_STREET; kind <= HX_BUILDING; kind++) {
        size_t at = 0, n = 0;
        const struct hx_place *p;
        for (; (p = hx_city_next(city, (enum hx_place_kind)kind, &at)); n++)
            check_place(city, p);
        if (n != hx_city_count(city, (enum hx_place_kind)kind))
            abort();
    }
    (void)hx_city_locate(city, 114.4, 36.12, EVENING);
    (void)hx_city_locate(city, 114.41, 36.125, EVENING + HX_DAY);
}

static void parse(const struct hx_city_texts *texts, bool all)
{
    struct hx_problem problem = {""};
    size_t said = 0;
    const struct hx_problems tell = {.say = on_problem, .ctx = &said, .most = 5};
    struct hx_city *city = NULL;
    int rc = hx_city_parse(texts, all ? &tell : NULL, &city, &problem);
    if (rc == HX_OK)
        check_city(city);
    else if (rc != HX_CONFIG || !problem.text[0] || (all && !said))
        abort();
    hx_city_free(city);
}

/* As it is kept in the store. */
static void check_packing(const struct hx_city_texts *texts)
{
    struct hx_city_texts again;
    struct hx_problem problem = {""};
    char *text;
    size_t size;
    if (hx_city_texts_pack(texts, &text, &size) ||
        hx_city_texts_unpack("again", text, size, NULL, &again, &problem) ||
        !hx_city_texts_same(texts, &again))
        abort();
    hx_city_texts_free(&again);
    free(text);
}

static void judge(const char *bundle, size_t size)
{
    struct hx_city_texts texts;
    struct hx_problem problem = {""};
    char label[HX_CITY_VERSION_MAX + 1];
    int rc = hx_city_texts_unpack("bundle", bundle, size, base(), &texts, &problem);
    if (rc == HX_CONFIG && problem.text[0])
        return;
    if (rc != HX_OK)
        abort();
    check_packing(&texts);
    if (hx_city_label(&texts, label, &problem) && !problem.text[0])
        abort();
    parse(&texts, size % 2);
    hx_city_texts_free(&texts);
}

/* Owned; a NUL follows. */
static char *bundle_of(const char *file, const uint8_t *text, size_t n, size_t *size)
{
    char *bundle;
    FILE *f = open_memstream(&bundle, size);
    if (!f)
        abort();
    fprintf(f, HX_CITY_BUNDLE "== %s %zu\n", file, n);
    fwrite(text, 1, n, f);
    fputc('\n', f);
    if (fclose(f))
        abort();
    return bundle;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n = size;
    char *bundle;
    if (!size)
        return 0;
    if (*data == HX_CITY_BUNDLE[0]) {
        bundle = malloc(size + 1);
        if (!bundle)
            abort();
        memcpy(bundle, data, size);
        bundle[size] = '\0';
    } else
        bundle = bundle_of(hx_city_file(*data % HX_CITY_FILES), data + 1, size - 1, &n);
    judge(bundle, n);
    free(bundle);
    return 0;
}
