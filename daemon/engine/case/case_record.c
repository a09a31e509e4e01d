/* The stored form of a case: one line per member. Numbers are never reused. */
#include "base/record.h"
#include "engine/case/case.h"

#define U8(no, type, member)                                                                       \
    {                                                                                              \
        no, HX_FIELD_U8, 0, 0, offsetof(struct type, member), 0, NULL                              \
    }
#define U32(no, type, member)                                                                      \
    {                                                                                              \
        no, HX_FIELD_U32, 0, 0, offsetof(struct type, member), 0, NULL                             \
    }
#define U64(no, type, member)                                                                      \
    {                                                                                              \
        no, HX_FIELD_U64, 0, 0, offsetof(struct type, member), 0, NULL                             \
    }
#define I64(no, type, member)                                                                      \
    {                                                                                              \
        no, HX_FIELD_I64, 0, 0, offsetof(struct type, member), 0, NULL                             \
    }
#define TEXT(no, type, member)                                                                     \
    {                                                                                              \
        no, HX_FIELD_TEXT, sizeof((struct type *)0)->member, 0, offsetof(struct type, member), 0,  \
            NULL                                                                                   \
    }
#define I64S(no, type, member, n)                                                                  \
    {                                                                                              \
        no, HX_FIELD_I64S, n, 0, offsetof(struct type, member), 0, NULL                            \
    }
#define LIST(no, type, member, count, most, record)                                                \
    {                                                                                              \
        no, HX_FIELD_LIST, 0, most, offsetof(struct type, member), offsetof(struct type, count),   \
            record                                                                                 \
    }
#define TEXTS(no, type, member, count, most)                                                       \
    {                                                                                              \
        no, HX_FIELD_TEXTS, sizeof((struct type *)0)->member[0], most,                             \
            offsetof(struct type, member), offsetof(struct type, count), NULL                      \
    }
#define RECORD(name, type)                                                                         \
    static const struct hx_record name##_record = {                                                \
        name##_fields, sizeof name##_fields / sizeof *name##_fields, sizeof(struct type)}

static const struct hx_field clock_fields[] = {
    U8(1, hx_clock, kind),         U8(2, hx_clock, state),        U8(3, hx_clock, basis),
    U8(4, hx_clock, cycle),        U8(5, hx_clock, shift),        U32(6, hx_clock, fired),
    U32(7, hx_clock, policy),      I64(8, hx_clock, start),       U64(9, hx_clock, budget_ms),
    U64(10, hx_clock, paused_ms),  I64(11, hx_clock, paused_at),  I64(12, hx_clock, floor),
    I64(13, hx_clock, deadline),   I64(14, hx_clock, stopped_at), U64(15, hx_clock, moved_by),
    U32(16, hx_clock, met),        U8(17, hx_clock, calendar),    U32(70, hx_clock, days),
    TEXT(80, hx_clock, unit),      U8(81, hx_clock, answered),    U32(305, hx_clock, city),
    I64(345, hx_clock, own_start), U64(460, hx_clock, quiet_at),
};
RECORD(clock, hx_clock);

static const struct hx_field breach_fields[] = {
    U8(1, hx_breach, kind),      U8(2, hx_breach, cycle),      U32(3, hx_breach, marks),
    I64(4, hx_breach, deadline), I64(5, hx_breach, t_noticed), U64(6, hx_breach, lsn),
    TEXT(7, hx_breach, holder),  U32(70, hx_breach, policy),   U8(71, hx_breach, appealed),
};
RECORD(breach, hx_breach);

static const struct hx_field proposal_fields[] = {
    U8(1, hx_proposal, kind),
    U64(2, hx_proposal, breach),
    I64(3, hx_proposal, deadline),
    TEXT(4, hx_proposal, asker.by),
    TEXT(5, hx_proposal, asker.principal),
};
RECORD(proposal, hx_proposal);

