/* The daemon's configuration: defaults, values, refusals with lines, and the files that describe
 * it. */
#include "config/settings.h"
#include "folder.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct hx_settings load(const char *path)
{
    struct hx_settings s;
    struct hx_problem problem = {.text = ""};
    if (hx_settings_load(path, &s, &problem) != HX_OK)
        fail_msg("refused: %s", problem.text);
    return s;
}

/* The text is refused with exactly this problem, which stands after the file's path. */
static void refused(struct folder *f, const char *text, const char *expected)
{
    struct hx_settings s;
    struct hx_problem problem = {.text = ""};
    char whole[sizeof problem.text];
    const char *path = folder_write(f, "hongxin.yaml", text);
    snprintf(whole, sizeof whole, "%s%s", path, expected);
    assert_int_equal(hx_settings_load(path, &s, &problem), HX_CONFIG);
    assert_string_equal(problem.text, whole);
    assert_null(s.store_path);
}

static void same_settings(const struct hx_settings *a, const struct hx_settings *b)
{
    assert_string_equal(a->ingest, b->ingest);
    assert_string_equal(a->feed, b->feed);
    assert_string_equal(a->pub, b->pub);
    assert_string_equal(a->zone, b->zone);
    assert_int_equal(a->utc_offset_minutes, b->utc_offset_minutes);
    assert_int_equal(a->log_level, b->log_level);
    const struct hx_settings_number *n;
    for (size_t i = 0; (n = hx_settings_number(i)); i++) {
        const uint64_t *x = (const uint64_t *)((const char *)a + n->offset);
        const uint64_t *y = (const uint64_t *)((const char *)b + n->offset);
        if (*x != *y)
            fail_msg("%s differs", n->key);
    }
}

static void what_is_left_out_has_its_default(void **state)
{
    struct hx_settings s = load(folder_write(*state, "hongxin.yaml", "log: {}\n"));
    assert_string_equal(s.ingest, "tcp://127.0.0.1:54321");
    assert_string_equal(s.feed, "tcp://127.0.0.1:54322");
    assert_string_equal(s.pub, "tcp://127.0.0.1:54323");
    assert_int_equal(s.map_bytes, 64 * HX_GIB);
    assert_int_equal(s.limits.message_bytes, 8 * HX_MIB);
    assert_int_equal(s.limits.event_bytes, 256 * HX_KIB);
    assert_int_equal(s.limits.publish_items, 4096);
    assert_int_equal(s.limits.batch_items, 4096);
    assert_int_equal(s.limits.due_batch, 1024);
    assert_int_equal(s.journal_keep_days, 0);
    assert_int_equal(s.quarantine_keep_days, 90);
    assert_int_equal(s.utc_offset_minutes, 480);
    assert_string_equal(s.zone, "Asia/Shanghai");
    assert_int_equal(s.log_level, HX_LOG_INFO);
    hx_settings_free(&s);
}

static void the_shipped_file_states_the_defaults(void **state)
{
    struct hx_settings shipped = load(HX_SOURCE_DIR "/config/hongxin.yaml");
    struct hx_settings empty = load(folder_write(*state, "hongxin.yaml", "log: {}\n"));
    same_settings(&shipped, &empty);
    assert_string_equal(shipped.store_path, HX_SOURCE_DIR "/config/../var/store");
    assert_string_equal(shipped.life_cycle, HX_SOURCE_DIR "/config/life-cycles/complaint.yaml");
    assert_string_equal(shipped.city, HX_SOURCE_DIR "/config/city");
    hx_settings_free(&shipped);
    hx_settings_free(&empty);
}

/* Every number stands in the shipped file, so that an operator sees it and its line. */
static void the_shipped_file_names_every_number(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(HX_SOURCE_DIR "/config/hongxin.yaml", "rb");
    assert_non_null(file);
    assert_true(getdelim(&text, &size, '\0', file) > 0);
    const struct hx_settings_number *n;
    for (size_t i = 0; (n = hx_settings_number(i)); i++) {
        char line[80];
        snprintf(line, sizeof line, "\n  %s:", strchr(n->key, '.') + 1);
        if (!strstr(text, line))
            fail_msg("%s is not in hongxin.yaml", n->key);
    }
    fclose(file);
    free(text);
}

