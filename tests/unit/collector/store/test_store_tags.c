// SPDX-License-Identifier: Apache-2.0
/* The tags of who sent a record, which expire, and what is settled before;
 * files are looked at by their names. */
#include "collector/store/store.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/store/store_fixture.h"

static bool first_tag(void *arg, const struct store_row *row)
{
    str_copy(arg, 33, row->x_probe);
    return false;
}

static bool dir_holds(const struct fixture *f, const char *bytes, size_t len)
{
    char cmd[300], path[128];
    path_of(f, "needle", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
    snprintf(cmd, sizeof(cmd), "LC_ALL=C grep -rqaF -f %s %s --exclude=needle",
             path, f->dir);
    int rc = system(cmd);
    unlink(path);
    return rc == 0;
}

static void tags_expire_after_35_days_without_a_trace(void **state)
{
    struct fixture *f = *state;
    static const char x_probe[] = "41424344454647484950515253545556";
    static const char bytes[] = "ABCDEFGHIPQRSTUV";
    open_store(f, STORE_WRITE);
    struct store_put p = put_of(1, "{}");
    str_copy(p.row.x_probe, 33, x_probe);
    put(f, &p, 1);
    uint8_t key[CRYPTO_KEY_LEN], again[CRYPTO_KEY_LEN];
    assert_int_equal(store_day_key(f->s, p.row.receipt_s, key), ERR_OK);
    assert_int_equal(store_day_key(f->s, p.row.receipt_s, again), ERR_OK);
    assert_memory_equal(key, again, sizeof(key));
    assert_true(dir_holds(f, bytes, 16));
    char tag[33] = "";
    struct store_filter all = {0};
    assert_int_equal(store_expire(f->s, T0 + 35 * DAY, NULL, NULL), ERR_OK);
    assert_int_equal(store_scan(f->s, &all, first_tag, tag), ERR_OK);
    assert_string_equal(tag, x_probe);
    assert_int_equal(store_expire(f->s, T0 + 36 * DAY, NULL, NULL), ERR_OK);
    open_store(f, STORE_WRITE);
    assert_int_equal(store_scan(f->s, &all, first_tag, tag), ERR_OK);
    assert_string_equal(tag, "");
    assert_false(dir_holds(f, bytes, 16));
    assert_false(dir_holds(f, x_probe, 32));
    assert_int_equal(count_of(f->s), 1);
    assert_int_equal(store_day_key(f->s, p.row.receipt_s, again), ERR_OK);
    assert_memory_not_equal(key, again, sizeof(key));
}

struct settling {
    unsigned n, fail_at; /* 0: never */
    int64_t days[64];
};

static enum err settle(void *arg, struct store *s, int64_t day)
{
    struct settling *t = arg;
    char tag[33] = "";
    struct store_filter all = {0};
    assert_true(t->n < 64);
    t->days[t->n++] = day;
    if (t->n == t->fail_at) {
        return ERR_IO;
    }
    assert_int_equal(store_scan(s, &all, first_tag, tag), ERR_OK);
    assert_int_equal(strlen(tag), 32); /* they are there still */
    return store_settle(s, day, STR("counts\n"));
}

static void days_are_settled_before_their_tags_go(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    uint8_t key[CRYPTO_KEY_LEN];
    for (unsigned day = 3; day-- > 0;) {
        struct store_put p = put_of(day, "{}");
        p.row.receipt_s += day * DAY;
        str_copy(p.row.x_probe, 33, "41424344454647484950515253545556");
        put(f, &p, 1);
        /* who measured the day before sent it now */
        assert_int_equal(store_day_key(f->s, p.row.receipt_s - DAY, key),
                         ERR_OK);
    }
    struct buf got;
    buf_init(&got, 100);
    struct settling failing = {.fail_at = 2}, rest = {0}, none = {0};
    assert_int_equal(store_settled(f->s, T0 / DAY - 1, &got), ERR_NOTFOUND);
    assert_int_equal(store_expire(f->s, T0 + 37 * DAY, settle, &failing),
                     ERR_IO);
    assert_int_equal(failing.n, 2);
    assert_int_equal(store_expire(f->s, T0 + 37 * DAY, settle, &rest), ERR_OK);
    /* from all that may have been sent on the first day to the second, but for
     * the one that is settled already */
    assert_int_equal(failing.days[0], T0 / DAY - STORE_TAG_DAYS);
    assert_int_equal(rest.n, STORE_TAG_DAYS + 1);
    for (unsigned i = 0; i < rest.n; i++) {
        assert_int_equal(rest.days[i], T0 / DAY - STORE_TAG_DAYS + 1 + i);
    }
    assert_int_equal(store_expire(f->s, T0 + 37 * DAY, settle, &none), ERR_OK);
    assert_int_equal(none.n, 0);
    /* nothing changes it */
    assert_int_equal(store_settle(f->s, T0 / DAY, STR("others")), ERR_EXISTS);
    open_store(f, STORE_READ);
    assert_int_equal(store_settled(f->s, T0 / DAY, &got), ERR_OK);
    assert_true(str_eq_c(buf_str(&got), "counts\n"));
    assert_int_equal(store_settle(f->s, T0, STR("x")), ERR_INVAL);
    buf_fini(&got);
}

static void tags_of_an_earlier_version_are_found_by_the_hash(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put p = put_of(1, "{}");
    str_copy(p.row.x_probe, 33, "00112233445566778899aabbccddeeff");
    put(f, &p, 1);
    char path[128];
    path_of(f, "sidecar/2026-11-01.tags", path);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, p.row.hash, 16, 0), 16);
    close(fd);
    open_store(f, STORE_READ);
    char tag[33] = "";
    struct store_filter all = {0};
    assert_int_equal(store_scan(f->s, &all, first_tag, tag), ERR_OK);
    assert_string_equal(tag, "00112233445566778899aabbccddeeff");
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(tags_of_an_earlier_version_are_found_by_the_hash),
        T(tags_expire_after_35_days_without_a_trace),
        T(days_are_settled_before_their_tags_go),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
