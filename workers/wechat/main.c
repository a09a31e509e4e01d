/* hongxin-wechat: the door for callbacks of WeChat Official Accounts and WeCom. */
#include "base/log.h"
#include "door/program.h"
#include "http/figures.h"
#include "wechat/tell.h"
#include "wechat/wechat.h"

static const struct http_route routes[] = {
    {"GET", "/wechat/{secret}", callback_verify, 0},
    {"POST", "/wechat/{secret}", callback_take, 0},
};

static const char *health(void *arg)
{
    const struct wechat *w = arg;
    return link_health(&w->link);
}

static void figures(void *arg, struct evbuffer *out)
{
    const struct wechat *w = arg;
    const struct figure_row rows[] = {
        {"wechat_messages_total", "counter", "Messages whose signature was right.", w->messages},
        {"wechat_reports_total", "counter", "Reports that the daemon has taken.", w->reports},
        {"wechat_forged_total", "counter", "Callbacks that were refused.", w->forged},
        {"wechat_forgotten_total", "counter", "Identities erased of who follows no more.",
         w->forgotten},
        {"wechat_forget_held_total", "counter", "… kept by a legal hold.", w->forget_held},
        {"wechat_untimely_total", "counter", "… of them those outside the window of time.",
         w->replayed_late},
    };
    figures_rows(out, "", rows, sizeof rows / sizeof *rows);
    tell_figures(w->tell, out);
}

/* Any account that may write to residents, and anything to tell them. */
static bool tells(const struct wechat *w)
{
    for (size_t i = 0; w->settings.n_told && i < accounts_count(w->accounts); i++)
        if (*accounts_at(w->accounts, i)->secret)
            return true;
    return false;
}

static void begin_telling(struct wechat *w)
{
    int rc = tell_open(w->base, w->link.client, &w->settings, w->accounts, &w->tell);
    if (rc)
        hx_log(HX_LOG_ERROR,
               "event=tell_not_begun \"%s: residents are told nothing; SIGHUP tries it again\"",
               hx_strerror(rc));
}

/* Tokens, keys and secrets. What is under way goes on with those it began with. Without an outbox
 * the new ones are in force all the same: callbacks come in. */
static int reload(void *arg, struct hx_problem *problem)
{
    struct wechat *w = arg;
    int rc = accounts_renew(w->accounts, w->settings.accounts, problem);
    if (!rc && !w->tell && tells(w)) /* the first secret */
        begin_telling(w);
    return rc;
}

static int load(void *arg, const char *config, struct hx_problem *problem)
{
    struct wechat *w = arg;
    int rc = wechat_settings_load(config, &w->settings, problem);
    if (!rc)
        rc = accounts_load(w->settings.accounts, &w->accounts, problem);
    hx_log_level_set(w->settings.log_level);
    return rc;
}

static int open_all(void *arg, struct event_base *base, struct http_server **server,
                    struct hx_problem *problem)
{
    struct wechat *w = arg;
    const struct http_options o = {.name = "wechat",
                                   .listen = w->settings.listen,
                                   .proxied = w->settings.proxied,
                                   .limits = &w->settings.limits,
                                   .routes = routes,
                                   .n_routes = sizeof routes / sizeof *routes,
                                   .health = health,
                                   .figures = figures,
                                   .arg = w};
    w->base = base;
    run_descriptors(w->settings.limits.connections);
    int rc = link_open(&w->link, base, &w->settings.daemon, problem);
    if (!rc && tells(w))
        rc = tell_open(base, w->link.client, &w->settings, w->accounts, &w->tell);
    if (!rc)
        rc = http_server_open(base, &o, &w->server, problem);
    *server = w->server;
    return rc;
}

static void close_all(void *arg)
{
    struct wechat *w = arg;
    tell_close(w->tell);
    link_close(&w->link); /* what still waits is answered */
    http_server_close(w->server);
    accounts_free(w->accounts);
}

int main(int argc, char **argv)
{
    static struct wechat w;
    const struct program p = {
        .name = "hongxin-wechat",
        .about = "The door for callbacks of WeChat Official Accounts and WeCom: residents report, "
                 "ask, rate\n"
                 "and withdraw by message. docs/wechat.md describes it.\n",
        .config = "/etc/hongxin/wechat.yaml",
        .load = load,
        .open = open_all,
        .reload = reload,
        .close = close_all,
        .arg = &w};
    return program_main(&p, argc, argv);
}