static const struct hx_field told_fields[] = {
    U8(1, hx_told, kind),    U8(2, hx_told, cycle),        U8(3, hx_told, level),
    U8(4, hx_told, acked),   I64(5, hx_told, at),          I64(6, hx_told, ack_until),
    TEXT(7, hx_told, to),    TEXT(8, hx_told, acked_by),   U8(9, hx_told, how),
    U8(10, hx_told, done),   TEXT(80, hx_told, unit),      I64(11, hx_told, acked_at),
    U8(130, hx_told, again), TEXT(460, hx_told, stand_in),
};
RECORD(told, hx_told);

static const struct hx_field passing_fields[] = {
    TEXT(140, hx_passing, from),     TEXT(141, hx_passing, to),    TEXT(142, hx_passing, reason),
    TEXT(143, hx_passing, asked_by), I64(144, hx_passing, asked),  TEXT(145, hx_passing, by),
    I64(146, hx_passing, at),        TEXT(147, hx_passing, cause),
};
RECORD(passing, hx_passing);

static const struct hx_field silence_fields[] = {
    U8(140, hx_silence, kind),  U8(141, hx_silence, level),  U8(142, hx_silence, cycle),
    I64(143, hx_silence, from), I64(144, hx_silence, until), TEXT(145, hx_silence, by),
    TEXT(146, hx_silence, why),
};
RECORD(silence, hx_silence);

static const struct hx_field sending_fields[] = {
    U8(1, hx_sending, how),          U8(2, hx_sending, kind),          U8(3, hx_sending, cycle),
    U8(4, hx_sending, level),        U8(5, hx_sending, nth),           U8(6, hx_sending, attempt),
    U8(7, hx_sending, awaits),       U8(8, hx_sending, above),         U8(9, hx_sending, ours),
    U8(10, hx_sending, last),        U64(11, hx_sending, notice),      I64(12, hx_sending, since),
    I64(13, hx_sending, tried),      I64(14, hx_sending, next),        TEXT(15, hx_sending, to),
    TEXT(16, hx_sending, person),    TEXT(17, hx_sending, road),       TEXT(18, hx_sending, error),
    TEXT(19, hx_sending, missed),    TEXT(20, hx_sending, expects),    TEXT(21, hx_sending, unit),
    TEXT(460, hx_sending, stand_in), I64(474, hx_sending, ours_since), I64(475, hx_sending, at),
    U8(477, hx_sending, taken_back),
};
RECORD(sending, hx_sending);

static const struct hx_field party_fields[] = {
    TEXT(1, hx_party, ref),      U32(2, hx_party, callback),  U32(3, hx_party, rating),
    I64(4, hx_party, t_occ),     U64(5, hx_party, from_case), U32(6, hx_party, tries),
    U8(7, hx_party, gone),       U8(470, hx_party, leaves),   U64(471, hx_party, kept_case),
    U32(472, hx_party, kept_as), U8(480, hx_party, back),
};
RECORD(party, hx_party);

static const struct hx_field pauses_fields[] = {
    TEXT(1, hx_pauses, reason),
    U32(2, hx_pauses, times),
};
RECORD(pauses, hx_pauses);