static void values_are_taken(void **state)
{
    struct folder *f = *state;
    struct hx_settings s = load(
        folder_write(f, "hongxin.yaml",
                     "store: {path: /var/lib/hongxin, map_size: 16MiB, journal_keep_days: 31, "
                     "quarantine_keep_days: 0}\n"
                     "listen: {ingest: 'tcp://127.0.0.1:*', feed: 'tcp://127.0.0.1:*', pub: ''}\n"
                     "time: {zone: UTC, utc_offset_minutes: -90}\n"
                     "limits: {batch_items: 1, message_bytes: 65536}\nlog: {level: debug}\n"));
    char city[128];
    snprintf(city, sizeof city, "%s/city", f->path);
    assert_string_equal(s.store_path, "/var/lib/hongxin");
    assert_string_equal(s.city, city);
    assert_int_equal(s.map_bytes, 16 * HX_MIB);
    assert_int_equal(s.journal_keep_days, 31);
    assert_int_equal(s.quarantine_keep_days, 0);
    assert_string_equal(s.pub, "");
    assert_int_equal(s.utc_offset_minutes, -90);
    assert_int_equal(s.limits.batch_items, 1);
    assert_int_equal(s.limits.message_bytes, 65536);
    assert_int_equal(s.log_level, HX_LOG_DEBUG);
    hx_settings_free(&s);
}

static void wrong_keys_and_types_are_refused_with_their_line(void **state)
{
    refused(*state, "store:\n  path: x\n  pth: y\n", ":3: Unexpected key: pth");
    refused(*state, "stor:\n  path: x\n", ":1: Unexpected key: stor");
    refused(*state, "limits:\n  batch_items: 5\n  batch_items: 6\n",
            ":3: Mapping field already seen: batch_items");
    refused(*state, "limits:\n  batch_items: many\n",
            ":2: batch_items: Invalid uint64_t value: 'many'");
    refused(*state, "limits:\n  batch_items: -1\n", ":2: limits.batch_items: must be 1 to 65536");
    refused(*state, "limits:\n- 1\n", ":2: limits: Expecting MAPPING, got event: SEQUENCE_START");
    refused(*state, "log: {level: &a info}\ntime: {zone: *a}\n",
            ":2: zone: YAML alias unsupported");
    refused(*state, "log:\n\tlevel: info\n",
            ":2: found character that cannot start any token, while scanning for the next token");
    refused(*state, "log:\n  level: '\xff'\n", ":2: not UTF-8 (byte 0xFF)");
    refused(*state, "", ":1: the file is empty");
}

static void numbers_out_of_range_are_refused(void **state)
{
    refused(*state, "limits:\n\n  batch_items: 0\n", ":3: limits.batch_items: must be 1 to 65536");
    refused(*state, "limits:\n  publish_items: 4097\n",
            ":2: limits.publish_items: must be 1 to 4096");
    refused(*state, "limits:\n  message_bytes: 9 MiB\n",
            ":2: limits.message_bytes: must be 64 KiB to 8 MiB");
    refused(*state, "limits:\n  message_bytes: 8 MB\n",
            ":2: limits.message_bytes: \"8 MB\" is not a size such as \"8 MiB\"");
    refused(*state, "store:\n  map_size: 20000000 TiB\n",
            ":2: store.map_size: \"20000000 TiB\" is not a size such as \"8 MiB\"");
    refused(*state, "store:\n  journal_keep_days: 30\n",
            ":2: store.journal_keep_days: must be 31 to 36500, or 0");
    refused(*state, "store:\n  partition: 8192\n", ":2: store.partition: must be 0 to 8191");
    refused(*state, "time:\n  utc_offset_minutes: 841\n",
            ":2: time.utc_offset_minutes: must be -720 to 840");
    refused(*state, "time:\n  zone: Asia Shanghai\n",
            ":2: time.zone: \"Asia Shanghai\" is not a zone such as Asia/Shanghai");
    refused(*state, "log:\n  level: loud\n",
            ":2: log.level: \"loud\" is not debug, info, warn or error");
}

