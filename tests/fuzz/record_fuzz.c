/* Stored cases: any bytes are read or refused; what was read packs to bytes that read the same
 * again. */
#include "fuzz.h"
#include "property/invariants.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hx_case c;
    if (!hx_case_unpack(data, size, &c) && !invariants_packing(&c))
        abort();
    return 0;
}
