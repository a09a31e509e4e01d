/* Mapping files: how the columns of somebody's export become events. config/mappings/12345.yaml is
 * the example, and docs/publish-csv.md explains each key. A mapping is immutable once loaded. */
#ifndef MAPPING_MAPPING_H
#define MAPPING_MAPPING_H

#include "config/reading/problem.h"
#include "hongxin/error.h"
#include "mapping/csvfile.h"
#include "mapping/field.h"
#include "mapping/record.h"

enum { MAPPING_PROBLEM = 512, MAPPING_STEPS_MAX = 60 };

/* Words of the export → words of the schema. */
struct map_value {
    char **is;
    unsigned is_count;
    char *to;
};

struct map_column {
    char **names; /* the heading may use any of these */
    unsigned names_count;
    char *field; /* "data.text", "reporter.phone", "t_occ" … */
    bool required;
    bool time;  /* read with `times` and `zone` */
    char *join; /* behind what an earlier column put into the same field; NULL = it must be alone */
    char *otherwise; /* a value that `values` does not list; NULL = the row is refused */
    struct map_value *values;
    unsigned values_count;
    struct map_field is; /* of `field`, looked up */
};

struct map_constant {
    char *field, *value;
    struct map_field is;
};

/* What the fields of one event are made of. */
struct map_part {
    char *event; /* its type; NULL: a constant or a column says it */
    char *by;    /* who says so, with columns in braces; NULL: a constant or a column says it */
    struct map_constant *constants;
    unsigned constants_count;
    struct map_column *columns;
    unsigned columns_count;
};

/* A format of `times`: the instant says its offset itself. */
#define MAPPING_RFC3339 "RFC3339"

struct mapping {
    char *name, *encoding, *delimiter, *id;
    char *zone; /* NULL: all times say their offset */
    char **times;
    unsigned times_count;
    struct map_part report;
    struct map_part *history; /* what happened before (corner 33): each has a column for t_occ, and
                                 happened in a row that has a time there */
    unsigned history_count;
};

/* Reads and checks a file: unknown keys, fields that the schema does not have, a zone or a format
 * of times that is not understood are refused, with `problem` naming file and place. HX_CONFIG,
 * HX_IO, HX_NOMEM. */
HX_CHECK int mapping_load(const char *path, struct mapping **out, struct hx_problem *problem);
void mapping_free(struct mapping *m);

/* A text with columns in braces, cut: text and behind it a column. */
enum { MAP_PIECES = 8 };
struct map_piece {
    const char *text; /* into the mapping */
    unsigned size;
    short from; /* column of the file; -1 = none */
};
struct map_template {
    unsigned n;
    struct map_piece pieces[MAP_PIECES];
};

struct map_bound {
    const struct map_part *part;
    short *from;            /* for each column of the part, that of the file; -1 = none */
    short time;             /* which of its columns is t_occ and in the file; -1 = none */
    struct map_template by; /* of part->by */
};

/* A mapping tied to the heading of one file. */
struct map_binding {
    const struct mapping *m;
    size_t n;                      /* columns of the heading */
    char *heading[CSV_FIELDS_MAX]; /* owned */
    unsigned n_parts;
    struct map_bound *parts; /* the report, then the history; owned */
    short *from;             /* of all parts; owned */
    struct map_template id;
    int offset_minutes; /* of `zone` */
};

/* HX_INVALID when a required column, or one that the id or a `by` is made of, is not in the
 * heading; a step of the history whose time is not there is left out. HX_NOMEM. */
HX_CHECK int mapping_bind(const struct mapping *m, const struct csv_row *heading,
                          struct map_binding *b, char problem[MAPPING_PROBLEM]);
void mapping_unbind(struct map_binding *b);

/* The columns of the heading that no entry of the mapping names, as a list that is cut at `size`;
 * how many there are. */
size_t mapping_left_over(const struct map_binding *b, char *out, size_t size);

/* Whether an entry, the id or a `by` asks for a column of this name: a source with hundreds of them
 * need not keep the others. */
bool mapping_asks_for(const struct mapping *m, const char *name);

/* Whether the binding is to this very heading. */
bool mapping_is_bound(const struct map_binding *b, const struct csv_row *heading);

struct map_target {
    struct hx_arena *arena; /* borrowed: where the record's messages live */
    struct record record;   /* texts of constants stay the mapping's */
};

/* One row as a record. HX_INVALID with what is wrong with the row: it names columns, never what
 * stands in them. HX_NOMEM. */
HX_CHECK int mapping_apply(const struct map_binding *b, const struct csv_row *row,
                           struct map_target *out, char problem[RECORD_PROBLEM]);

/* An instant written in a format of yyyy, MM, dd, HH, mm, ss (M, d, H: one or two digits), as
 * milliseconds; `offset_minutes` is the zone. HX_INVALID. */
HX_CHECK int mapping_time(const char *text, const char *format, int offset_minutes, int64_t *ms);

/* "+08:00", "UTC" or "Asia/Shanghai" (without daylight saving since 1991). HX_INVALID. */
HX_CHECK int mapping_zone(const char *text, int *offset_minutes);

#endif