static void doors_to_other_machines_are_refused(void **state)
{
    static const char *const outside[] = {
        "tcp://0.0.0.0:54321",       "tcp://*:54321",  "tcp://192.168.1.7:54321",
        "tcp://127.example.org:543", "tcp://[::]:543", "tcp://eth0:54321",
        "tcp://127.1:54321",
    };
    char text[128], expected[256];
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        snprintf(text, sizeof text, "listen:\n  ingest: '%s'\n", outside[i]);
        snprintf(expected, sizeof expected,
                 ":2: listen.ingest: %s can be reached from other machines, which needs keys: name "
                 "keys.principals (docs/security.md), or use "
                 "tcp://127.0.0.1:PORT, tcp://[::1]:PORT or ipc://PATH",
                 outside[i]);
        refused(*state, text, expected);
    }
}

static void doors_that_are_no_addresses_are_refused(void **state)
{
    static const char *const wrong[] = {"54321",
                                        "http://127.0.0.1:80",
                                        "tcp://127.0.0.1",
                                        "tcp://127.0.0.1:0",
                                        "tcp://127.0.0.1:65536",
                                        "tcp://127.0.0.1:54321x",
                                        "tcp://:54321",
                                        "ipc://"};
    char text[128], expected[256];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "listen:\n  feed: '%s'\n", wrong[i]);
        snprintf(expected, sizeof expected,
                 ":2: listen.feed: \"%s\" is not tcp://ADDRESS:PORT or ipc://PATH", wrong[i]);
        refused(*state, text, expected);
    }
    refused(*state, "listen:\n  pub: tcp://127.0.0.1:54321\n",
            ":2: listen.pub: tcp://127.0.0.1:54321 is the address of another door");
}

static void local_doors_are_taken(void **state)
{
    static const char *const local[] = {"tcp://127.0.0.1:1", "tcp://[::1]:65535",
                                        "tcp://localhost:5", "tcp://127.8.9.10:5",
                                        "ipc:///run/hongxin/ingest"};
    char text[128];
    for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
        snprintf(text, sizeof text, "listen: {ingest: '%s', feed: '%s'}\n", local[i], local[i]);
        struct hx_settings s = load(folder_write(*state, "hongxin.yaml", text));
        assert_string_equal(s.ingest, local[i]);
        hx_settings_free(&s);
    }
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    struct folder *f = *state;
    char key[128], expected[256];
    snprintf(key, sizeof key, "%s", folder_write(f, "identity.key", "secret"));
    assert_int_equal(chmod(key, 0640), 0);
    snprintf(expected, sizeof expected, ":2: identity.key_file: %s has mode 0640, it must be 0600",
             key);
    refused(f, "identity:\n  key_file: identity.key\n", expected);
    assert_int_equal(chmod(key, 0600), 0);
    struct hx_settings s =
        load(folder_write(f, "hongxin.yaml", "identity:\n  key_file: identity.key\n"));
    assert_string_equal(s.key_file, key);
    hx_settings_free(&s);
}

static void a_missing_file_is_told(void **state)
{
    struct hx_settings s;
    struct hx_problem problem = {.text = ""};
    char expected[256];
    const char *path = folder_path(*state, "none.yaml");
    snprintf(expected, sizeof expected, "%s: No such file or directory", path);
    assert_int_equal(hx_settings_load(path, &s, &problem), HX_IO);
    assert_string_equal(problem.text, expected);
}

