#include "bench/tool.h"

#include "config/life_cycle/life_cycle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { EVENT_MOST = 4096 };

const char *tool_option(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i += 2)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return otherwise;
}

uint64_t tool_number(int argc, char **argv, const char *name, uint64_t otherwise)
{
    const char *text = tool_option(argc, argv, name, NULL);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

void tool_die(const char *what, int rc)
{
    fprintf(stderr, "bench: %s: %s (%d)\n", what, rc < 0 ? hx_strerror(rc) : "", rc);
    exit(1);
}

void tool_need(const char *what, int rc)
{
    if (rc)
        tool_die(what, rc);
}

double tool_cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

void tool_engine_init(struct tool_engine *e, const char *config)
{
    char path[4096];
    struct hx_problem problem = {0};
    memset(e, 0, sizeof *e);
    snprintf(path, sizeof path, "%s/city", config);
    tool_need(path, load_city_open(&e->city, path));
    snprintf(path, sizeof path, "%s/life-cycles/complaint.yaml", config);
    int rc = hx_life_cycle_load(path, &e->rules, &problem);
    tool_need(rc ? problem.text : "life cycle", rc);
    hx_arena_init(&e->arena, 0);
    e->machine.rules = e->rules;
    e->machine.city = e->city.city;
    e->machine.arena = &e->arena;
    e->machine.scale = 1;
    hx_machine_set_time(&e->machine, load_wall_ms());
}

void tool_engine_fini(struct tool_engine *e)
{
    hx_arena_fini(&e->arena);
    hx_life_cycle_free(e->rules);
    load_city_close(&e->city);
}

const hxp_reply *tool_engine_apply(struct tool_engine *e, const struct load_event *event)
{
    const hxp_reply *reply = NULL;
    ProtobufCAllocator memory = hx_arena_allocator(&e->arena);
    uint8_t *bytes = hx_arena_alloc(&e->arena, EVENT_MOST);
    size_t size = bytes ? load_event_pack(event, bytes, EVENT_MOST) : 0;
    if (!size)
        tool_die("event", HX_NOMEM);
    struct hx_arrival in = {.bytes = bytes, .size = size, .t_rcv = e->machine.now};
    in.event = hongxin__v1__event__unpack(&memory, size, bytes);
    tool_need("machine", hx_machine_event(&e->machine, &in, &reply));
    if (reply->result != HONGXIN__V1__RESULT__ACCEPTED) {
        fprintf(stderr, "bench: %s %s: %s\n", event->type, reply->code, reply->message);
        exit(1);
    }
    return reply;
}
