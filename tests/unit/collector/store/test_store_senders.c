// SPDX-License-Identifier: Apache-2.0
/* Who sent a record, sent it again or vouches for it. */
#include "collector/store/store.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/store/store_fixture.h"

static void who_vouches_later_takes_the_place_of_the_record(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put a = put_of(1, "{\"a\":1}"), b = put_of(1, "{\"b\":1}"),
                     c = put_of(1, "{\"c\":1}");
    a.row.timing = b.row.timing = TIMING_OLD;
    b.row.vouched = "ooni";
    c.row.vouched = "other";
    put(f, &a, 1);
    put(f, &b, 1);
    assert_true(b.duplicate && b.newly_vouched);
    assert_string_equal(b.row.uid, a.row.uid);
    assert_record(f->s, a.row.uid, "{\"b\":1}");
    struct store_filter all = {0};
    assert_int_equal(store_scan(f->s, &all, compare_row, &b), ERR_OK);
    put(f, &c, 1); /* once is enough */
    put(f, &a, 1); /* and nobody takes it away */
    assert_true(c.duplicate && !c.newly_vouched && !a.newly_vouched);
    store_close(f->s);
    f->s = NULL;
    remove_index(f);
    open_store(f, STORE_WRITE);
    assert_int_equal(count_of(f->s), 1);
    assert_record(f->s, a.row.uid, "{\"b\":1}");
    assert_int_equal(store_scan(f->s, &all, compare_row, &b), ERR_OK);
}

struct tagged {
    unsigned n;
    char cc[4][3], x_probe[4][33], source[4][33];
};

static bool take_tagged(void *arg, const struct store_row *row)
{
    struct tagged *t = arg;
    assert_true(t->n < 4);
    memcpy(t->cc[t->n], row->cc, 3);
    memcpy(t->x_probe[t->n], row->x_probe, 33);
    memcpy(t->source[t->n], row->source_tag, 33);
    t->n++;
    return true;
}

static void a_copy_under_another_place_has_its_own_sender(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    static const char *const places[] = {"TM", "IR", "KZ"};
    for (unsigned i = 0; i < 3; i++) { /* one content, three claims */
        struct store_put p = put_of(1, "{}");
        str_copy(p.row.cc, 3, places[i]);
        if (i < 2) {
            snprintf(p.row.x_probe, 33, "%032u", i + 1);
            snprintf(p.row.source_tag, 33, "%032u", i + 11);
        }
        put(f, &p, 1);
    }
    struct tagged t = {0};
    struct store_filter all = {0};
    assert_int_equal(store_scan(f->s, &all, take_tagged, &t), ERR_OK);
    assert_int_equal(t.n, 3);
    for (unsigned i = 0; i < 3; i++) {
        char x_probe[33] = "", source[33] = "";
        unsigned k = strcmp(t.cc[i], "TM") == 0   ? 1
                     : strcmp(t.cc[i], "IR") == 0 ? 2
                                                  : 0;
        if (k > 0) {
            snprintf(x_probe, 33, "%032u", k);
            snprintf(source, 33, "%032u", k + 10);
        }
        assert_string_equal(t.x_probe[i], x_probe);
        assert_string_equal(t.source[i], source);
    }
}

/* As somebody sends record 1; `who` 0: from nowhere. */
static struct store_put sent_by(unsigned who, int place, bool inferred)
{
    struct store_put p = put_of(1, inferred ? "{\"i\":1}" : "{}");
    p.row.place = place;
    p.row.inferred_location = inferred;
    p.row.receipt_s += who * INT64_C(90000);
    if (who > 0) {
        snprintf(p.row.x_probe, 33, "%032u", who);
        snprintf(p.row.source_tag, 33, "%032u", who + 10);
    }
    return p;
}

/* Texts live as long as the call; this one is looked at later. */
static bool take_row(void *arg, const struct store_row *row)
{
    static char vouched[32];
    struct store_row *out = arg;
    str_copy(vouched, sizeof(vouched), row->vouched);
    *out = *row;
    out->vouched = vouched;
    return false;
}

static struct store_row only_row(struct fixture *f)
{
    struct store_row row = {.uid = ""};
    struct store_filter all = {0};
    assert_int_equal(count_of(f->s), 1);
    assert_int_equal(store_scan(f->s, &all, take_row, &row), ERR_OK);
    return row;
}

static void who_sends_a_record_again_is_known_beside_the_first(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (unsigned who = 1; who <= 9; who++) {
        for (unsigned times = 0; times < 3; times++) {
            struct store_put p = sent_by(who, PLACE_UNCHECKED, false);
            put(f, &p, 1);
            assert_int_equal(p.duplicate, who > 1 || times > 0);
        }
    }
    struct store_put none = sent_by(0, PLACE_UNCHECKED, false),
                     old = sent_by(9, PLACE_UNCHECKED, false);
    old.row.timing = TIMING_OLD;
    put(f, &none, 1);
    put(f, &old, 1);
    assert_true(!none.another && !old.another);
    open_store(f, STORE_WRITE);
    struct store_row row = only_row(f);
    assert_in_range(row.n_others, STORE_OTHERS_MAX - 1, STORE_OTHERS_MAX);
    for (unsigned i = 0; i < row.n_others; i++) {
        assert_string_not_equal(row.others[i].source_tag, row.source_tag);
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(row.others[i].source_tag,
                                    row.others[k].source_tag);
        }
    }
}

