/* traffic.yaml, and arrivals that follow it. */
#include "bench/traffic/profile.h"
#include "config/reading/yaml_schema.h"
#include "hongxin/instant.h"
#include <math.h>
#include <string.h>

struct named {
    char *name;
    double share;
};

struct company {
    char *name;
    double share;
    int ignores, late, overruns, proves, botches;
};

struct evening {
    double mix;
    int from, to;
};

struct file {
    double *hours;
    unsigned hours_count;
    struct evening evening;
    double burst;
    int repeated;
    struct named *channels, *classes;
    unsigned channels_count, classes_count;
    struct company *companies;
    unsigned companies_count;
};

static const cyaml_schema_value_t number = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};

static const cyaml_schema_field_t named_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct named, name, 1, 40),
    CYAML_FIELD_FLOAT("share", CYAML_FLAG_DEFAULT, struct named, share), CYAML_FIELD_END};
static const cyaml_schema_value_t named = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct named, named_fields)};

static const cyaml_schema_field_t company_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct company, name, 1, 40),
    CYAML_FIELD_FLOAT("share", CYAML_FLAG_DEFAULT, struct company, share),
    CYAML_FIELD_INT("ignores", CYAML_FLAG_DEFAULT, struct company, ignores),
    CYAML_FIELD_INT("late", CYAML_FLAG_DEFAULT, struct company, late),
    CYAML_FIELD_INT("overruns", CYAML_FLAG_DEFAULT, struct company, overruns),
    CYAML_FIELD_INT("proves", CYAML_FLAG_DEFAULT, struct company, proves),
    CYAML_FIELD_INT("botches", CYAML_FLAG_DEFAULT, struct company, botches),
    CYAML_FIELD_END};
static const cyaml_schema_value_t company = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct company, company_fields)};

static const cyaml_schema_field_t evening_fields[] = {
    CYAML_FIELD_FLOAT("mix", CYAML_FLAG_DEFAULT, struct evening, mix),
    CYAML_FIELD_INT("from", CYAML_FLAG_DEFAULT, struct evening, from),
    CYAML_FIELD_INT("to", CYAML_FLAG_DEFAULT, struct evening, to), CYAML_FIELD_END};

static const cyaml_schema_field_t file_fields[] = {
    CYAML_FIELD_SEQUENCE("hours", CYAML_FLAG_POINTER, struct file, hours, &number, 24, 24),
    CYAML_FIELD_MAPPING("evening", CYAML_FLAG_DEFAULT, struct file, evening, evening_fields),
    CYAML_FIELD_FLOAT("burst", CYAML_FLAG_DEFAULT, struct file, burst),
    CYAML_FIELD_INT("repeated", CYAML_FLAG_DEFAULT, struct file, repeated),
    CYAML_FIELD_SEQUENCE("channels", CYAML_FLAG_POINTER, struct file, channels, &named, 1,
                         PROFILE_NAMES),
    CYAML_FIELD_SEQUENCE("classes", CYAML_FLAG_POINTER, struct file, classes, &named, 1, 5),
    CYAML_FIELD_SEQUENCE("companies", CYAML_FLAG_POINTER, struct file, companies, &company, 1,
                         PROFILE_NAMES),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields)};

/* The profile mixed with the evening, scaled so that the mean hour is 1. */
static int mix_hours(struct profile *p, const struct yaml_doc *doc, const struct file *f)
{
    const struct evening *e = &f->evening;
    double sum = 0;

    if (e->mix < 0 || e->mix > 100 || e->from < 0 || e->to > 24 || e->from >= e->to)
        return yaml_schema_fault(doc, "evening",
                                 "mix is 0 to 100, from and to are hours of one day");
    for (int h = 0; h < 24; h++) {
        if (f->hours[h] < 0)
            return yaml_schema_fault(doc, "hours", "a share below 0");
        sum += f->hours[h];
    }
    if (sum <= 0)
        return yaml_schema_fault(doc, "hours", "all shares are 0");
    for (int h = 0; h < 24; h++) {
        bool evening = h >= e->from && h < e->to;
        p->hours[h] = 24 * (1 - e->mix / 100) * f->hours[h] / sum +
                      (evening ? 24 * e->mix / 100 / (e->to - e->from) : 0);
    }
    return HX_OK;
}

