/* Shared by city_load.c (files and order) and the files that read their rows: city_places.c,
 * city_period.c, city_routes.c, city_borders.c and city_duty.c. */
#ifndef CONFIG_CITY_INTERNAL_H
#define CONFIG_CITY_INTERNAL_H

#include "config/city/city_load.h"
#include "config/city/city_texts.h"
#include "config/reading/csv_table.h"
#include "config/reading/yaml_doc.h"

enum city_file {
    STREETS,
    COMMUNITIES,
    GRIDS,
    COMPANIES,
    UNITS,
    ESTATES,
    BUILDINGS,
    DAY_PARTS,
    DUTY,
    LEAVE,
    ROADS,
    ROUTING,
    ADMISSION,
    EXCEPTIONS,
    CITY_FILES,           /* the tables; beside them: */
    BORDERS = CITY_FILES, /* grids.geojson, for the lines of its features */
    HEAD,                 /* city.yaml */
    DUTY_CALENDAR,        /* duty.ics, whose shifts become rows like those of duty.csv */
    CITY_TEXTS
};

/* Columns of the files that list places, in the order in which the reader gives them. The meaning
 * of PARENT and EXTRA depends on the file. */
enum { COL_ID, COL_ZH, COL_EN, COL_LON, COL_LAT, COL_FROM, COL_TO, COL_PARENT, COL_EXTRA };

/* Columns of companies.csv and units.csv, after the names. */
enum { FIRM_FROM = COL_EN + 1, FIRM_TO, UNIT_KIND };

/* Columns of day-parts.csv, routing.csv, admission.csv and exceptions.csv. */
enum { PART_NAME, PART_ZH, PART_EN, PART_BEGIN, PART_END };
enum {
    ROUTE_ID,
    ROUTE_PLACE,
    ROUTE_CLASS,
    ROUTE_CATEGORY,
    ROUTE_SOURCE,
    ROUTE_PART,
    ROUTE_HOLDER,
    ROUTE_FROM,
    ROUTE_TO
};
enum { ITEM_CODE, ITEM_ZH, ITEM_EN, ITEM_KIND, ITEM_FROM, ITEM_TO };
enum { EXC_ID, EXC_CODE, EXC_COMMUNITY, EXC_FROM, EXC_TO, EXC_ASKED, EXC_APPROVED };

/* Columns of duty.csv and leave.csv. */
enum {
    DUTY_ROLE,
    DUTY_AREA,
    DUTY_ORDER,
    DUTY_PERSON,
    DUTY_ZH,
    DUTY_EN,
    DUTY_DAYS,
    DUTY_PART,
    DUTY_FROM,
    DUTY_TO
};
enum { ROAD_ROLE, ROAD_AREA, ROAD_PERSON, ROAD_ORDER, ROAD_ROAD };
enum { LEAVE_PERSON, LEAVE_FROM, LEAVE_TO, LEAVE_SUBSTITUTE };

/* What city.yaml says. */
struct city_head {
    char *version;
    uint32_t grids;
    char *utc_offset;     /* "+08:00"; NULL = that */
    char *fallback;       /* holder when nobody fits; NULL = first street */
    uint32_t own, assist; /* items of the admission list */
    uint32_t nearest;     /* metres; 0 = positions know no buildings */
};

/* What was told so far, when more than the first fault is. */
struct city_told {
    const struct hx_problems *tell; /* NULL = the first fault ends it */
    size_t n;
    size_t faults[CITY_TEXTS]; /* of each file */
    bool gone[CITY_TEXTS];     /* files that are no table at all */
    const char *lost[1024];    /* ids whose rows were refused; in the tables */
    size_t n_lost;
    const char *unknown[256]; /* ids that rows of this file name wrongly: told once each */
    size_t n_unknown;
    const char *new_unknown; /* one that is being told; NULL = none */
};

struct city_loader {
    struct hx_csv_table files[CITY_TEXTS];
    const struct hx_city_texts *texts;
    struct hx_city *city;
    struct hx_rota *rota;   /* the city's */
    struct hx_roads *roads; /* the city's */
    struct hx_problem *problem;
    struct city_told *told;
    void *const *events;        /* of duty.ics, by its rows */
    const struct yaml_doc *doc; /* city.yaml */
    const struct city_head *head;
};

struct hx_shift;

/* A row that is being added, for texts that begin with its file and line. */
struct city_row {
    const struct city_loader *loader;
    enum city_file file;
    const struct hx_csv_row *row;
};

