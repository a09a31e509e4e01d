/* Shared by city_load.c (files and order), city_places.c and city_duty.c (their rows). */
#ifndef CONFIG_CITY_INTERNAL_H
#define CONFIG_CITY_INTERNAL_H

#include "config/city_load.h"
#include "config/csv_table.h"

enum city_file { STREETS, COMMUNITIES, GRIDS, COMPANIES, ESTATES, BUILDINGS, DUTY, CITY_FILES };

/* Columns of the files that list places and companies, in the order in which the reader gives them.
 * The meaning of PARENT and EXTRA depends on the file; companies end after the names. */
enum { COL_ID, COL_ZH, COL_EN, COL_LON, COL_LAT, COL_PARENT, COL_EXTRA };

/* Columns of duty.csv. */
enum { DUTY_ROLE, DUTY_AREA, DUTY_ORDER, DUTY_PERSON, DUTY_ZH, DUTY_EN };

struct city_loader {
    struct hx_csv_table files[CITY_FILES];
    struct hx_city *city;
    struct hx_problem *problem;
};

/* A row that is being added, for texts that begin with its file and line. */
struct city_row {
    const struct city_loader *loader;
    enum city_file file;
    const struct hx_csv_row *row;
};

/* "path:line: what" for a row; HX_CONFIG. */
int city_fault(const struct city_row *at, const char *fmt, ...) HX_PRINTF(2, 3);

/* Checks an id or login of a row; `what` names it. */
HX_CHECK int city_check_id(const struct city_row *at, const char *what, const char *id);

/* Checks the names of a row; a name that is empty becomes the one in the other language. */
HX_CHECK int city_names(const struct city_row *at, size_t column, const char **zh, const char **en);

/* Where an id was defined, for texts: "grids.csv:42". The id must have been defined. */
const char *city_defined_at(const struct city_loader *l, const char *id, char text[64]);

/* Adds the rows of a file to the registry. */
HX_CHECK int city_add_companies(const struct city_loader *l);
HX_CHECK int city_add_places(const struct city_loader *l, enum city_file file);
HX_CHECK int city_add_duty(const struct city_loader *l);

#endif
