#include "door/run.h"

#include "base/log.h"
#include <event2/event.h>
#include <signal.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

enum { OTHER_DESCRIPTORS = 256 }; /* ZeroMQ, files, the loop */

static void on_stopped(void *arg)
{
    struct run *run = arg;
    event_base_loopbreak(run->base);
}

static void on_hangup(evutil_socket_t number, short what, void *arg)
{
    const struct run *run = arg;
    (void)number;
    (void)what;
    if (run->hangup)
        run->hangup(run->arg);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    struct run *run = arg;
    (void)what;
    hx_log(HX_LOG_INFO, "event=stopping signal=%d", (int)number);
    sd_notify(0, "STOPPING=1");
    if (run->server)
        http_server_stop(run->server, on_stopped, run);
    else
        event_base_loopbreak(run->base);
}

int run_open(struct run *run)
{
    static const struct {
        int number;
        event_callback_fn fn;
    } table[RUN_SIGNALS] = {{SIGTERM, on_signal}, {SIGINT, on_signal}, {SIGHUP, on_hangup}};
    signal(SIGPIPE, SIG_IGN);
    *run = (struct run){.base = event_base_new(), .hangup = run->hangup, .arg = run->arg};
    if (!run->base)
        return HX_NOMEM;
    for (size_t i = 0; i < RUN_SIGNALS; i++) {
        run->signals[i] = evsignal_new(run->base, table[i].number, table[i].fn, run);
        if (!run->signals[i] || event_add(run->signals[i], NULL) != 0)
            return HX_NOMEM;
    }
    return HX_OK;
}

void run_descriptors(uint64_t connections)
{
    struct rlimit limit;
    rlim_t wanted = connections + OTHER_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        hx_log(HX_LOG_WARN, "event=few_descriptors wanted=%llu have=%llu",
               (unsigned long long)wanted, (unsigned long long)limit.rlim_cur);
}

void run_loop(struct run *run, struct http_server *server, const char *worker)
{
    run->server = server;
    hx_log(HX_LOG_INFO, "event=ready worker=%s listen=%s version=" HX_VERSION, worker,
           http_server_address(server));
    sd_notify(0, "READY=1");
    event_base_dispatch(run->base);
}

void run_close(struct run *run)
{
    for (size_t i = 0; i < RUN_SIGNALS; i++)
        if (run->signals[i])
            event_free(run->signals[i]);
    if (run->base)
        event_base_free(run->base);
    *run = (struct run){0};
}
