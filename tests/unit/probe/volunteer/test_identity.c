// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"
#include "base/fs.h"
#include "base/look.h"
#include "probe/volunteer/identity.h"
#include "tests/unit/tmp.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOVEMBER INT64_C(1795478400) /* 2026-11-24 */
#define MONTH    INT64_C(2678400)    /* 31 days */

static char home[64], path[128];
static uint8_t secret[IDENTITY_SECRET_LEN];

static int setup(void **state)
{
    (void)state;
    struct diag d = {""};
    tmp_path(home, sizeof(home), "test_identity_XXXXXX");
    if (!mkdtemp(home)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/parallax/device-secret", home);
    return setenv("XDG_STATE_HOME", home, 1) == 0 &&
                   identity_secret(secret, &d) == ERR_OK
               ? 0
               : -1;
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    return fs_remove_tree(home, &d) == ERR_OK ? 0 : -1;
}

static void turned(int64_t now, uint8_t out[IDENTITY_SECRET_LEN])
{
    struct diag d = {""};
    assert_int_equal(identity_turn(now, out, &d), ERR_OK);
}

static void next(const uint8_t in[IDENTITY_SECRET_LEN],
                 uint8_t out[IDENTITY_SECRET_LEN])
{
    crypto_hmac((struct str){(const char *)in, IDENTITY_SECRET_LEN},
                STR("month"), out);
}

static void within_a_month_the_secret_stays(void **state)
{
    (void)state;
    uint8_t a[IDENTITY_SECRET_LEN], b[IDENTITY_SECRET_LEN];
    struct diag d = {""};
    turned(NOVEMBER, a);
    assert_memory_equal(a, secret, sizeof(a));
    turned(NOVEMBER + 6 * 86400, a);
    assert_memory_equal(a, secret, sizeof(a));
    assert_int_equal(identity_secret(b, &d), ERR_OK);
    assert_memory_equal(b, secret, sizeof(b));
}

static void each_month_it_is_another_and_the_last_is_nowhere(void **state)
{
    (void)state;
    uint8_t a[IDENTITY_SECRET_LEN], want[IDENTITY_SECRET_LEN];
    char was[64];
    struct diag d = {""};
    turned(NOVEMBER, a);
    int old = open(path, O_RDONLY);
    turned(NOVEMBER + MONTH, a);
    next(secret, want);
    assert_memory_equal(a, want, sizeof(a));
    assert_int_equal(identity_secret(a, &d), ERR_OK);
    assert_memory_equal(a, want, sizeof(a));
    ssize_t n = read(old, was, sizeof(was));
    assert_true(n >= IDENTITY_SECRET_LEN);
    for (ssize_t i = 0; i < n; i++) {
        assert_int_equal(was[i], 0);
    }
    close(old);
}

static void what_a_killed_process_left_of_a_secret_goes(void **state)
{
    (void)state;
    uint8_t a[IDENTITY_SECRET_LEN];
    char half[160], was[16];
    struct diag d = {""};
    struct look seen;
    snprintf(half, sizeof(half), "%s.tmp-1-0", path);
    assert_int_equal(fs_write_atomic(half, STR("secret of May"), 0600, &d),
                     ERR_OK);
    int old = open(half, O_RDONLY);
    turned(NOVEMBER, a);
    assert_int_equal(look_link(half, &seen, &d), ERR_NOTFOUND);
    ssize_t n = read(old, was, sizeof(was));
    assert_int_equal(n, 13);
    for (ssize_t i = 0; i < n; i++) {
        assert_int_equal(was[i], 0);
    }
    close(old);
}

static void months_without_a_run_count_too(void **state)
{
    (void)state;
    uint8_t a[IDENTITY_SECRET_LEN], want[IDENTITY_SECRET_LEN];
    turned(NOVEMBER, a);
    turned(NOVEMBER + 3 * MONTH, a); /* February */
    next(secret, want);
    next(want, want);
    next(want, want);
    assert_memory_equal(a, want, sizeof(a));
}

static void
a_clock_that_jumps_turns_nothing_back_and_nothing_wildly(void **state)
{
    (void)state;
    uint8_t a[IDENTITY_SECRET_LEN], now[IDENTITY_SECRET_LEN];
    turned(NOVEMBER, a);
    turned(NOVEMBER + MONTH, now);
    static const int64_t odd[] = {0, NOVEMBER, INT64_C(5000000000),
                                  INT64_C(200000000000)};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        turned(odd[i], a);
        assert_memory_equal(a, now, sizeof(a));
    }
    turned(NOVEMBER + MONTH, a);
    assert_memory_equal(a, now, sizeof(a));
}

static void what_cannot_be_written_is_not_turned(void **state)
{
    (void)state;
    uint8_t a[IDENTITY_SECRET_LEN] = {0};
    struct diag d = {""};
    assert_int_equal(fs_write_atomic(path, STR("short"), 0600, &d), ERR_OK);
    assert_int_equal(identity_turn(NOVEMBER, a, &d), ERR_PARSE);
    assert_int_equal(a[0] | a[31], 0);
    char odd[40];
    memset(odd, 'x', sizeof(odd));
    assert_int_equal(fs_write_atomic(path, (struct str){odd, 39}, 0600, &d),
                     ERR_OK);
    assert_int_equal(identity_turn(NOVEMBER, a, &d), ERR_PARSE);
}

static void the_file_is_its_owners_and_tells_only_a_month(void **state)
{
    (void)state;
    uint8_t a[IDENTITY_SECRET_LEN];
    struct look seen;
    struct buf text;
    struct diag d = {""};
    turned(NOVEMBER, a);
    assert_int_equal(look_link(path, &seen, &d), ERR_OK);
    assert_int_equal(seen.mode, 0600);
    assert_int_equal(seen.bytes, IDENTITY_SECRET_LEN + 7);
    buf_init(&text, 100);
    assert_int_equal(fs_read(path, 100, &text, &d), ERR_OK);
    assert_true(str_ends(buf_str(&text), "2026-11"));
    buf_fini(&text);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(within_a_month_the_secret_stays),
        T(each_month_it_is_another_and_the_last_is_nowhere),
        T(what_a_killed_process_left_of_a_secret_goes),
        T(months_without_a_run_count_too),
        T(a_clock_that_jumps_turns_nothing_back_and_nothing_wildly),
        T(what_cannot_be_written_is_not_turned),
        T(the_file_is_its_owners_and_tells_only_a_month),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
