#include "service/acts/scrub.h"

#include "base/log.h"
#include "service/acts/identity.h"
#include "service/state.h"
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

static bool known(const struct scrub *scrub, const char *text)
{
    for (size_t i = 0; i < scrub->n; i++)
        if (strcmp(scrub->texts[i], text) == 0)
            return true;
    return false;
}

static int add_text(struct scrub *scrub, const char *text)
{
    if (strlen(text) < SCRUB_LEAST || known(scrub, text))
        return HX_OK;
    char *copy = hx_arena_strdup(&scrub->s->arena, text);
    if (!copy)
        return HX_NOMEM;
    scrub->texts[scrub->n++] = copy;
    return HX_OK;
}

int scrub_end(struct scrub *scrub)
{
    int rc = HX_OK;
    if (scrub->n)
        rc = hx_store_quarantine_wipe(scrub->s->store, (const char *const *)scrub->texts, scrub->n,
                                      &scrub->rows);
    for (size_t i = 0; i < scrub->n; i++)
        sodium_memzero(scrub->texts[i], strlen(scrub->texts[i]));
    scrub->n = 0;
    return rc;
}

static int pass_over(struct scrub *scrub, uint64_t case_number, int rc)
{
    if (rc == HX_NOTFOUND)
        return HX_OK;
    if (!identity_is_unreadable(rc))
        return rc;
    if (!scrub->unsearched++) /* once for an act: without a key it is so of every party */
        hx_log(HX_LOG_ERROR, "event=quarantine_not_searched case=%" PRIu64 " error=%s", case_number,
               hx_errname(rc));
    return HX_OK;
}

int scrub_add(struct scrub *scrub, uint64_t case_number, uint32_t party)
{
    hxp_reporter *r;
    int rc = identity_load(scrub->s, case_number, party, &r);
    if (rc != HX_OK)
        return pass_over(scrub, case_number, rc);
    const char *const texts[] = {r->name, r->phone, r->address, r->other};
    for (size_t i = 0; rc == HX_OK && i < sizeof texts / sizeof *texts; i++)
        rc = add_text(scrub, texts[i]);
    identity_wipe(r);
    return rc == HX_OK && scrub->n >= SCRUB_AT_ONCE ? scrub_end(scrub) : rc;
}
