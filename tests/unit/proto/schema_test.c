/* The schema may grow; what is there stays. proto/schema.lock holds a line for every field and
 * every enum value that was ever published. This test fails when one of them changes its number or
 * type or is gone. New fields are right, and belong into the lock: the test says so, and `ninja
 * schema-lock` (this program with --extend) appends them. */
#include "hongxin/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LOCK_PATH HX_SOURCE_DIR "/proto/schema.lock"

enum { LINES_MAX = 2000, LINE_MAX_ = 160, TYPES_MAX = 200 };

struct lines {
    char text[LINES_MAX][LINE_MAX_];
    size_t n;
};

static struct lines schema, lock;
static const void *visited[TYPES_MAX];
static size_t n_visited;

static bool visit(const void *type)
{
    for (size_t i = 0; i < n_visited; i++)
        if (visited[i] == type)
            return false;
    assert_true(n_visited < TYPES_MAX);
    visited[n_visited++] = type;
    return true;
}

/* "hongxin.v1.Hello.From" without the package. */
static const char *local(const char *name)
{
    return name + strlen("hongxin.v1.");
}

static char *next_line(struct lines *l)
{
    assert_true(l->n < LINES_MAX);
    return l->text[l->n++];
}

static void add_enum(const ProtobufCEnumDescriptor *type)
{
    if (!visit(type))
        return;
    for (unsigned i = 0; i < type->n_values; i++)
        snprintf(next_line(&schema), LINE_MAX_, "%s.%s = %d", local(type->name),
                 type->values[i].name, type->values[i].value);
}

static const char *type_name(const ProtobufCFieldDescriptor *f)
{
    static const char *const names[] = {
        [PROTOBUF_C_TYPE_INT32] = "int32",       [PROTOBUF_C_TYPE_SINT32] = "sint32",
        [PROTOBUF_C_TYPE_SFIXED32] = "sfixed32", [PROTOBUF_C_TYPE_INT64] = "int64",
        [PROTOBUF_C_TYPE_SINT64] = "sint64",     [PROTOBUF_C_TYPE_SFIXED64] = "sfixed64",
        [PROTOBUF_C_TYPE_UINT32] = "uint32",     [PROTOBUF_C_TYPE_FIXED32] = "fixed32",
        [PROTOBUF_C_TYPE_UINT64] = "uint64",     [PROTOBUF_C_TYPE_FIXED64] = "fixed64",
        [PROTOBUF_C_TYPE_FLOAT] = "float",       [PROTOBUF_C_TYPE_DOUBLE] = "double",
        [PROTOBUF_C_TYPE_BOOL] = "bool",         [PROTOBUF_C_TYPE_STRING] = "string",
        [PROTOBUF_C_TYPE_BYTES] = "bytes",
    };
    if (f->type == PROTOBUF_C_TYPE_MESSAGE)
        return local(((const ProtobufCMessageDescriptor *)f->descriptor)->name);
    if (f->type == PROTOBUF_C_TYPE_ENUM)
        return local(((const ProtobufCEnumDescriptor *)f->descriptor)->name);
    return names[f->type];
}

static const char *label_name(const ProtobufCFieldDescriptor *f)
{
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return " repeated";
    return f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF ? " oneof" : "";
}

static void add_message(const ProtobufCMessageDescriptor *type)
{
    if (!visit(type))
        return;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &type->fields[i];
        snprintf(next_line(&schema), LINE_MAX_, "%s.%s = %u %s%s", local(type->name), f->name,
                 f->id, type_name(f), label_name(f));
    }
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            add_message(type->fields[i].descriptor);
        else if (type->fields[i].type == PROTOBUF_C_TYPE_ENUM)
            add_enum(type->fields[i].descriptor);
    }
}

/* Everything that travels or is stored hangs on these. */
static void read_schema(void)
{
    add_message(&hongxin__v1__event__descriptor);
    add_message(&hongxin__v1__entry__descriptor);
    add_message(&hongxin__v1__request__descriptor);
    add_message(&hongxin__v1__response__descriptor);
}

static void read_lock(void)
{
    char line[LINE_MAX_];
    FILE *file = fopen(LOCK_PATH, "r");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line && *line != '#')
            snprintf(next_line(&lock), LINE_MAX_, "%s", line);
    }
    fclose(file);
}

static bool holds(const struct lines *l, const char *line)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->text[i], line) == 0)
            return true;
    return false;
}

/* The line of the same name, whatever stands behind the "=". */
static const char *same_name(const struct lines *l, const char *line)
{
    size_t n = strcspn(line, "=") + 1;
    for (size_t i = 0; i < l->n; i++)
        if (strncmp(l->text[i], line, n) == 0)
            return l->text[i];
    return NULL;
}

static void test_nothing_published_has_changed(void **state)
{
    (void)state;
    unsigned changed = 0;
    assert_true(lock.n > 0);
    for (size_t i = 0; i < lock.n; i++) {
        if (holds(&schema, lock.text[i]))
            continue;
        const char *now = same_name(&schema, lock.text[i]);
        print_error("published: %s\n      now: %s\n", lock.text[i], now ? now : "(gone)");
        changed++;
    }
    if (changed)
        fail_msg("%u fields or values changed: clients and stores out there cannot read this. "
                 "Give the new thing a new number and name.",
                 changed);
}

static void test_what_is_new_is_in_the_lock(void **state)
{
    (void)state;
    unsigned added = 0;
    for (size_t i = 0; i < schema.n; i++) {
        if (holds(&lock, schema.text[i]) || same_name(&lock, schema.text[i]))
            continue;
        print_error("new: %s\n", schema.text[i]);
        added++;
    }
    if (added)
        fail_msg("%u new fields or values, which is fine: run `ninja schema-lock` and commit "
                 "proto/schema.lock with them",
                 added);
}

static int extend(void)
{
    FILE *file = fopen(LOCK_PATH, "a");
    if (!file)
        return 1;
    for (size_t i = 0; i < schema.n; i++)
        if (!holds(&lock, schema.text[i]) && !same_name(&lock, schema.text[i]))
            fprintf(file, "%s\n", schema.text[i]);
    return fclose(file) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_published_has_changed),
        cmocka_unit_test(test_what_is_new_is_in_the_lock),
    };
    read_schema();
    read_lock();
    if (argc == 2 && strcmp(argv[1], "--extend") == 0)
        return extend();
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