static const struct hx_field case_fields[] = {
    U64(1, hx_case, number),
    U64(2, hx_case, version),
    U64(3, hx_case, first_lsn),
    U64(4, hx_case, last_lsn),
    U32(5, hx_case, policy),
    TEXT(6, hx_case, source),
    TEXT(7, hx_case, ref),
    TEXT(8, hx_case, category),
    TEXT(9, hx_case, street),
    TEXT(10, hx_case, community),
    TEXT(11, hx_case, grid),
    TEXT(12, hx_case, estate),
    TEXT(13, hx_case, building),
    TEXT(14, hx_case, about),
    /* 15 was a secret: it follows from the number now, nothing is kept */
    I64(16, hx_case, t_report),
    I64(17, hx_case, t0),
    U8(18, hx_case, state),
    U8(19, hx_case, class_no),
    U8(20, hx_case, cycle),
    I64(482, hx_case, cycle_at),
    U32(21, hx_case, flags),
    TEXT(22, hx_case, holder),
    TEXT(23, hx_case, person),
    I64(24, hx_case, t_dispatched),
    I64(25, hx_case, t_held),
    I64(26, hx_case, t_arrived),
    I64(27, hx_case, t_resolved),
    I64(28, hx_case, t_closed),
    I64(29, hx_case, due_row),
    U8(30, hx_case, owner),
    I64(31, hx_case, owner_since),
    I64S(32, hx_case, owner_ms, HX_OWNERS),
    I64(33, hx_case, stint_ms),
    I64(484, hx_case, ours_ms),
    I64(483, hx_case, late_ms),
    LIST(34, hx_case, clocks, n_clocks, HX_CASE_CLOCKS, &clock_record),
    LIST(35, hx_case, breaches, n_breaches, HX_CASE_BREACHES, &breach_record),
    LIST(36, hx_case, told, n_told, HX_CASE_TOLD, &told_record),
    LIST(37, hx_case, parties, n_parties, HX_CASE_PARTIES, &party_record),
    U8(38, hx_case, class_asked),
    U8(39, hx_case, class_by_holder),
    U32(41, hx_case, objections),
    U32(42, hx_case, returns),
    U32(43, hx_case, counted_pauses),
    LIST(481, hx_case, pauses, n_pauses, HX_CASE_PAUSES, &pauses_record),
    TEXT(44, hx_case, class_asker.by),
    TEXT(45, hx_case, return_reason),
    TEXT(46, hx_case, reasons_used),
    TEXTS(47, hx_case, tried, n_tried, HX_CASE_TRIED),
    TEXT(48, hx_case, pause_reason),
    I64(49, hx_case, pause_until),
    U64(50, hx_case, paused_total_ms),
    TEXT(51, hx_case, arbiter_note),
    I64(52, hx_case, plan_date),
    TEXT(53, hx_case, plan_person),
    U64(54, hx_case, merged_into),
    U64(55, hx_case, repeat_of),
    I64(56, hx_case, withdraw_at),
    I64S(57, hx_case, withdraw_ms, HX_OWNERS),
    /* 58, 59, 71 to 73, 77 and 78 were the one proposal of a kind: each stands in 184 now;
     * 60 was one assisting unit: it stands in its clock now */
    I64(61, hx_case, last_contact),
    I64(62, hx_case, undelivered_since),
    TEXT(63, hx_case, order_level),
    U8(64, hx_case, state_before),
    I64(80, hx_case, t_returned),
    TEXT(81, hx_case, second),
    TEXT(180, hx_case, registry),
    I64(181, hx_case, change_at),
    U8(182, hx_case, change_told),
    I64(183, hx_case, holder_at),
    LIST(184, hx_case, proposals, n_proposals, HX_CASE_PROPOSALS, &proposal_record),
    TEXT(100, hx_case, class_asker.principal),
    TEXT(70, hx_case, merge_asker.by),
    TEXT(75, hx_case, dispute),
    TEXT(76, hx_case, merge_asker.principal),
    LIST(130, hx_case, sendings, n_sendings, HX_CASE_SENDINGS, &sending_record),
    U64(131, hx_case, dispatch_lsn),
    U32(132, hx_case, faults_theirs),
    U32(133, hx_case, faults_ours),
    U32(82, hx_case, repeats),
    U64(83, hx_case, split_from),
    LIST(141, hx_case, passings, n_passings, HX_CASE_PASSINGS, &passing_record),
    TEXT(142, hx_case, order_by),
    TEXT(143, hx_case, order_ref),
    I64(144, hx_case, order_at),
    LIST(140, hx_case, silences, n_silences, HX_CASE_SILENCES, &silence_record),
    I64(120, hx_case, person_at),
};
RECORD(case, hx_case);

size_t hx_case_pack(const struct hx_case *c, uint8_t *buf, size_t cap)
{
    return hx_record_pack(&case_record, c, buf, cap);
}

int hx_case_unpack(const uint8_t *buf, size_t size, struct hx_case *c)
{
    return hx_record_unpack(&case_record, buf, size, c);
}
