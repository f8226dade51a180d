// SPDX-License-Identifier: Apache-2.0
/* What a control that is asked later says stands beside the record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store_fixture.h"

#define SAID                                                                   \
    "{\"asked\":\"x\",\"age\":60,\"x_control_request\":{},\"control\":{}}"

/* Two records, of which the first is judged anew. */
static struct store_put judged_late(struct fixture *f)
{
    struct diag d = {{0}};
    open_store(f, STORE_WRITE);
    struct store_put p[2] = {put_of(0, "{\"record\":0}"),
                             put_of(1, "{\"record\":1}")};
    p[0].row.state = p[1].row.state = X_INCONCLUSIVE;
    put(f, p, 2);
    struct store_row row = p[0].row;
    row.state = X_BLOCKED;
    row.method = "tls";
    row.late_s = T0 + 60;
    row.late_control = SAID;
    assert_int_equal(store_late(f->s, &row, &d), ERR_OK);
    return p[0];
}

struct seen {
    unsigned rows, blocked, late;
};

static bool see(void *arg, const struct store_row *row)
{
    struct seen *s = arg;
    s->rows++;
    s->blocked += row->state == X_BLOCKED && strcmp(row->method, "tls") == 0;
    s->late += row->late_s == T0 + 60 && strcmp(row->late_control, SAID) == 0;
    return true;
}

static void assert_seen(struct fixture *f, const struct store_put *p)
{
    struct seen s = {0};
    struct store_filter all = {0};
    struct buf b;
    assert_int_equal(store_scan(f->s, &all, see, &s), ERR_OK);
    assert_int_equal(s.rows, 2);
    assert_int_equal(s.blocked, 1);
    assert_int_equal(s.late, 1);
    assert_record(f->s, p->row.uid, "{\"record\":0}");
    buf_init(&b, 4096);
    assert_int_equal(store_late_of(f->s, p->row.uid, &b), ERR_OK);
    assert_int_equal(b.len, strlen(SAID));
    assert_memory_equal(b.p, SAID, b.len);
    buf_fini(&b);
    struct store_stats st = stats_of(f->s);
    assert_int_equal(st.measurements, 2);
    assert_int_equal(st.by_state[X_BLOCKED], 1);
    assert_int_equal(st.by_state[X_INCONCLUSIVE], 1);
    store_stats_fini(&st);
}

static void the_record_and_its_uid_stay(void **state)
{
    struct fixture *f = *state;
    struct store_put p = judged_late(f);
    assert_seen(f, &p);
}

static void an_index_made_again_knows_it(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    struct store_put p = judged_late(f);
    store_close(f->s);
    f->s = NULL;
    remove_index(f);
    assert_int_equal(store_rebuild(f->dir, false, &f->s, &d), ERR_OK);
    assert_seen(f, &p);
}

static void who_has_no_answer_has_none(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    struct buf b;
    open_store(f, STORE_WRITE);
    struct store_put p = put_of(0, "{\"record\":0}");
    put(f, &p, 1);
    buf_init(&b, 4096);
    assert_int_equal(store_late_of(f->s, p.row.uid, &b), ERR_NOTFOUND);
    assert_int_equal(store_late_of(f->s, "nobody", &b), ERR_NOTFOUND);
    assert_int_equal(b.len, 0);
    buf_fini(&b);
    struct store_put other = put_of(7, "{}");
    str_copy(other.row.uid, sizeof(other.row.uid), "nobody");
    assert_int_equal(store_late(f->s, &other.row, &d), ERR_NOTFOUND);
}

/* Another copy came meanwhile, with another place: the answer was about the
 * one before. */
static void what_was_replaced_since_stays(void **state)
{
    struct fixture *f = *state;
    struct diag d = {{0}};
    open_store(f, STORE_WRITE);
    struct store_put p = put_of(0, "{\"record\":0}");
    put(f, &p, 1);
    struct store_row row = p.row;
    row.place = PLACE_UNCHECKED;
    row.late_s = T0;
    assert_int_equal(store_late(f->s, &row, &d), ERR_EXISTS);
    struct store_put again = put_of(0, "{\"record\":0}");
    put(f, &again, 1); /* and the store still takes records */
    assert_true(again.duplicate);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(the_record_and_its_uid_stay),
        T(an_index_made_again_knows_it),
        T(who_has_no_answer_has_none),
        T(what_was_replaced_since_stays),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
