/* What the file says of people's hours, once each: the rota's, and those in which only urgent
 * notices are told. */
#include "config/life_cycle/life_cycle_impl.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <string.h>

/* By which calendar the rota knows working days, make-up days and holidays; when it is looked at,
 * and how far ahead. */
void life_cycle_duty(struct life_cycle_loader *l, yaml_node_t *root)
{
    yaml_node_t *map = yaml_doc_get(&l->doc, root, "duty");
    char calendar[HX_NAME_MAX];
    l->r->duty_calendar = -1;
    l->r->duty_look_ms = l->r->duty_swap_ms = -1;
    if (!map)
        return;
    yaml_doc_only(&l->doc, map, "calendar look ahead desk swaps");
    yaml_doc_need(&l->doc, map, "calendar", calendar, sizeof calendar);
    l->r->duty_calendar = (int8_t)hx_rules_calendar(l->r, calendar);
    if (l->r->duty_calendar < 0)
        yaml_doc_fault(&l->doc, map, "unknown calendar %s", calendar);
    yaml_node_t *look = yaml_doc_get(&l->doc, map, "look");
    int64_t ahead = yaml_doc_duration(&l->doc, map, "ahead");
    if (look)
        l->r->duty_look_ms = life_cycle_time_of_day(l, map, "look");
    if (look ? ahead < HX_DAY || ahead > 60 * HX_DAY || ahead % HX_DAY : ahead != 0)
        yaml_doc_fault(&l->doc, map, "duty: look goes with ahead, from 1d to 60d");
    l->r->duty_ahead = (int32_t)(ahead / HX_DAY);
    l->r->duty_desk_ms = yaml_doc_duration(&l->doc, map, "desk");
    yaml_node_t *swaps = yaml_doc_get(&l->doc, map, "swaps");
    if (!swaps)
        return;
    yaml_doc_only(&l->doc, swaps, "until approve");
    l->r->duty_swap_ms = life_cycle_time_of_day(l, swaps, "until");
    l->r->duty_swap_approve = yaml_doc_bool(&l->doc, swaps, "approve");
}

void life_cycle_quiet(struct life_cycle_loader *l, yaml_node_t *root)
{
    yaml_node_t *map = yaml_doc_get(&l->doc, root, "quiet"), *item;
    char calendar[HX_NAME_MAX], level[HX_NAME_MAX];
    l->r->quiet_calendar = -1;
    if (!map)
        return;
    yaml_doc_only(&l->doc, map, "calendar level never-classes never-flags");
    yaml_doc_need(&l->doc, map, "calendar", calendar, sizeof calendar);
    yaml_doc_need(&l->doc, map, "level", level, sizeof level);
    l->r->quiet_calendar = (int8_t)hx_rules_calendar(l->r, calendar);
    int from = hx_level_number(level);
    if (l->r->quiet_calendar < 0 || from < 0)
        yaml_doc_fault(&l->doc, map, "unknown calendar %s or level %s", calendar, level);
    l->r->quiet_level = (uint8_t)from;
    yaml_node_t *classes = yaml_doc_get(&l->doc, map, "never-classes");
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, classes, i)) != NULL; i++) {
        int no = hx_rules_class(l->r, yaml_doc_scalar(&l->doc, item));
        if (no < 0)
            yaml_doc_fault(&l->doc, item, "unknown class %s", yaml_doc_scalar(&l->doc, item));
        else
            l->r->quiet_never |= UINT32_C(1) << no;
    }
    yaml_node_t *flags = yaml_doc_get(&l->doc, map, "never-flags");
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, flags, i)) != NULL; i++) {
        int bit = hx_flag_number(yaml_doc_scalar(&l->doc, item));
        if (!bit)
            yaml_doc_fault(&l->doc, item, "unknown flag %s", yaml_doc_scalar(&l->doc, item));
        l->r->quiet_flags |= (uint32_t)bit;
    }
}
