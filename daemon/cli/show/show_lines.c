/* How a line begins and ends; and the line of a fact that has one to itself, because it belongs to
 * nobody's step and is no breach or notice. */
#include "cli/show/show_lines.h"
#include "hongxin/instant.h"
#include <inttypes.h>
#include <string.h>

void line_begin(struct lines *l)
{
    struct show *s = l->s;
    int64_t day = (l->e->t_rec + s->utc_offset * HX_MINUTE) / HX_DAY;
    char time[HX_INSTANT_TEXT], number[32];

    if (day != s->day) {
        hx_instant_format(l->e->t_rec, s->utc_offset, time);
        time[10] = '\0';
        show_paint(s, SHOW_DIM, "---- %s ----\n", time);
        s->day = day;
    }
    show_time(s, l->e->t_rec, l->e->t_rec, time);
    time[8] = '\0'; /* seconds are enough here */
    show_paint(s, SHOW_DIM, "%s ", time);
    show_paint(s, SHOW_BOLD, "%-7s ", show_number(l->e->case_number, number));
    if (l->e->drill)
        show_paint(s, SHOW_YELLOW, "%s ", show_label(s, "DRILL"));
    l->n++;
}

void line_end(struct lines *l)
{
    fputc('\n', l->s->out);
}

static void put_delivery(const struct show *s, const hxp_delivery_fact *d)
{
    bool good = !strcmp(d->result, "DELIVERED") || !strcmp(d->result, "SENT");

    show_paint(s, good ? SHOW_CYAN : SHOW_YELLOW, "%s %s",
               words_text(WORDS_DELIVERY, d->result, s->zh),
               words_text(WORDS_DELIVERY, d->result, !s->zh));
    fprintf(s->out, "  %s%s%s%s%s", d->kind, *d->level ? " " : "", d->level, *d->kind ? "  " : "",
            d->to);
    fprintf(s->out, "%s%s%s%s", *d->person ? " " : "", d->person, *d->road ? "  " : "", d->road);
    fprintf(s->out, "%s%s", *d->error ? "  " : "", words_text(WORDS_DELIVERY, d->error, s->zh));
    fprintf(s->out, "%s%s", *d->fault ? "  " : "", words_text(WORDS_DELIVERY, d->fault, s->zh));
}

/* "IN_FORCE 1234  holder:P-07  li → wang  10-13 18:00:00 – 22:00:00" */
static void put_swap(struct lines *l, const Hongxin__V1__SwapFact *w)
{
    const struct show *s = l->s;
    char from[HX_INSTANT_TEXT], to[HX_INSTANT_TEXT];

    fprintf(s->out, "%s %" PRIu64 "  %s  %s → %s  %s – %s", w->state, w->number, w->post, w->person,
            *w->taker ? w->taker : "?", show_time(s, w->from, l->e->t_rec, from),
            show_time(s, w->to, l->e->t_rec, to));
}

/* "K_UPDATE 进展 L1  place:S-02  until 18:00:00  street:S-02/wang  power cut" */
static void put_silence(struct lines *l, const hxp_silence *w)
{
    const struct show *s = l->s;
    char until[HX_INSTANT_TEXT];
    bool ended = w->until <= w->from;

    fprintf(s->out, "%s  ", show_label(s, ended ? "silence ended" : "silence"));
    show_clock(s, w->clock);
    fprintf(s->out, " %s  %s", w->level, w->area);
    if (!ended)
        fprintf(s->out, "  %s %s", s->zh ? "至" : "until",
                show_time(s, w->until, l->e->t_rec, until));
    fprintf(s->out, "  %s%s%s", w->by, *w->why ? "  " : "", w->why);
}

void line_of_fact(struct lines *l, const hxp_fact *f)
{
    const struct show *s = l->s;
    char time[HX_INSTANT_TEXT];

    line_begin(l);
    switch (f->fact_case) {
    case HONGXIN__V1__FACT__FACT_CLASS:
        fprintf(s->out, "%s %s → ", show_label(s, "class"), f->class_->from);
        show_code(s, WORDS_CLASS, f->class_->to);
        fprintf(s->out, "  %s", f->class_->by);
        break;
    case HONGXIN__V1__FACT__FACT_BREACH_MARK:
        show_paint(s, SHOW_GREEN, "%s %s", f->breach_mark->clock, f->breach_mark->mark);
        fprintf(s->out, " %s  %s", words_text(WORDS_MARK, f->breach_mark->mark, s->zh),
                f->breach_mark->why);
        break;
    case HONGXIN__V1__FACT__FACT_FLAG:
        fprintf(s->out, "%s ", f->flag->on ? "+" : "-");
        show_code(s, WORDS_FLAG, f->flag->flag);
        break;
    case HONGXIN__V1__FACT__FACT_CLOCK:
        show_clock(l->s, f->clock->clock);
        fprintf(s->out, "  %s %s  %s", words_text(WORDS_CHANGE, f->clock->change, s->zh),
                show_time(s, f->clock->deadline, l->e->t_rec, time), f->clock->calendar);
        break;
    case HONGXIN__V1__FACT__FACT_RULES:
        fprintf(s->out, "%s %s/%" PRIu32, f->rules->kind, f->rules->name, f->rules->version);
        if (*f->rules->asked_by)
            fprintf(s->out, "  %s, %s: %s", f->rules->asked_by, f->rules->agreed_by, f->rules->why);
        break;
    case HONGXIN__V1__FACT__FACT_DELIVERY:
        put_delivery(s, f->delivery);
        break;
    case HONGXIN__V1__FACT__FACT_SWAP:
        put_swap(l, f->swap);
        break;
    case HONGXIN__V1__FACT__FACT_SILENCE:
        put_silence(l, f->silence);
        break;
    default:
        show_paint(s, SHOW_RED, "%s ", show_label(s, "alarm"));
        show_code(s, WORDS_ALARM, f->alarm->code);
        fprintf(s->out, "  %s", f->alarm->about);
    }
    line_end(l);
}
