/* Tables: CSV as the city's folder has it, with some columns. */
#include "config/reading/csv_table.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct hx_csv_column wanted[] = {
        {"id", false}, {"name_zh", true}, {"from", true}, {NULL, false}};
    struct hx_problem problem = {""};
    struct hx_csv_table t;
    int rc = hx_csv_parse("fuzz.csv", (const char *)data, size, wanted, &t, &problem);
    if (rc == HX_CONFIG && !problem.text[0])
        abort();
    for (size_t i = 0; rc == HX_OK && i < t.count; i++)
        for (size_t k = 0; k < t.columns; k++)
            if (!t.rows[i].values[k] || strlen(t.rows[i].values[k]) > HX_CSV_VALUE_MAX)
                abort();
    if (rc == HX_OK)
        hx_csv_free(&t);
    return 0;
}
