/* Receipts: bridges and receivers say what became of a notice on its road. */
#include "engine/notice/delivery.h"
#include "engine/words/words.h"

/* A bridge (role system), or somebody of the post to which the notice went, or that was told in its
 * place. */
static bool by_receiver(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->actor.role == HX_ROLE_system || s->actor.role == HX_ROLE_operator ||
           hx_post_speaks(hx_step_came(s)->by, s->data->to, "") || hx_delivery_stood_in(s);
}

static bool notice_sent(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_delivery_known(s);
}

static bool on_its_way(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_delivery_on_its_way(s);
}

static void delivered(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_delivery_arrived(s);
}

static void not_delivered(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_delivery_failed(s);
}

const struct hx_word hx_words_receipt[] = {
    HX_GUARD("by_receiver", HX_ARG_NONE, by_receiver, "NOT_RECEIVER", HX_NOT_ALLOWED,
             "a bridge says so, or the receiver's own post"),
    HX_GUARD("notice_sent", HX_ARG_NONE, notice_sent, "NO_SUCH_NOTICE", HX_NOT_ALLOWED,
             "such a notice went to this receiver"),
    HX_GUARD("on_its_way", HX_ARG_NONE, on_its_way, "NO_SUCH_NOTICE", HX_NOT_ALLOWED,
             "such a notice is on its way"),
    HX_EFFECT("delivered", HX_ARG_NONE, delivered, "the notice has arrived"),
    HX_EFFECT("not_delivered", HX_ARG_NONE, not_delivered,
              "this try failed: the next one, the next road, or somebody else"),
    HX_WORDS_END,
};
