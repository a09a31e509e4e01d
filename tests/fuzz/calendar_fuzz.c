/* Tables of holidays: iCalendar texts. One that is taken answers for each day. */
#include "config/calendar/holidays.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hx_problem problem = {""};
    struct hx_table table;
    char *text = calloc(1, size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    memset(&table, 0, sizeof table);
    int rc = hx_holidays_parse("fuzz.ics", text, &table, &problem);
    if (rc == HX_CONFIG && !problem.text[0])
        abort();
    if (rc == HX_OK)
        hx_holidays_free(&table);
    free(text);
    return 0;
}
