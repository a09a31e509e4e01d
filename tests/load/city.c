#include "load/load.h"

#include "config/city/city_load.h"
#include <stdio.h>
#include <stdlib.h>

static int add_places(struct load_city *c)
{
    size_t at = 0;
    const struct hx_place *p;
    c->places = calloc(hx_city_count(c->city, HX_BUILDING) + 1, sizeof *c->places);
    if (!c->places)
        return HX_NOMEM;
    while ((p = hx_city_next(c->city, HX_BUILDING, &at)) != NULL) {
        if (p->parent->later || p->parent->to)
            continue; /* whoever has it depends on the date */
        const char *holder = hx_place_holder(p);
        bool company = hx_city_company(c->city, holder) != NULL;
        c->places[c->n++] = (struct load_place){p->id, holder, company ? "holder" : "community"};
    }
    return c->n ? HX_OK : HX_CONFIG;
}

int load_city_open(struct load_city *c, const char *folder)
{
    struct hx_problem problem = {0};
    *c = (struct load_city){0};
    int rc = hx_city_load(folder, &c->city, &problem);
    if (rc)
        fprintf(stderr, "%s\n", problem.text);
    else
        rc = add_places(c);
    if (rc)
        load_city_close(c);
    return rc;
}

void load_city_close(struct load_city *c)
{
    hx_city_free(c->city);
    free(c->places);
    *c = (struct load_city){0};
}
