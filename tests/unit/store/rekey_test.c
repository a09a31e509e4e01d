/* The change of the identity key where it was left half done, or meets rows that are damaged. How
 * it goes through any kill is in person_test.c. */
#include "store/impl.h"
#include "store/key.h"
#include "unit/store/fixture.h"

#include <string.h>

enum { PERSONS = 3, ROW_MAX = 256 };

static const uint8_t new_key[HX_IDENTITY_KEY_SIZE] = {0xA7};

/* A row of the store as it was. */
struct row {
    uint8_t bytes[ROW_MAX];
    size_t size;
};

static struct key person_key(uint64_t number)
{
    struct key k = {.size = 0};
    key_add64(&k, number);
    memset(k.bytes + k.size, 0, 4); /* party 0 */
    k.size += 4;
    return k;
}

static MDB_val meta(const char *name)
{
    return val_of(name, strlen(name));
}

static void copy_row(struct fx *fx, const char *table, MDB_val key, struct row *out)
{
    struct fx_raw r;
    MDB_dbi dbi;
    MDB_val value;
    fx_raw_begin(fx, &r);
    assert_int_equal(mdb_dbi_open(r.txn, table, 0, &dbi), 0);
    assert_int_equal(mdb_get(r.txn, dbi, &key, &value), 0);
    assert_true(value.mv_size <= sizeof out->bytes);
    memcpy(out->bytes, value.mv_data, value.mv_size);
    out->size = value.mv_size;
    fx_raw_end(&r);
}

static void save_persons(struct fx *fx)
{
    fx_begin(fx);
    for (uint64_t n = 1; n <= PERSONS; n++)
        assert_int_equal(hx_store_person_save(fx->st, n, 0, (const uint8_t *)"Wang", 4), HX_OK);
    fx_commit(fx);
}

static void change_key(struct fx *fx)
{
    fx->options.identity_key = new_key;
    fx->options.previous_key = fx->key;
    fx_reopen(fx);
}

static int load(struct fx *fx, uint64_t number)
{
    uint8_t buf[HX_PERSON_PLAIN_MAX];
    size_t size;
    int err = hx_store_person_load(fx->st, number, 0, buf, sizeof buf, &size);
    if (!err)
        assert_true(size == 4 && memcmp(buf, "Wang", 4) == 0);
    return err;
}

/* The former key opens nothing any more. */
static void is_changed(struct fx *fx)
{
    struct hx_store *st;
    fx_close(fx);
    fx->options.previous_key = NULL;
    fx->options.identity_key = fx->key;
    assert_int_equal(hx_store_open(&fx->options, &st, fx->problem), HX_MISMATCH);
    fx->options.identity_key = new_key;
    fx_reopen(fx);
}

/* As after a kill between two steps: the rows up to the second are under the new key, the others
 * and what the store is known by under the former one. `told` says whether the step had been
 * written down, without which all rows are looked at again. */
static void half_done(struct fx *fx, bool told)
{
    struct row identity, salt, last;
    const struct key second = person_key(2), third = person_key(3);
    save_persons(fx);
    copy_row(fx, "meta", meta("identity"), &identity);
    copy_row(fx, "meta", meta("salt"), &salt);
    copy_row(fx, "person", key_val(&third), &last);
    change_key(fx);
    fx_raw_row(fx, "meta", meta("identity"), identity.bytes, identity.size);
    fx_raw_row(fx, "meta", meta("salt"), salt.bytes, salt.size);
    fx_raw_row(fx, "person", key_val(&third), last.bytes, last.size);
    if (told)
        fx_raw_row(fx, "meta", meta("rekey"), second.bytes, second.size);
}

static void a_change_goes_on_where_it_stopped(void **unused)
{
    (void)unused;
    for (int told = 0; told < 2; told++) {
        void *state;
        fx_setup(&state);
        struct fx *fx = state;
        half_done(fx, told);
        change_key(fx);
        for (uint64_t n = 1; n <= PERSONS; n++)
            assert_int_equal(load(fx, n), HX_OK);
        is_changed(fx);
        for (uint64_t n = 1; n <= PERSONS; n++)
            assert_int_equal(load(fx, n), HX_OK);
        fx_teardown(&state);
    }
}

/* Whatever is written over the second row: it stays as it is, and the others are under the new key.
 * Before, one short row kept the daemon from ever starting with the new key. */
static void a_damaged_identity_keeps_no_other(void **unused)
{
    static const uint8_t noise[HX_PERSON_PLAIN_MAX + 300] = {1, 2, 3};
    static const size_t sizes[] = {0, 5, 112, 113, 200, sizeof noise};
    (void)unused;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        void *state;
        const struct key second = person_key(2);
        fx_setup(&state);
        struct fx *fx = state;
        save_persons(fx);
        fx_raw_row(fx, "person", key_val(&second), noise, sizes[i]);
        fx_raw_row(fx, "person", (MDB_val){3, (char[]){"\1\1\1"}}, noise, 200); /* no case's */
        change_key(fx);
        assert_int_equal(load(fx, 1), HX_OK);
        assert_int_equal(load(fx, 2), HX_CORRUPT);
        assert_int_equal(load(fx, 3), HX_OK);
        is_changed(fx);
        fx_teardown(&state);
    }
}

/* Made before there was a salt: digests go on under the identity key of that time. */
static void a_store_without_a_salt_keeps_its_digests(void **unused)
{
    (void)unused;
    for (int with_change = 0; with_change < 2; with_change++) {
        void *state;
        fx_setup(&state);
        struct fx *fx = state;
        const uint8_t *first = fx->key;
        save_persons(fx);
        fx_raw_row(fx, "meta", meta("salt"), NULL, 0);
        if (with_change)
            change_key(fx);
        else
            fx_reopen(fx);
        assert_memory_equal(hx_store_salt(fx->st), first, HX_IDENTITY_KEY_SIZE);
        fx_reopen(fx);
        assert_memory_equal(hx_store_salt(fx->st), first, HX_IDENTITY_KEY_SIZE);
        fx_teardown(&state);
    }
}

/* Neither the key of the store nor the former one. */
static void a_former_key_that_is_none_is_refused(void **state)
{
    static const uint8_t another[HX_IDENTITY_KEY_SIZE] = {0x11};
    struct fx *fx = *state;
    fx_close(fx);
    fx->options.identity_key = new_key;
    fx->options.previous_key = another;
    assert_int_equal(fx_try_open(fx), HX_MISMATCH);
    assert_non_null(strstr(fx->problem, "identity key"));
}

/* Whoever only looks changes no key, and is told that his is not the store's. */
static void who_only_looks_changes_no_key(void **state)
{
    struct fx *fx = *state;
    save_persons(fx);
    fx_close(fx);
    fx->options.readonly = true;
    fx->options.identity_key = new_key;
    fx->options.previous_key = fx->key;
    assert_int_equal(fx_try_open(fx), HX_MISMATCH);
    fx->options.identity_key = fx->key;
    fx_reopen(fx);
    assert_int_equal(load(fx, 1), HX_OK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_goes_on_where_it_stopped),
        cmocka_unit_test(a_damaged_identity_keeps_no_other),
        cmocka_unit_test(a_store_without_a_salt_keeps_its_digests),
        T(a_former_key_that_is_none_is_refused),
        T(who_only_looks_changes_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
