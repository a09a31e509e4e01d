/* hongxin-wechat: the door for callbacks of WeChat Official Accounts and WeCom. */
#include "base/log.h"
#include "door/program.h"
#include "door/run.h"
#include "http/figures.h"
#include "wechat/wechat.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

static const struct http_route routes[] = {
    {"GET", "/wechat/{secret}", callback_verify, HTTP_OPEN},
    {"POST", "/wechat/{secret}", callback_take, HTTP_OPEN},
};

static const char *health(void *arg)
{
    const struct wechat *w = arg;
    return hx_client_is_up(w->link.client, HX_DOOR_INTAKE) ? NULL : "the daemon cannot be reached";
}

static void figures(void *arg, struct evbuffer *out)
{
    const struct wechat *w = arg;
    const struct {
        const char *name, *help;
        uint64_t n;
    } rows[] = {
        {"wechat_messages_total", "Messages whose signature was right.", w->messages},
        {"wechat_reports_total", "Reports that the daemon has taken.", w->reports},
        {"wechat_forged_total", "Callbacks that were refused.", w->forged},
        {"wechat_untimely_total", "… of them those outside the window of time.", w->replayed_late},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        figures_head(out, rows[i].name, "counter", rows[i].help);
        figures_line(out, rows[i].name, "", rows[i].n);
    }
}

static int serve(struct wechat *w, struct run *run, struct hx_problem *problem)
{
    const struct http_options o = {.name = "wechat",
                                   .listen = w->settings.listen,
                                   .proxied = w->settings.proxied,
                                   .limits = &w->settings.limits,
                                   .routes = routes,
                                   .n_routes = sizeof routes / sizeof *routes,
                                   .health = health,
                                   .figures = figures,
                                   .arg = w};
    int rc = run_open(run);
    run_descriptors(w->settings.limits.connections);
    if (!rc)
        rc = link_open(&w->link, run->base, &w->settings.daemon, problem);
    if (!rc)
        rc = http_server_open(run->base, &o, &w->server, problem);
    if (!rc)
        run_loop(run, w->server, "wechat");
    return rc;
}

static void end(struct wechat *w, struct run *run)
{
    if (w->link.client)
        link_close(&w->link); /* what still waits is answered */
    http_server_close(w->server);
    run_close(run);
    accounts_free(w->accounts);
}

int main(int argc, char **argv)
{
    static struct wechat w;
    struct program a = {.name = "hongxin-wechat",
                        .about = "The door for callbacks of WeChat Official Accounts and WeCom: "
                                 "residents report, ask, rate\n"
                                 "and withdraw by message. docs/wechat.md describes it.\n",
                        .config = "/etc/hongxin/wechat.yaml"};
    struct hx_problem problem = {""};
    struct run run = {0};
    int code = program_parse(argc, argv, &a);
    if (code >= 0)
        return code;
    prctl(PR_SET_DUMPABLE, 0); /* there are secrets: no core, nobody attaches */
    if (sodium_init() < 0)
        return EXIT_FAILURE;
    int rc = wechat_settings_load(a.config, &w.settings, &problem);
    if (!rc)
        rc = accounts_load(w.settings.accounts, &w.accounts, &problem);
    hx_log_level_set(w.settings.log_level);
    if (!rc && a.check)
        printf("%s: right\n", a.config);
    else if (!rc)
        rc = serve(&w, &run, &problem);
    if (rc && a.check)
        fprintf(stderr, "%s\n", *problem.text ? problem.text : hx_strerror(rc));
    else if (rc)
        hx_log(HX_LOG_ERROR, "event=start_refused \"%s\"",
               *problem.text ? problem.text : hx_strerror(rc));
    else if (!a.check)
        hx_log(HX_LOG_INFO, "event=end");
    end(&w, &run);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
