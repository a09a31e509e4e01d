/* What the bench's programs share: options, and the engine as the daemon sets it up. */
#ifndef BENCH_TOOL_H
#define BENCH_TOOL_H

#include "bench/lives.h"
#include "engine/machine/machine.h"
#include "engine/rules/rules.h"

/* The value behind --name, or `otherwise`. */
const char *tool_option(int argc, char **argv, const char *name, const char *otherwise);
uint64_t tool_number(int argc, char **argv, const char *name, uint64_t otherwise);

/* Says why on stderr and ends the program. */
_Noreturn void tool_die(const char *what, int rc);
void tool_need(const char *what, int rc);

/* Processor time of this program so far, user and system. */
double tool_cpu_seconds(void);

/* Rules and city of `config`, a machine over a backend, an arena that the caller resets. */
struct tool_engine {
    struct hx_rules *rules;
    struct load_city city;
    struct hx_arena arena;
    struct hx_machine machine;
};
void tool_engine_init(struct tool_engine *e, const char *config);
void tool_engine_fini(struct tool_engine *e);

/* Packs the event and applies it. Dies unless the answer is ACCEPTED, so that a bench never
 * measures refusals. */
const hxp_reply *tool_engine_apply(struct tool_engine *e, const struct load_event *event);

#endif