/* Who filed a copy first, from elsewhere or without a place, gives way to who
 * comes from there; nobody gives way to one who fits no better. */
static void a_copy_that_fits_better_stands_in_its_place(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put a = sent_by(1, PLACE_DISAGREES, false),
                     b = sent_by(2, PLACE_UNCHECKED, true),
                     c = sent_by(3, PLACE_UNCHECKED, false),
                     d = sent_by(4, PLACE_AGREES, false),
                     e = sent_by(5, PLACE_AGREES, true),
                     g = sent_by(6, PLACE_UNCHECKED, false);
    a.row.source_tag[0] = '\0'; /* as ingest has it */
    put(f, &a, 1);
    put(f, &b, 1);
    assert_true(b.duplicate && b.fits_better);
    assert_record(f->s, a.row.uid, "{\"i\":1}");
    put(f, &c, 1);
    put(f, &d, 1);
    assert_true(c.fits_better && d.fits_better);
    put(f, &e, 1);
    put(f, &g, 1);
    assert_true(e.duplicate && g.duplicate && !e.fits_better && !g.fits_better);
    for (int lost = 0; lost < 2; lost++) {
        struct store_row row = only_row(f);
        assert_string_equal(row.uid, a.row.uid);
        assert_int_equal(row.place, PLACE_AGREES);
        assert_false(row.inferred_location);
        assert_int_equal(row.receipt_s, a.row.receipt_s);
        assert_int_equal(row.n_others, 4); /* not a's */
        assert_record(f->s, a.row.uid, "{\"i\":1}");
        store_close(f->s);
        f->s = NULL;
        remove_index(f);
        open_store(f, STORE_WRITE);
    }
}

/* Network 100 is the first one's, in words, too. */
static bool look_at_texts(void *arg, const struct store_row *row)
{
    bool stays = row->asn == 100;
    ++*(unsigned *)arg;
    assert_string_equal(row->network_name, stays ? "net" : "evil");
    assert_string_equal(row->report_id, stays ? "rid" : "erid");
    assert_int_equal(row->place, PLACE_AGREES);
    return true;
}

/* Two copies of a record may differ in what is no part of its content. What the
 * first one has there stays: the word of who fits better is about the place.
 * But who comes from elsewhere cannot have the true one's bytes by being first.
 */
static void who_fits_better_does_not_change_the_bytes(void **state)
{
    struct fixture *f = *state;
    static const int first[] = {PLACE_UNCHECKED, PLACE_DISAGREES};
    static const char *const bytes[] = {"{\"true\":1}", "{\"x_evil\":1}"};
    char uids[2][UID_MAX];
    open_store(f, STORE_WRITE);
    for (unsigned i = 0; i < 2; i++) {
        struct store_put a = sent_by(1, first[i], false),
                         b = sent_by(2, PLACE_AGREES, false);
        a.row.asn = b.row.asn = 100 + i;
        a.record = STR("{\"true\":1}");
        a.row.network_name = "net";
        a.row.report_id = "rid";
        b.record = STR("{\"x_evil\":1}");
        b.row.network_name = "evil";
        b.row.report_id = "erid";
        put(f, &a, 1);
        put(f, &b, 1);
        assert_true(b.fits_better);
        assert_string_equal(b.row.uid, a.row.uid);
        str_copy(uids[i], sizeof(uids[i]), a.row.uid);
    }
    for (int lost = 0; lost < 2; lost++) {
        struct store_filter all = {0};
        unsigned n = 0;
        assert_int_equal(store_scan(f->s, &all, look_at_texts, &n), ERR_OK);
        assert_int_equal(n, 2);
        for (unsigned i = 0; i < 2; i++) {
            assert_record(f->s, uids[i], bytes[i]);
        }
        store_close(f->s);
        f->s = NULL;
        remove_index(f);
        open_store(f, STORE_WRITE);
    }
}

/* What somebody vouches for stays known as those who sent it knew it. */
static void who_vouches_takes_no_observer_away(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put a = sent_by(1, PLACE_AGREES, false),
                     b = sent_by(0, PLACE_UNCHECKED, false);
    b.row.receipt_s += 20 * DAY;
    b.row.vouched = "archive";
    put(f, &a, 1);
    put(f, &b, 1);
    assert_true(b.newly_vouched);
    struct store_row row = only_row(f);
    assert_string_equal(row.vouched, "archive");
    assert_string_equal(row.source_tag, a.row.source_tag);
    assert_int_equal(row.place, PLACE_AGREES);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(who_vouches_later_takes_the_place_of_the_record),
        T(a_copy_under_another_place_has_its_own_sender),
        T(who_sends_a_record_again_is_known_beside_the_first),
        T(a_copy_that_fits_better_stands_in_its_place),
        T(who_fits_better_does_not_change_the_bytes),
        T(who_vouches_takes_no_observer_away),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
