/* hongxin-hotline: the HTTP door for hotlines (12345 and others). */
#include "base/log.h"
#include "door/program.h"
#include "door/run.h"
#include "hotline/calls.h"
#include "hotline/drop.h"
#include "hotline/hotline.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static int load(struct hotline *h, const char *config, struct hx_problem *problem)
{
    int rc = hotline_settings_load(config, &h->settings, problem);
    if (!rc)
        rc = mapping_load(h->settings.mapping, &h->mapping, problem);
    if (!rc)
        rc = clients_load(h->settings.clients, &h->clients, problem);
    return rc;
}

static int serve(struct hotline *h, struct run *run, struct hx_problem *problem)
{
    const struct http_options o = {.name = "hotline",
                                   .listen = h->settings.listen,
                                   .proxied = h->settings.proxied,
                                   .limits = &h->settings.limits,
                                   .routes = hotline_routes,
                                   .n_routes = hotline_n_routes,
                                   .admit = hotline_admit,
                                   .health = hotline_health,
                                   .figures = hotline_figures,
                                   .arg = h};
    int rc = run_open(run);
    run_descriptors(h->settings.limits.connections);
    if (!rc)
        rc = link_open(&h->link, run->base, &h->settings.daemon, problem);
    if (!rc && *h->settings.push.url)
        rc = push_open(run->base, h->link.client, &h->settings.push, &h->push, problem);
    if (!rc && h->settings.drops.n)
        rc = drops_open(h, run->base, &h->drops, problem);
    if (!rc && h->settings.calls.n)
        rc = calls_open(h, run->base, &h->calls, problem);
    if (!rc)
        rc = http_server_open(run->base, &o, &h->server, problem);
    if (!rc)
        run_loop(run, h->server, "hotline");
    return rc;
}

static void end(struct hotline *h, struct run *run)
{
    push_close(h->push);
    if (h->link.client)
        link_close(&h->link); /* what still waits is answered */
    drops_close(h->drops);
    calls_close(h->calls);
    http_server_close(h->server);
    run_close(run);
    clients_free(h->clients);
    mapping_free(h->mapping);
}

int main(int argc, char **argv)
{
    static struct hotline h;
    struct program a = {
        .name = "hongxin-hotline",
        .about = "The HTTP door for hotlines: takes reports, updates, withdrawals, call-backs and "
                 "orders as\n"
                 "JSON and answers when hongxind has them on disk. docs/hotline.md describes it.\n",
        .config = "/etc/hongxin/hotline.yaml"};
    struct hx_problem problem = {""};
    struct run run = {0};
    int code = program_parse(argc, argv, &a);
    if (code >= 0)
        return code;
    prctl(PR_SET_DUMPABLE, 0); /* there are secrets: no core, nobody attaches */
    if (sodium_init() < 0)
        return EXIT_FAILURE;
    int rc = load(&h, a.config, &problem);
    hx_log_level_set(h.settings.log_level);
    if (!rc && a.check)
        printf("%s: right\n", a.config);
    else if (!rc)
        rc = serve(&h, &run, &problem);
    if (rc && a.check)
        fprintf(stderr, "%s\n", *problem.text ? problem.text : hx_strerror(rc));
    else if (rc)
        hx_log(HX_LOG_ERROR, "event=start_refused \"%s\"",
               *problem.text ? problem.text : hx_strerror(rc));
    else if (!a.check)
        hx_log(HX_LOG_INFO, "event=end");
    end(&h, &run);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
