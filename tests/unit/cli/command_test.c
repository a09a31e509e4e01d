/* The table of commands: what is said in help, completion and manual is what the program takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "cli/command.h"
#include "unit/cli/scratch.h"

/* What `print` writes to standard output, or to standard error when `fd` is 2. To be freed. */
static char *printed(void (*print)(void), int fd)
{
    const char *path = scratch_file("out", "", 0);
    int kept = dup(fd);

    fflush(stdout);
    if (!freopen(path, "w", fd == 1 ? stdout : stderr))
        abort();
    print();
    fflush(fd == 1 ? stdout : stderr);
    dup2(kept, fd);
    close(kept);
    return scratch_read(path);
}

static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = text; (p = strstr(p, word)); p += n)
        if (!strchr("-abcdefghijklmnopqrstuvwxyz", p[n]) || !p[n])
            return true;
    return false;
}

static void every_command_teaches(void **state)
{
    (void)state;
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct cli_command *c = cli_commands[i];
        assert_ptr_equal(cli_command_find(c->name), c);
        assert_true(strlen(c->summary) > 10 && c->summary[strlen(c->summary) - 1] != '.');
        assert_true(c->about && strlen(c->about) > 40);
        assert_non_null(strstr(c->examples, "hongxin "));
        assert_true(c->run || c->run_raw);
        for (const struct cli_option *o = c->options; o && o->name; o++)
            assert_true(o->help && *o->help);
    }
}

static void completion_offers_every_command_and_option(void **state)
{
    char *text = printed(cli_print_completion, 1), line[64], option[64];

    (void)state;
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct cli_command *c = cli_commands[i];
        snprintf(line, sizeof line, "      %s) _hongxin_words '", c->name);
        const char *own = strstr(text, line);
        assert_non_null(own);
        char *until = strndup(own, strcspn(own, "\n"));
        for (const struct cli_option *o = c->options; o && o->name; o++) {
            snprintf(option, sizeof option, "--%s", o->name);
            if (!has_word(until, option))
                fail_msg("completion of %s lacks %s", c->name, option);
        }
        free(until);
    }
    free(text);
}

static void the_manual_in_the_tree_is_the_one_that_is_printed(void **state)
{
    char *text = printed(cli_print_manual, 1);
    char *kept = scratch_read(HX_SOURCE_DIR "/docs/man/hongxin.1");

    (void)state;
    if (strcmp(text, kept) != 0)
        fail_msg("docs/man/hongxin.1 is old: hongxin completion man > docs/man/hongxin.1");
    free(text);
    free(kept);
}

static void the_completion_in_the_tree_is_the_one_that_is_printed(void **state)
{
    char *text = printed(cli_print_completion, 1);
    char *kept = scratch_read(HX_SOURCE_DIR "/deploy/completion/hongxin.bash");

    (void)state;
    if (strcmp(text, kept) != 0)
        fail_msg("deploy/completion/hongxin.bash is old: hongxin completion bash > it");
    free(text);
    free(kept);
}

static struct cli parsed;

static int parse(const char *command, int argc, const char *const *argv)
{
    char *copy[16] = {0};
    bool help;

    for (int i = 0; i < argc; i++)
        copy[i] = hx_text_field(argv[i]);
    return cli_parse(&parsed, cli_command_find(command), argc, copy, &help);
}

static void options_are_read_by_their_table(void **state)
{
    static const char *const argv[] = {"list",         "--holder", "P-07",    "--limit=5",
                                       "--state",      "HELD",     "--state", "ONSITE",
                                       "--utc-offset", "-03:30",   "--zh"};
    size_t at = 0;
    uint64_t n;

    (void)state;
    setenv("HONGXIN_FEED", "tcp://127.0.0.1:7", 1);
    assert_int_equal(parse("list", 11, argv), CLI_OK);
    assert_string_equal(cli_get(&parsed, "holder"), "P-07");
    assert_int_equal(cli_get_number(&parsed, "limit", 1, &n), CLI_OK);
    assert_int_equal(n, 5);
    assert_string_equal(cli_next(&parsed, "state", &at), "HELD");
    assert_string_equal(cli_next(&parsed, "state", &at), "ONSITE");
    assert_null(cli_next(&parsed, "state", &at));
    assert_int_equal(parsed.utc_offset, -210);
    assert_true(parsed.zh && !parsed.json);
    assert_string_equal(parsed.feed_endpoint, "tcp://127.0.0.1:7");
    unsetenv("HONGXIN_FEED");
}

static void an_endpoint_that_is_typed_wins_over_the_environment(void **state)
{
    static const char *const typed[] = {"list", "--endpoint", "tcp://10.0.0.1:54321"};
    static const char *const both[] = {"list", "--endpoint", "tcp://10.0.0.1:54321",
                                       "--feed-endpoint", "tcp://10.0.0.2:9"};
    static const char *const none[] = {"list"};

    (void)state;
    setenv("HONGXIN_ENDPOINT", "tcp://127.0.0.1:6", 1);
    setenv("HONGXIN_FEED", "tcp://127.0.0.1:8", 1);
    assert_int_equal(parse("list", 3, typed), CLI_OK);
    assert_string_equal(parsed.feed_endpoint, "tcp://10.0.0.1:54322");
    assert_int_equal(parse("list", 5, both), CLI_OK);
    assert_string_equal(parsed.feed_endpoint, "tcp://10.0.0.2:9");
    assert_int_equal(parse("list", 1, none), CLI_OK);
    assert_string_equal(parsed.feed_endpoint, "tcp://127.0.0.1:8");
    unsetenv("HONGXIN_FEED");
    assert_int_equal(parse("list", 1, none), CLI_OK);
    assert_string_equal(parsed.feed_endpoint, "tcp://127.0.0.1:7");
    unsetenv("HONGXIN_ENDPOINT");
}

static int wrong(const char *command, const char *a, const char *b)
{
    const char *argv[] = {command, a, b};

    return parse(command, b ? 3 : 2, argv);
}

static void wrong_command_lines_are_refused(void **state)
{
    (void)state;
    assert_int_equal(wrong("list", "--holder", NULL), CLI_USAGE);
    assert_int_equal(wrong("list", "--nonsense", NULL), CLI_USAGE);
    assert_int_equal(wrong("list", "stray", NULL), CLI_USAGE);
    assert_int_equal(wrong("list", "--utc-offset", "8"), CLI_USAGE);
    assert_int_equal(wrong("list", "--timeout", "soon"), CLI_USAGE);
    assert_int_equal(wrong("watch", "--color", "blue"), CLI_USAGE);
    assert_int_equal(wrong("case", "CL-1", "CL-2"), CLI_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_teaches),
        cmocka_unit_test(completion_offers_every_command_and_option),
        cmocka_unit_test(the_manual_in_the_tree_is_the_one_that_is_printed),
        cmocka_unit_test(the_completion_in_the_tree_is_the_one_that_is_printed),
        cmocka_unit_test(options_are_read_by_their_table),
        cmocka_unit_test(an_endpoint_that_is_typed_wins_over_the_environment),
        cmocka_unit_test(wrong_command_lines_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
