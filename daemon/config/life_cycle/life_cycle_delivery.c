/* Reading a life cycle: the roads of its notices. */
#include "config/life_cycle/life_cycle_impl.h"
#include "config/reading/yaml_doc.h"
#include "hongxin/instant.h"

#include <string.h>

/* 0s, 5s, 15s …: growing, from the first try on. */
static uint8_t read_retries(struct life_cycle_loader *l, yaml_node_t *list,
                            int64_t out[HX_RULES_RETRIES])
{
    yaml_node_t *item;
    size_t n = 0;
    for (; (item = yaml_doc_item(&l->doc, list, n)) != NULL; n++) {
        int64_t ms = 0;
        const char *text = yaml_doc_scalar(&l->doc, item);
        if (n == HX_RULES_RETRIES) {
            yaml_doc_fault(&l->doc, item, "more than %d tries", HX_RULES_RETRIES);
            break;
        }
        if (hx_duration_parse(text, &ms) || ms > HX_DAY || (n == 0 ? ms != 0 : ms <= out[n - 1]))
            yaml_doc_fault(&l->doc, item,
                           "tries begin with 0s and each comes later than the one before, not %s",
                           text);
        out[n] = ms;
    }
    return (uint8_t)n;
}

static void read_road(struct life_cycle_loader *l, yaml_node_t *map, const struct hx_road_rule *all)
{
    yaml_doc_only(&l->doc, map, "name zh en shared receipt retries");
    if (l->r->n_roads == HX_RULES_ROADS) {
        yaml_doc_fault(&l->doc, map, "more than %d roads", HX_RULES_ROADS);
        return;
    }
    char name[HX_NAME_MAX];
    yaml_doc_need(&l->doc, map, "name", name, sizeof name);
    if (hx_rules_road(l->r, name) || !hx_id_valid(name))
        yaml_doc_fault(&l->doc, map, "road %s stands twice, or is no name", name);
    struct hx_road_rule *road = &l->r->roads[l->r->n_roads++];
    *road = *all;
    memcpy(road->name, name, sizeof road->name);
    road->line = yaml_doc_line(map);
    life_cycle_title(l, map, &road->title);
    road->shared = yaml_doc_bool(&l->doc, map, "shared");
    road->receipt_ms = yaml_doc_duration(&l->doc, map, "receipt");
    yaml_node_t *own = yaml_doc_get(&l->doc, map, "retries");
    if (own)
        road->n_retries = read_retries(l, own, road->retry_ms);
    if (!road->n_retries)
        yaml_doc_fault(&l->doc, map, "road %s is never tried: retries is empty", name);
    if (!road->shared && !road->receipt_ms)
        yaml_doc_fault(&l->doc, map, "road %s asks for no receipt: nobody would know that it fails",
                       name);
}

/* Tried ever more seldom: by a share of how long it waits. */
static void read_ours(struct life_cycle_loader *l, yaml_node_t *map)
{
    struct hx_outage_rule *ours = &l->r->ours;
    if (!map)
        return;
    yaml_doc_only(&l->doc, map, "share notices dispatches");
    int64_t share = yaml_doc_int(&l->doc, map, "share", 0);
    ours->notice_ms = yaml_doc_duration(&l->doc, map, "notices");
    ours->dispatch_ms = yaml_doc_duration(&l->doc, map, "dispatches");
    if (share < 1 || share > 1000 || ours->notice_ms <= 0 || ours->notice_ms > HX_DAY ||
        ours->dispatch_ms <= 0 || ours->dispatch_ms > HX_DAY)
        yaml_doc_fault(&l->doc, map,
                       "ours needs a share of 1 to 1000, and notices and dispatches up to a day");
    else
        ours->share = (uint16_t)share;
}

void life_cycle_delivery(struct life_cycle_loader *l, yaml_node_t *root)
{
    yaml_node_t *map = yaml_doc_get(&l->doc, root, "delivery"), *item;
    struct hx_road_rule all = {.name = ""};
    if (!map)
        return;
    yaml_doc_only(&l->doc, map, "retries ours roads");
    read_ours(l, yaml_doc_get(&l->doc, map, "ours"));
    all.n_retries = read_retries(l, yaml_doc_get(&l->doc, map, "retries"), all.retry_ms);
    yaml_node_t *roads = yaml_doc_get(&l->doc, map, "roads");
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, roads, i)) != NULL && !l->doc.rc; i++)
        read_road(l, item, &all);
    if (!l->r->n_roads)
        yaml_doc_fault(&l->doc, map, "delivery has no roads");
}
