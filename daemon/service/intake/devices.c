#include "service/intake/devices.h"

#include "base/log.h"
#include "service/acts/act.h"
#include "service/state.h"

static int load(struct devices *d, struct hx_devices **now)
{
    struct hx_problem problem = {""};
    hx_file_look(&d->file);
    int rc = hx_devices_load(d->file.path, now, &problem);
    hx_file_judged(&d->file, rc);
    if (rc != HX_OK)
        hx_log(HX_LOG_ERROR, "event=devices_refused \"%s\"", problem.text);
    return rc;
}

static void use(struct service *s, struct hx_devices *now)
{
    s->devices.now = now;
    s->evidence.devices = now;
}

int devices_open(struct service *s)
{
    const char *path = s->options.devices_file;
    struct hx_devices *now = NULL;
    if (!path || !*path)
        return HX_OK;
    s->devices.file.path = path;
    int rc = load(&s->devices, &now);
    if (rc == HX_OK)
        use(s, now);
    return rc;
}

void devices_close(struct devices *d)
{
    hx_devices_free(d->now);
    hx_devices_free(d->told);
    *d = (struct devices){0};
}

/* What the journal does not say yet. The number of acts that are. */
static size_t tell(struct service *s)
{
    struct devices *d = &s->devices;
    size_t n;
    if (act_devices(s, d->told, d->now, &n) == HX_OK) {
        hx_devices_free(d->told);
        d->told = NULL;
    }
    return n;
}

static void reload(struct service *s)
{
    struct devices *d = &s->devices;
    struct hx_devices *now, *before = d->now;
    if (load(d, &now) != HX_OK) {
        d->failed_loads++;
        return;
    }
    d->loads++;
    use(s, now);
    if (d->told)
        hx_devices_free(before); /* which the journal was never told of */
    else
        d->told = before;
    size_t acts = tell(s);
    if (acts)
        hx_log(HX_LOG_WARN, "event=devices_changed file=%s acts=%zu", d->file.path, acts);
    else
        hx_log(HX_LOG_INFO, "event=devices_read file=%s", d->file.path);
}

void devices_turn(struct service *s)
{
    const struct devices *d = &s->devices;
    if (d->now && hx_file_changed(&d->file))
        reload(s);
    else if (d->told && !batch_paused(s))
        (void)tell(s);
}
