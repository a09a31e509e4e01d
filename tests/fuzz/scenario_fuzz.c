/* Scenario files: any text is read or refused with a line. */
#include "fuzz.h"
#include "simulate/scenario.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scenario s;
    char problem[512] = "";
    if (size == 0)
        return 0;
    FILE *in = fmemopen((void *)(uintptr_t)data, size, "rb");
    if (!in)
        return 0;
    int rc = scenario_read(in, "fuzz", &s, problem);
    fclose(in);
    if (rc == HX_INVALID && strncmp(problem, "fuzz:", 5) != 0)
        abort();
    if (!rc)
        scenario_free(&s);
    return 0;
}
