/* Evidence: whether what an event brings as its proof may be believed (R2).
 *
 * The engine asks once for each event that reaches a case, and stores the verdict in the entry: a
 * proof that fails makes the event a claim, it never loses it. */
#ifndef SERVICE_INTAKE_EVIDENCE_H
#define SERVICE_INTAKE_EVIDENCE_H

#include "config/access/devices.h"
#include "engine/machine/machine.h"
#include "engine/onsite.h"

struct evidence {
    struct hx_onsite onsite;
    bool code_required;               /* proof ONSITE_CODE without a code is a claim */
    const struct hx_devices *devices; /* borrowed; NULL = DEVICE_SIGNED is believed */
};

/* For struct hx_machine; the context is a struct evidence. Verdicts:
 *   ONSITE_CODE_MISSING   proof ONSITE_CODE, and no code where one is required
 *   ONSITE_CODE_WRONG     the code is not that of the case's place at the time of the event
 *   DEVICE_UNKNOWN        proof DEVICE_SIGNED by a device that is not registered
 *   DEVICE_OF_ANOTHER     … registered for another holder than the one who speaks
 *   DEVICE_SIGNATURE      … whose signature is missing or does not fit
 *   DEVICE_NO_NUMBER      … without a number of its own */
const char *evidence_prove(void *ctx, const struct hx_arrival *in, const struct hx_case *c);

/* The bytes that a device signs: the serialized Event without its field 15, in the order in which
 * the other fields came. Writes to `out` (at least `size` bytes) and returns how many; 0 when the
 * bytes are no message. */
size_t evidence_signed_part(const uint8_t *bytes, size_t size, uint8_t *out);

#endif