/* "path:line: what" for a row; HX_CONFIG. */
int city_fault(const struct city_row *at, const char *fmt, ...) HX_PRINTF(2, 3);

/* A row names in this column what no file has. Told once for all rows of its file that name it so,
 * with their number; HX_CONFIG. */
int city_unknown(const struct city_row *at, const char *what, size_t column);

/* The fault of this row is one of `id`: other rows of the file that name it are not told of, when
 * more than the first fault is. */
void city_once(const struct city_row *at, const char *id);

/* ---- city_faults.c: more than one fault in one look.
 * Adds the rows of a file one by one; goes on after a row that is refused, when that is wanted. */
HX_CHECK int city_each(const struct city_loader *l, enum city_file file,
                       int (*add)(const struct city_row *at));
/* A file is not there, or no table at all: told, and passed over, when that is wanted. */
HX_CHECK int city_table_lost(const struct city_loader *l, enum city_file file, int err);
/* Whether every file on which this one stands could be read: without them each row would only
 * repeat that. */
bool city_stands(const struct city_loader *l, enum city_file file);
/* The result of a check over whole files: told, and passed over, when that is wanted. */
HX_CHECK int city_whole(const struct city_loader *l, enum city_file file, int err);
/* Whether no row of the files from `first` to `last` was refused: a check over them means
 * something. */
bool city_sound(const struct city_loader *l, enum city_file first, enum city_file last);

/* Checks an id or login of a row; `what` names it. */
HX_CHECK int city_check_id(const struct city_row *at, const char *what, const char *id);

/* Checks the names of a row; a name that is empty becomes the one in the other language. */
HX_CHECK int city_names(const struct city_row *at, size_t column, const char **zh, const char **en);

/* Where an id was defined first, for texts: "grids.csv:42". The id must have been defined. */
const char *city_defined_at(const struct city_loader *l, const char *id, char text[64]);

/* ---- city_period.c: dates. A day in `from` is the first, a day in `to` the last of the period; an
 * instant (RFC 3339) in `from` is in it, in `to` the first that is not. */
HX_CHECK int city_period(const struct city_row *at, size_t from_column, int64_t *from, int64_t *to);
/* "18:00" as minutes. */
bool city_minutes(const char *text, int *minutes);
/* "2026-11-01", or with its time when it is no midnight; in the city's time. */
const char *city_date(const struct city_loader *l, int64_t at, char text[48]);
/* Whether a place is in force through the whole period; otherwise *gap is its first instant without
 * (INT64_MIN = before all time). */
bool city_covered(const struct hx_place *place, int64_t from, int64_t to, int64_t *gap);
/* S9: as many grids as city.yaml says, at every moment. */
HX_CHECK int city_check_grids(const struct city_loader *l);

/* ---- city_borders.c: grids.geojson, when there is one. */
HX_CHECK int city_add_borders(const struct city_loader *l);

/* Adds the rows of a file to the registry. */
HX_CHECK int city_add_companies(const struct city_loader *l);
HX_CHECK int city_add_places(const struct city_loader *l, enum city_file file);
HX_CHECK int city_add_duty(const struct city_loader *l);
/* A row of either file of shifts; `more` (or NULL) says what a row cannot: instants. */
HX_CHECK int city_add_shift(const struct city_row *at, const struct hx_shift *more);
/* ---- city_calendar.c: duty.ics, when there is one. */
HX_CHECK int city_add_duty_calendar(struct city_loader *l);
HX_CHECK int city_add_leaves(const struct city_loader *l);
HX_CHECK int city_add_roads(const struct city_loader *l);
/* Whether the life cycle knows every road. */
HX_CHECK int city_check_roads(const char *dir, const struct hx_city *city,
                              const struct hx_rules *rules, struct hx_problem *problem);
/* Whether the role is one, and for such an area. */
HX_CHECK int city_check_post(const struct city_row *at, const char *role, const char *area);
/* The number in a column `order`. */
HX_CHECK int city_order(const struct city_row *at, size_t column, int *order);
/* Whether this login stands in duty.csv. */
bool city_is_person(const struct city_loader *l, const char *person);
/* After both: nobody is twice on a post at once, and the city has its desk (R12). */
HX_CHECK int city_seal_rota(const struct city_loader *l);
HX_CHECK int city_add_units(const struct city_loader *l);
HX_CHECK int city_add_day_parts(const struct city_loader *l);
HX_CHECK int city_add_routes(const struct city_loader *l);
HX_CHECK int city_add_admission(const struct city_loader *l);
HX_CHECK int city_add_exceptions(const struct city_loader *l);

#endif
