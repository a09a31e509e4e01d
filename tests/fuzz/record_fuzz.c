/* Stored cases: any bytes are read or refused; what was read packs to bytes that read the same
 * again. */
#include "engine/case/case.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hx_case first, second;
    static uint8_t packed[HX_CASE_PACKED_MAX], again[HX_CASE_PACKED_MAX];
    if (hx_case_unpack(data, size, &first))
        return 0;
    size_t n = hx_case_pack(&first, packed, sizeof packed);
    if (hx_case_unpack(packed, n, &second))
        abort();
    if (hx_case_pack(&second, again, sizeof again) != n || memcmp(packed, again, n) != 0)
        abort();
    return 0;
}
