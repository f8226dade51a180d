// SPDX-License-Identifier: Apache-2.0
/* The signature of a control's answer is good for one record. */
#include "collector/store/store.h"

#include "collector/store/segment_frame.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/store/store_fixture.h"

#define SIG_1 "00112233445566778899aabbccddee01"
#define SIG_2 "00112233445566778899aabbccddee02"
#define SIG_3 "00112233445566778899aabbccddee03"

/* Record `n`, whose control's answers have these names. */
static struct store_put signed_put(unsigned n, const char *signatures)
{
    struct store_put p = put_of(n, "{\"signed\":1}");
    p.row.signatures = signatures;
    return p;
}

static bool count_verified(void *arg, const struct store_row *row)
{
    *(unsigned *)arg += row->control_verified ? 1 : 0;
    return true;
}

static void assert_verified(struct fixture *f, unsigned want)
{
    unsigned n = 0;
    struct store_filter all = {0};
    assert_int_equal(store_scan(f->s, &all, count_verified, &n), ERR_OK);
    assert_int_equal(n, want);
}

static void a_signature_is_good_once(void **state)
{
    struct fixture *f = *state;
    struct diag d;
    open_store(f, STORE_WRITE);
    /* of two in one batch the first has it */
    struct store_put race[2] = {signed_put(1, SIG_1), signed_put(2, SIG_1)};
    put(f, race, 2);
    assert_verified(f, 1);
    /* none of those of a record may be another's, and then it gets none */
    struct store_put both = signed_put(3, SIG_2 "," SIG_1);
    put(f, &both, 1);
    struct store_put own = signed_put(4, SIG_2 "," SIG_3);
    put(f, &own, 1);
    assert_verified(f, 2);
    /* the same content under another place, days later, in another run */
    open_store(f, STORE_WRITE);
    struct store_put moved = signed_put(1, SIG_1);
    moved.row.asn++;
    moved.row.receipt_s += 9 * DAY;
    put(f, &moved, 1);
    struct store_put late = signed_put(5, SIG_3);
    put(f, &late, 1);
    assert_verified(f, 3);
    /* and an index made again gives each to the same one */
    store_close(f->s);
    f->s = NULL;
    assert_int_equal(store_rebuild(f->dir, false, &f->s, &d), ERR_OK);
    assert_verified(f, 3);
    struct store_put again = signed_put(6, SIG_1);
    put(f, &again, 1);
    assert_verified(f, 3);
}

/* A batch that was not stored leaves its signatures to who comes next. */
static void what_was_not_stored_has_no_signature(void **state)
{
    struct fixture *f = *state;
    struct diag d;
    open_store(f, STORE_WRITE);
    size_t big = SEGMENT_RECORD_MAX + 1;
    char *huge = calloc(1, big);
    assert_non_null(huge);
    struct store_put bad[2] = {signed_put(1, SIG_1), signed_put(2, SIG_2)};
    bad[1].record = (struct str){huge, big};
    assert_int_equal(store_put(f->s, bad, 2, &d), ERR_LIMIT);
    free(huge);
    struct store_put next = signed_put(3, SIG_1);
    put(f, &next, 1);
    assert_verified(f, 1);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_signature_is_good_once),
        T(what_was_not_stored_has_no_signature),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
