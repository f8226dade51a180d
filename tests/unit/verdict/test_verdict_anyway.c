// SPDX-License-Identifier: Apache-2.0
/* Handshakes that are cut off whatever name stands in them, and those that are
 * for one name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict/rules.h"
#include "verdict_record.h"

#define TIMEOUT "generic_timeout_error"
#define RESET   "connection_reset"

/* The handshake got no answer here, and succeeded for the control. */
static void cut_off(const char *failure)
{
    system_dns(RIGHT);
    https_flow(50001, RIGHT, NULL, failure);
    good_control();
}

enum way {
    FINE,    /* a page */
    SHUT,    /* a connection, and no handshake */
    UNHEARD, /* no connection */
    ALERTED  /* an answer that refuses the handshake */
};

/* A transfer, with the site's name, without, or (OTHER) with another. */
enum name {
    BARE,
    NAMED,
    OTHER_NAME
};

static const char *transfers = "";

static void transfer(enum name name, enum way way, const char *cut)
{
    static int64_t id = 150001;
    const char *how = way == FINE      ? NULL
                      : way == ALERTED ? "unknown_failure: remote error: tls: "
                                         "handshake failure"
                                       : cut;
    transfers = region_printf(
        region,
        "%s%s{\"address\":\"" RIGHT ":443\",\"named\":%s,%s\"connected\":%s,"
        "\"secured\":%s,\"t\":9,\"status\":%d,\"bytes\":%d,\"trusted\":true,"
        "\"failure\":%s,\"transaction_id\":%d}",
        transfers, transfers[0] ? "," : "", name == NAMED ? "true" : "false",
        name == OTHER_NAME ? "\"other_name\":\"www.example.test\"," : "",
        way == UNHEARD ? "0" : "0.1", way == FINE ? "0.2" : "0",
        way == FINE && name != OTHER_NAME ? 200 : 0,
        way == FINE && name != OTHER_NAME ? PAGE_LEN : 0, failure(how),
        (int)id++);
    assert_non_null(transfers);
}

static const char *entries = "";

/* One more further measurement. */
static void further(const char *kind, const char *flags, const char *keys)
{
    entries = region_printf(region, "%s%s{\"kind\":\"%s\",%s\"test_keys\":%s}",
                            entries, entries[0] ? "," : "", kind, flags, keys);
    assert_non_null(entries);
    extra = region_printf(region, "\"x_retest\":[%s],", entries);
    assert_non_null(extra);
}

static void compare_as(const char *kind, const char *flags)
{
    const char *keys = region_printf(region, "{\"x_compare\":[%s]}", transfers);
    assert_non_null(keys);
    further(kind, flags, keys);
    transfers = "";
}

/* A comparison of these, and nothing else. */
static void compare(const char *flags)
{
    entries = "";
    compare_as("compare", flags);
}

/* The site again: as it is now. */
static const char *site_keys(void)
{
    extra = "";
    char *text = record_text();
    assert_non_null(text);
    char *keys = strstr(text, "\"test_keys\":");
    assert_non_null(keys);
    text[strlen(text) - 1] = '\0';
    return keys + strlen("\"test_keys\":");
}

static void sides(enum way named, enum way bare, enum way other,
                  const char *cut)
{
    for (int i = 0; i < 3; i++) {
        transfer(NAMED, named, cut);
        transfer(BARE, bare, cut);
    }
    transfer(OTHER_NAME, other, cut);
}

/* Nothing is taken back; it has to be measured again, as ever. */
static void expect_open(void)
{
    struct verdict v = verdict_now();
    expect(X_INCONCLUSIVE, "-", rules_name(rules_of(NOTE_ONCE_CHANCE)));
    assert_true(v.want_again);
    assert_null(v.want_compare);
}

static void who_stays_silent_is_asked_without_the_name(void **state)
{
    (void)state;
    cut_off(TIMEOUT);
    expect(X_BLOCKED, "tls", "tls_timeout_control_succeeds");
    struct verdict v = verdict_now();
    assert_non_null(v.want_compare);
    assert_string_equal(v.want_compare, RIGHT);
    assert_true(v.want_again);
}

/* A server that is silent to this network, a way that loses large packets. */
static void silence_whatever_the_name_accuses_nobody(void **state)
{
    (void)state;
    cut_off(TIMEOUT);
    sides(SHUT, SHUT, SHUT, TIMEOUT);
    compare("\"silent\":true,");
    expect(X_INCONCLUSIVE, "-", "cut_off_whatever_the_name");
    struct verdict v = verdict_now();
    assert_true(v.want_again); /* when what a name may have set off is over */
    assert_true(v.n_alternatives > 0);
    transfer(BARE, SHUT, TIMEOUT);
    compare_as("unnamed", "");
    expect(X_INCONCLUSIVE, "-", "cut_off_whatever_the_name");
    assert_false(verdict_now().want_again); /* it was not the name */
    /* fewer are enough: nobody waits out the same silence seven times */
    transfer(BARE, SHUT, TIMEOUT);
    transfer(NAMED, SHUT, TIMEOUT);
    transfer(BARE, SHUT, TIMEOUT);
    compare("");
    expect(X_INCONCLUSIVE, "-", "cut_off_whatever_the_name");
    /* one without the name may be chance */
    transfer(BARE, SHUT, TIMEOUT);
    transfer(NAMED, SHUT, TIMEOUT);
    compare("");
    expect_open();
}

