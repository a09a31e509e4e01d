#include "service/intake/devices.h"

#include "base/log.h"
#include "service/state.h"

static int read_file(struct devices *d, struct hx_devices **now)
{
    struct hx_problem problem = {""};
    hx_file_look(&d->file);
    int rc = hx_devices_load(d->file.path, now, &problem);
    hx_file_judged(&d->file, rc);
    if (rc != HX_OK)
        hx_log(HX_LOG_ERROR, "event=devices_refused \"%s\"", problem.text);
    return rc;
}

/* What the file says comes into force, and into the journal: without memory for that it is read
 * again. *acts: what differs from before. */
static int load(struct service *s, size_t *acts)
{
    struct devices *d = &s->devices;
    struct hx_devices *now = NULL;
    int rc = read_file(d, &now);
    if (rc != HX_OK)
        return rc;
    rc = told_use(s, &d->told, told_of_devices(now), acts);
    if (rc != HX_OK)
        hx_file_judged(&d->file, rc);
    hx_devices_free(d->now);
    d->now = now;
    s->evidence.devices = now;
    return rc;
}

int devices_open(struct service *s)
{
    struct devices *d = &s->devices;
    size_t acts;
    d->told.name = "devices";
    d->file.path = s->options.devices_file;
    if (!d->file.path || !*d->file.path)
        return told_use(s, &d->told, told_of_devices(NULL), &acts);
    return load(s, &acts);
}

void devices_close(struct devices *d)
{
    hx_devices_free(d->now);
    told_close(&d->told);
    *d = (struct devices){0};
}

static void reload(struct service *s)
{
    struct devices *d = &s->devices;
    size_t acts;
    if (load(s, &acts) != HX_OK) {
        d->failed_loads++;
        return;
    }
    d->loads++;
    if (acts)
        hx_log(HX_LOG_WARN, "event=devices_changed file=%s acts=%zu", d->file.path, acts);
    else
        hx_log(HX_LOG_INFO, "event=devices_read file=%s", d->file.path);
}

void devices_turn(struct service *s)
{
    struct devices *d = &s->devices;
    if (d->now && hx_file_changed(&d->file))
        reload(s);
    told_turn(s, &d->told);
}
