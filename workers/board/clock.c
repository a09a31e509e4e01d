/* What time it is: ours, and the daemon's, by which deadlines are counted. */
#include "base/now.h"
#include "board/ask.h"

/* In a demonstration the daemon's time runs faster. */
int64_t board_now(const struct board *b)
{
    if (!b->now_told)
        return hx_wall_ms();
    int64_t passed = hx_mono_ms() - b->told_at;
    return b->now_told + passed * (b->scale > 1 ? (int64_t)b->scale : 1);
}

static void on_due(void *arg, int err, const hxp_response *answer)
{
    struct board *b = arg;
    b->clock_asked = false;
    if (err || answer->answer_case != HONGXIN__V1__RESPONSE__ANSWER_DUE)
        return;
    b->now_told = answer->due->now;
    b->told_at = hx_mono_ms();
}

void board_ask_clock(struct board *b)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__DueQuery due = HONGXIN__V1__DUE_QUERY__INIT;
    if (b->clock_asked)
        return;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_DUE;
    q.due = &due;
    b->clock_asked = ask_for(b, "", &q, on_due, b) == HX_OK;
}
