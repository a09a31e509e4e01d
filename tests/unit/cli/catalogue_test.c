/* Every code of the life cycle has words in both languages, and so has every name of the schema. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/command.h"
#include "cli/operate/rules_file.h"
#include "cli/show/catalogue.h"
#include "engine/case/case.h"
#include "hongxin/schema.h"

static struct hx_rules *rules;

static int load(void **state)
{
    (void)state;
    rules = rules_file_load(HX_SOURCE_DIR "/config");
    return rules == NULL;
}

static int unload(void **state)
{
    (void)state;
    rules_file_free(rules);
    return 0;
}

static void expect(enum words_kind kind, const char *code)
{
    if (*code && !words_find(kind, code))
        fail_msg("\"%s\" has no words in daemon/cli/show/catalogue.c", code);
}

/* What the city calls it is what the command prints. */
static void expect_titled(enum words_kind kind, const char *code, const struct hx_title *title)
{
    expect(kind, code);
    if (*code && strcmp(words_find(kind, code)->zh, title->zh) != 0)
        fail_msg("%s is %s in the life cycle and %s in daemon/cli/show/catalogue.c", code,
                 title->zh, words_find(kind, code)->zh);
}

static void the_life_cycle_has_words(void **state)
{
    (void)state;
    for (int i = 0; i < HX_RULES_STATES; i++)
        expect_titled(WORDS_STATE, rules->states[i].name, &rules->states[i].title);
    for (int i = 0; i < HX_RULES_CLASSES; i++)
        expect_titled(WORDS_CLASS, rules->classes[i].name, &rules->classes[i].title);
    for (int i = 0; i < HX_RULES_CLOCKS; i++)
        expect_titled(WORDS_CLOCK, rules->clocks[i].name, &rules->clocks[i].title);
    for (int i = 0; i < rules->n_events; i++)
        expect_titled(WORDS_EVENT, rules->events[i].name, &rules->events[i].title);
}

/* A city may give other budgets than the one that is shipped: words name none. */
static void words_name_no_budget(void **state)
{
    size_t n;
    const struct words *w = words_all(&n);

    (void)state;
    for (size_t i = 0; i < n; i++)
        if ((w[i].kind == WORDS_CLASS || w[i].kind == WORDS_CLOCK) &&
            (strpbrk(w[i].en, "0123456789") || strpbrk(w[i].zh, "0123456789")))
            fail_msg("%s names a budget, which is the life cycle's matter", w[i].code);
}

/* The words that completion offers for an option of a command. */
static const char *offered(const struct cli_command *command, const char *option)
{
    for (const struct cli_option *o = command->options; o->name; o++)
        if (!strcmp(o->name, option))
            return o->words;
    fail_msg("%s has no --%s", command->name, option);
    return "";
}

/* How many words there are; each of them passes `known`. */
static int count_known(const char *words, bool (*known)(const char *))
{
    char copy[2048], *rest = copy, *word;
    int n = 0;

    assert_true(strlen(words) < sizeof copy);
    strcpy(copy, words);
    while ((word = strsep(&rest, " "))) {
        if (!known(word))
            fail_msg("\"%s\" is offered, but not in the life cycle", word);
        n++;
    }
    return n;
}

static bool is_event(const char *name)
{
    int i = hx_rules_event(rules, name);

    return i >= 0 && !rules->events[i].internal;
}

static bool is_state(const char *name)
{
    return hx_rules_state(rules, name) >= 0;
}

static bool is_class(const char *name)
{
    return hx_rules_class(rules, name) >= 0;
}

static bool is_clock(const char *name)
{
    return hx_rules_clock(rules, name) >= 0;
}

static void completion_offers_what_the_life_cycle_has(void **state)
{
    int events = 0, states = 0, classes = 0, clocks = 0;

    (void)state;
    for (int i = 0; i < rules->n_events; i++)
        events += *rules->events[i].name && !rules->events[i].internal;
    for (int i = 0; i < HX_RULES_STATES; i++)
        states += *rules->states[i].name != 0;
    for (int i = 0; i < HX_RULES_CLASSES; i++)
        classes += *rules->classes[i].name != 0;
    for (int i = 0; i < HX_RULES_CLOCKS; i++)
        clocks += *rules->clocks[i].name != 0;
    assert_int_equal(count_known(offered(&cli_publish, "type"), is_event), events);
    assert_int_equal(count_known(offered(&cli_list, "state"), is_state), states);
    assert_int_equal(count_known(offered(&cli_explain, "clock"), is_clock), clocks);
    assert_int_equal(count_known(offered(&cli_publish, "class"), is_class), classes);
    assert_int_equal(count_known(offered(&cli_list, "class"), is_class), classes);
    assert_int_equal(count_known(offered(&cli_watch, "class"), is_class), classes);
    assert_int_equal(count_known(offered(&cli_route, "class"), is_class), classes);
}

static void closed_lists_have_words(void **state)
{
    static const char *const flags[] = {
#define X(name, bit) #name,
        HX_FLAGS(X)
#undef X
    };
    const ProtobufCEnumDescriptor *results = &hongxin__v1__result__descriptor;

    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        expect(WORDS_FLAG, flags[i]);
    for (int i = 0; i <= 5; i++)
        expect(WORDS_LEVEL, hx_level_name(i));
    for (int i = HX_NOTICE_REMINDER; i <= HX_NOTICE_CASE; i++)
        expect(WORDS_NOTICE, hx_notice_kind_name(i));
    for (int i = HX_BASIS_BUDGET; i <= HX_BASIS_NONE; i++)
        expect(WORDS_BASIS, hx_basis_name(i));
    for (int i = HX_CLOCK_RUNNING; i <= HX_CLOCK_VOID; i++)
        expect(WORDS_CHANGE, hx_clock_state_name(i));
    for (int i = 0; i < HX_OWNERS; i++)
        expect(WORDS_OWNER, hx_owner_name((enum hx_owner)i));
    for (unsigned i = 1; i < results->n_values; i++)
        expect(WORDS_RESULT, results->values[i].name);
}

static void every_word_has_both_languages_and_stands_once(void **state)
{
    size_t n;
    const struct words *w = words_all(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_true(*w[i].en && *w[i].zh);
        for (size_t k = 0; k < i; k++)
            if (w[i].kind == w[k].kind && !strcmp(w[i].code, w[k].code))
                fail_msg("%s stands twice", w[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_life_cycle_has_words),
        cmocka_unit_test(words_name_no_budget),
        cmocka_unit_test(completion_offers_what_the_life_cycle_has),
        cmocka_unit_test(closed_lists_have_words),
        cmocka_unit_test(every_word_has_both_languages_and_stands_once),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