static void sizes_are_read(void **state)
{
    (void)state;
    uint64_t n = 0;
    assert_int_equal(hx_size_parse("65536", &n), HX_OK);
    assert_int_equal(n, 65536);
    assert_int_equal(hx_size_parse("8 MiB", &n), HX_OK);
    assert_int_equal(n, 8 * HX_MIB);
    assert_int_equal(hx_size_parse("1GiB", &n), HX_OK);
    assert_int_equal(n, HX_GIB);
    assert_int_equal(hx_size_parse("7 B", &n), HX_OK);
    assert_int_equal(n, 7);
    assert_int_equal(hx_size_parse("16777216 TiB", &n), HX_INVALID);
    assert_int_equal(hx_size_parse("-1", &n), HX_INVALID);
    assert_int_equal(hx_size_parse("", &n), HX_INVALID);
    assert_int_equal(hx_size_parse("1 GB", &n), HX_INVALID);
    assert_int_equal(hx_size_parse("1.5 GiB", &n), HX_INVALID);
}

/* The property of a "section.name" in the schema for editors. */
static json_t *property(json_t *schema, const char *key)
{
    char section[32];
    size_t n = strcspn(key, ".");
    snprintf(section, sizeof section, "%.*s", (int)n, key);
    json_t *props = json_object_get(json_object_get(schema, "properties"), section);
    return json_object_get(json_object_get(props, "properties"), key + n + 1);
}

static void check_number(json_t *p, const struct hx_settings_number *n)
{
    uint64_t initial = UINT64_MAX;
    json_t *range =
        json_object_get(p, "anyOf") ? json_array_get(json_object_get(p, "anyOf"), 1) : p;
    if (!p)
        fail_msg("%s is not in the schema", n->key);
    if (n->is_size) {
        assert_int_equal(hx_size_parse(json_string_value(json_object_get(p, "default")), &initial),
                         0);
    } else {
        initial = (uint64_t)json_integer_value(json_object_get(p, "default"));
        assert_int_equal(json_integer_value(json_object_get(range, "minimum")), n->least);
        assert_int_equal(json_integer_value(json_object_get(range, "maximum")), n->most);
    }
    assert_int_equal(initial, n->initial);
    assert_non_null(strstr(json_string_value(json_object_get(p, "description")), n->what));
}

/* The schema allows what the daemon allows, and offers every key of the shipped file and no other.
 */
static void the_schema_for_editors_agrees(void **state)
{
    json_t *schema = json_load_file(HX_SOURCE_DIR "/config/schema/hongxin.schema.json", 0, NULL);
    assert_non_null(schema);
    const struct hx_settings_number *n;
    for (size_t i = 0; (n = hx_settings_number(i)); i++)
        check_number(property(schema, n->key), n);

    char text[8192] = "";
    const char *section, *name;
    json_t *props, *p;
    json_object_foreach (json_object_get(schema, "properties"), section, props) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s:\n", section);
        json_object_foreach (json_object_get(props, "properties"), name, p) {
            char *value = json_dumps(json_object_get(p, "default"), JSON_ENCODE_ANY);
            snprintf(text + strlen(text), sizeof text - strlen(text), "  %s: %s\n", name, value);
            free(value);
        }
    }
    struct hx_settings s = load(folder_write(*state, "hongxin.yaml", text));
    struct hx_settings shipped = load(HX_SOURCE_DIR "/config/hongxin.yaml");
    same_settings(&s, &shipped);
    hx_settings_free(&s);
    hx_settings_free(&shipped);
    json_decref(schema);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_left_out_has_its_default),
        TEST(the_shipped_file_states_the_defaults),
        TEST(the_shipped_file_names_every_number),
        TEST(values_are_taken),
        TEST(wrong_keys_and_types_are_refused_with_their_line),
        TEST(numbers_out_of_range_are_refused),
        TEST(doors_to_other_machines_are_refused),
        TEST(doors_that_are_no_addresses_are_refused),
        TEST(local_doors_are_taken),
        TEST(a_key_that_others_may_read_is_refused),
        TEST(a_missing_file_is_told),
        TEST(sizes_are_read),
        TEST(the_schema_for_editors_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