/* The twin: without the name the server answers. Another measurement is wanted
 * all the same: a server that cuts off every second connection may have done so
 * in turns. */
static void silence_for_one_name_is_found(void **state)
{
    (void)state;
    cut_off(TIMEOUT);
    const char *again = site_keys();
    sides(SHUT, FINE, FINE, TIMEOUT);
    compare("");
    expect_open();
    further("again", "", again);
    expect(X_BLOCKED, "tls", "cut_off_with_its_name_only");
    struct verdict v = verdict_now();
    assert_false(v.want_again);
    assert_true(v.confidence > 0.9);
    sides(SHUT, FINE, FINE, TIMEOUT);
    compare("\"silent\":true,");
    expect_open();
}

/* A censor who shuts the port for a while after a name, a server that refuses
 * whoever names nobody: nothing is taken back, and it is measured again. */
static void what_says_nothing_takes_nothing_back(void **state)
{
    static const enum way bare[] = {UNHEARD, ALERTED};

    (void)state;
    cut_off(TIMEOUT);
    for (size_t i = 0; i < 2; i++) {
        sides(i ? SHUT : UNHEARD, bare[i], bare[i], TIMEOUT);
        compare("");
        expect_open();
    }
}

/* A reset is compared where other names' pages came from there. */
static void a_reset_whatever_the_name_is_a_limit(void **state)
{
    (void)state;
    cut_off(RESET);
    const char *run = "\"x_run\":{\"pages\":[{\"address\":\"" RIGHT
                      ":443\",\"pages\":0,\"others\":3}]},";
    sides(SHUT, SHUT, SHUT, RESET);
    compare("");
    extra = region_printf(region, "%s%s", run, extra);
    assert_non_null(extra);
    expect(X_INCONCLUSIVE, "-", "cut_off_whatever_the_name");
    /* the twin: a censor beside the others */
    const char *again = site_keys();
    sides(SHUT, FINE, FINE, RESET);
    compare("\"silent\":true,");
    further("again", "", again);
    extra = region_printf(region, "%s%s", run, extra);
    assert_non_null(extra);
    expect(X_BLOCKED, "tls", "cut_off_with_its_name_only");
    assert_false(verdict_now().want_again);
}

/* A censor who, having heard the name, shuts the address for a while: when that
 * is over it opens without a name, and is cut off again with it. */
static void an_address_that_its_name_shuts_is_blocked(void **state)
{
    (void)state;
    cut_off(TIMEOUT);
    const char *again = site_keys();
    sides(SHUT, SHUT, SHUT, TIMEOUT);
    compare("");
    const char *before = entries;
    transfer(BARE, FINE, NULL);
    compare_as("unnamed", "");
    assert_true(verdict_now().want_again);
    further("again", "", again);
    expect(X_BLOCKED, "tls", "tls_timeout_control_succeeds");
    assert_false(verdict_now().want_again);
    /* nobody has asked whether it is open: it may be anything */
    entries = before;
    further("again", "", again);
    expect(X_INCONCLUSIVE, "-", "cut_off_whatever_the_name");
}

/* Each handshake with the name succeeded: what is cut off later is not meant
 * for it, nor was what was cut off before. */
static void a_name_that_was_let_through_accuses_nobody(void **state)
{
    (void)state;
    cut_off(TIMEOUT);
    const char *again = site_keys();
    sides(FINE, FINE, FINE, NULL);
    compare("");
    further("again", "", again);
    expect(X_INCONCLUSIVE, "-", "second_measurement_differs");
    assert_false(verdict_now().want_again);
}

/* A server that is silent in turns: to the name at times, and without it. The
 * twins: no silence without the name; never a word with it. */
static void silence_in_turns_is_not_the_names(void **state)
{
    static const enum way named[] = {FINE, SHUT, FINE, SHUT};

    static const enum way bare[] = {SHUT, FINE, FINE, SHUT};

    (void)state;
    cut_off(TIMEOUT);
    const char *again = site_keys();
    for (size_t i = 0; i < 4; i++) {
        for (int k = 0; k < 3; k++) {
            transfer(NAMED, k == 0 ? named[i] : SHUT, TIMEOUT);
            transfer(BARE, k == 0 ? bare[i] : FINE, TIMEOUT);
        }
        compare("");
        if (i == 0) {
            expect(X_INCONCLUSIVE, "-", "cut_off_whatever_the_name");
            assert_false(verdict_now().want_again);
            further("again", "", again);
            expect(X_INCONCLUSIVE, "-", "cut_off_whatever_the_name");
        } else {
            expect_open();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            who_stays_silent_is_asked_without_the_name, setup, teardown),
        cmocka_unit_test_setup_teardown(
            silence_whatever_the_name_accuses_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(silence_for_one_name_is_found, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(silence_in_turns_is_not_the_names,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_says_nothing_takes_nothing_back,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_reset_whatever_the_name_is_a_limit,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            an_address_that_its_name_shuts_is_blocked, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_name_that_was_let_through_accuses_nobody, setup, teardown),
    };
    return cmocka_run_group_tests_name("anyway", tests, NULL, NULL);
}