static int take_classes(struct profile *p, const struct yaml_doc *doc, const struct file *f)
{
    for (unsigned i = 0; i < f->classes_count; i++) {
        size_t k = 0;
        while (k < 5 && strcmp(f->classes[i].name, life_classes[k]) != 0)
            k++;
        if (k == 5 || f->classes[i].share < 0)
            return yaml_schema_fault(doc, "classes", "\"%s\" is no class, or its share is below 0",
                                     f->classes[i].name);
        p->classes[k] = f->classes[i].share;
    }
    return HX_OK;
}

static bool per_mille(int n)
{
    return n >= 0 && n <= 1000;
}

static int take_companies(struct profile *p, const struct yaml_doc *doc, const struct file *f)
{
    for (unsigned i = 0; i < f->companies_count; i++) {
        const struct company *c = &f->companies[i];
        if (!per_mille(c->ignores) || !per_mille(c->late) || !per_mille(c->overruns) ||
            !per_mille(c->proves) || !per_mille(c->botches) || c->share < 0)
            return yaml_schema_fault(doc, "companies", "%s: numbers are per mille, 0 to 1000",
                                     c->name);
        p->kinds[i] = (struct conduct_kind){
            c->name, c->share, {c->ignores, c->late, c->overruns, c->proves, c->botches}};
    }
    p->n_kinds = f->companies_count;
    return HX_OK;
}

static int take(struct profile *p, const struct yaml_doc *doc, const struct file *f)
{
    int rc = mix_hours(p, doc, f);

    if (!rc && (f->burst < 1 || f->burst > 1000))
        rc = yaml_schema_fault(doc, "burst", "is 1 to 1000");
    if (!rc && !per_mille(f->repeated))
        rc = yaml_schema_fault(doc, "repeated", "is per mille, 0 to 1000");
    if (!rc)
        rc = take_classes(p, doc, f);
    if (!rc)
        rc = take_companies(p, doc, f);
    p->burst = f->burst;
    p->repeated = f->repeated;
    for (unsigned i = 0; i < f->channels_count; i++) {
        p->channels[i] = f->channels[i].name;
        p->channel_weights[i] = f->channels[i].share;
    }
    p->n_channels = f->channels_count;
    return rc;
}

int profile_load(const char *path, struct profile *p, struct hx_problem *problem)
{
    struct yaml_doc doc;
    int rc = yaml_doc_open(&doc, path, problem);

    *p = (struct profile){0};
    if (!rc)
        rc = yaml_schema_load(&doc, &schema, &p->file);
    if (!rc)
        rc = take(p, &doc, p->file);
    yaml_doc_close(&doc);
    if (rc)
        profile_free(p);
    return rc;
}

void profile_free(struct profile *p)
{
    yaml_schema_free(&schema, p->file);
    p->file = NULL;
}

/* Within a minute the rate is constant, and so the gap is exponential; a gap that crosses the
 * minute's end is drawn again from there, which changes nothing for a stream without memory. */
int64_t arrivals_next(struct arrivals *a, int64_t now)
{
    for (int tries = 0; tries < 100000; tries++) {
        int64_t minute = now / HX_MINUTE;
        int64_t local = now + a->utc_offset * HX_MINUTE;
        int hour = a->hour >= 0 ? a->hour : (int)(local / HX_HOUR % 24);
        if (minute != a->minute) {
            a->minute = minute;
            a->factor = a->profile->burst > 1 ? dice_burst(&a->dice, a->profile->burst) : 1;
        }
        double rate = a->rate * a->profile->hours[hour] * a->factor / 1000; /* per millisecond */
        double gap = rate > 0 ? dice_gap(&a->dice, 1 / rate) : (double)HX_HOUR;
        int64_t end = (minute + 1) * HX_MINUTE;
        if ((double)now + gap < (double)end)
            return now + (int64_t)llround(gap);
        now = end;
    }
    return now;
}
