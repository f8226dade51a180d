// SPDX-License-Identifier: Apache-2.0
/* Throttling: pages compared with and without the site's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "verdict/judge_sni.h"
#include <stdio.h>
#include <string.h>

static struct buf text;
static struct vcontrol control; /* what it got */
static const char *where;       /* the address it is about; NULL: any */
static const char *went;        /* the address in the list */
static int64_t silent_at;       /* as last judged */

static int setup(void **state)
{
    (void)state;
    buf_init(&text, 1 << 20);
    control = (struct vcontrol){.status = 200, .body_length = 40000};
    where = went = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&text);
    return 0;
}

/* A transfer that took `seconds` after its handshake; 64 KiB at most. */
static void add(bool named, double seconds, int status, int bytes,
                const char *failure)
{
    buf_printf(
        &text,
        "%s{\"address\":%s%s%s,\"named\":%s,\"connected\":1,\"secured\":1.5,\"t\":%.9g,\"status\":%d,"
        "\"bytes\":%d,\"truncated\":%s,\"failure\":%s%s%s,"
        "\"transaction_id\":%u}",
        text.len ? "," : "", went ? "\"" : "", went ? went : "null",
        went ? "\"" : "", named ? "true" : "false", 1.5 + seconds, status,
        bytes, bytes >= 65536 ? "true" : "false", failure ? "\"" : "",
        failure ? failure : "null", failure ? "\"" : "",
        50000 + (unsigned)text.len);
}

static void pairs(int n, double with, double without)
{
    for (int i = 0; i < n; i++) {
        add(true, with, 200, 40000, NULL);
        add(false, without, 200, 40000, NULL);
    }
}

static enum err compare(const char *list, struct comparison *c, struct diag *d)
{
    struct json_doc *doc = NULL;
    enum err e = json_parse(str_c(list), NULL, &doc, d);
    assert_int_equal(e, ERR_OK);
    e = judge_sni(json_root(doc), 2, where, &control, c, d);
    json_doc_free(doc);
    return e;
}

static enum compared compared_now(void)
{
    struct comparison c = {.what = COMPARED_UNKNOWN};
    struct diag d = {""};
    static char list[65536];
    snprintf(list, sizeof(list), "[" STR_FMT "]", STR_ARG(buf_str(&text)));
    assert_int_equal(compare(list, &c, &d), ERR_OK);
    buf_clear(&text);
    silent_at = c.bytes;
    return c.what;
}

static void three_times_slower_every_time_is_throttling(void **state)
{
    (void)state;
    pairs(3, 4.0, 0.5);
    assert_int_equal(compared_now(), COMPARED_SLOW);
    pairs(3, 1.6, 0.5); /* just above three times */
    assert_int_equal(compared_now(), COMPARED_SLOW);
    pairs(2, 4.0, 0.5); /* once it was not so */
    pairs(1, 0.5, 0.5);
    assert_int_equal(compared_now(), COMPARED_SAME);
    pairs(3, 1.4, 0.5);
    assert_int_equal(compared_now(), COMPARED_SAME);
    pairs(3, 0.5, 4.0); /* the other way round */
    assert_int_equal(compared_now(), COMPARED_SAME);
}

static void another_address_says_nothing(void **state)
{
    (void)state;
    where = "192.0.2.1";
    went = "192.0.2.1:443";
    pairs(3, 4.0, 0.5);
    assert_int_equal(compared_now(), COMPARED_SLOW);
    went = "192.0.2.2:443";
    pairs(3, 4.0, 0.5);
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
    went = "nowhere";
    pairs(3, 4.0, 0.5);
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
}

static void what_is_quick_is_not_throttled(void **state)
{
    (void)state;
    pairs(3, 0.6, 0.1);
    assert_int_equal(compared_now(), COMPARED_SAME);
}

static void too_few_say_nothing(void **state)
{
    (void)state;
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
    pairs(2, 4.0, 0.5);
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
    for (int i = 0; i < 6; i++) {
        add(true, 4.0, 200, 40000, NULL);
    }
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
}

static void what_only_ends_without_the_name_stalls(void **state)
{
    (void)state;
    control.body_length = 200000;
    for (int i = 0; i < 3; i++) {
        add(true, 10, 200, 15000, "generic_timeout_error");
        add(false, 0.5, 200, 65536, NULL);
    }
    assert_int_equal(compared_now(), COMPARED_STALLS);
    for (int i = 0; i < 3; i++) { /* some slow, some cut off */
        add(true, i ? 10 : 8, 200, i ? 30000 : 65536,
            i ? "generic_timeout_error" : NULL);
        add(false, 0.5, 200, 65536, NULL);
    }
    assert_int_equal(compared_now(), COMPARED_SLOW);
}

static void what_fails_without_the_name_too_is_a_slow_server(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        add(true, 10, 200, 2000, "generic_timeout_error");
        add(false, 10, 200, 2000, i ? "generic_timeout_error" : "eof_error");
    }
    assert_int_equal(compared_now(), COMPARED_SAME);
}

static void a_server_that_wants_a_name_says_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        add(true, 10, 200, 2000, "generic_timeout_error");
        add(false, 0.5, 421, 300, NULL);
    }
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
    for (int i = 0; i < 3; i++) {
        add(true, 10, 200, 2000, "generic_timeout_error");
        add(false, 0.5, 200, 300, i ? NULL : "ssl_invalid_hostname");
    }
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
}

/* A name whose handshake never ends is blocked, not throttled. */
static void without_any_handshake_it_is_no_throttling(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        buf_printf(
            &text,
            "%s{\"named\":true,\"connected\":1,\"secured\":0,\"t\":10,\"failure\":"
            "\"generic_timeout_error\"}",
            text.len ? "," : "");
        add(false, 0.5, 200, 40000, NULL);
    }
    assert_int_equal(compared_now(), COMPARED_CUT);
}

/* A reset that is sent to the server reaches it before or after its handshake;
 * what is slowed down is not reset. */
static void what_is_reset_with_its_name_only_is_cut_off(void **state)
{
    static const char *const ways[] = {"connection_reset", "eof_error"};

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        for (int i = 0; i < 3; i++) {
            add(true, 0.1, 0, 0, ways[k]);
            add(false, 0.5, 200, 40000, NULL);
        }
        assert_int_equal(compared_now(), COMPARED_CUT);
    }
    for (int i = 0; i < 3; i++) { /* once by a reset, twice by silence */
        add(true, 10, 200, 9000, i ? "generic_timeout_error" : ways[0]);
        add(false, 0.5, 200, 40000, NULL);
    }
    assert_int_equal(compared_now(), COMPARED_STALLS);
    for (int i = 0; i < 3; i++) { /* the twin: so does the nameless */
        add(true, 0.1, 0, 0, ways[0]);
        add(false, 0.1, 0, 0, ways[0]);
    }
    assert_int_equal(compared_now(), COMPARED_SAME);
}

/* One that falls silent `silence` seconds before its end. */
static void stalled(bool named, int received, double silence)
{
    buf_printf(&text,
               "%s{\"named\":%s,\"connected\":1,\"secured\":1.5,\"t\":11.5,"
               "\"last\":%.9g,\"received\":%d,\"status\":200,\"bytes\":9000,"
               "\"failure\":\"generic_timeout_error\"}",
               text.len ? "," : "", named ? "true" : "false", 11.5 - silence,
               received);
}

static void silence_after_as_many_bytes_is_a_freeze(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        stalled(true, 16384 + i * 1400, 9);
        stalled(false, 17000, 9);
    }
    assert_int_equal(compared_now(), COMPARED_FROZEN);
    assert_int_equal(silent_at, 16384);
    for (int i = 0; i < 3; i++) { /* for the name alone */
        stalled(true, 16384, 9);
        add(false, 0.5, 200, 40000, NULL);
    }
    assert_int_equal(compared_now(), COMPARED_STALLS);
    assert_int_equal(silent_at, 16384);
    for (int i = 0; i < 3; i++) { /* a slow server never falls silent */
        stalled(true, 5000, 0.2);
        stalled(false, 5000, 0.2);
    }
    assert_int_equal(compared_now(), COMPARED_SAME);
    assert_int_equal(silent_at, 0);
    for (int i = 0; i < 3; i++) { /* a bad line falls silent anywhere */
        stalled(true, 16384 + i * 9000, 9);
        stalled(false, 17000, 9);
    }
    assert_int_equal(compared_now(), COMPARED_SAME);
    for (int i = 0; i < 3; i++) {
        stalled(true, 17000, 9);
        stalled(false, 60000, 9);
    }
    assert_int_equal(compared_now(), COMPARED_SAME);
}

/* Handshakes: a failure, or a certificate with the SHA-256 `leaf`. */
static void shaken(bool named, const char *other, const char *failure,
                   const char *leaf)
{
    bool cert = strcmp(leaf, "null") != 0;
    buf_printf(&text,
               "%s{\"address\":\"192.0.2.1:443\",\"named\":%s,"
               "\"other_name\":%s,\"connected\":1,\"secured\":%d,\"t\":2,"
               "\"trusted\":%s,\"certificate\":%s,\"failure\":%s}",
               text.len ? "," : "", named ? "true" : "false", other,
               strcmp(failure, "null") == 0, cert ? "true" : "false", leaf,
               failure);
}

#define ALERT_40  "\"unknown_failure: remote error: tls: handshake failure\""
#define ALERT_112 "\"ssl_invalid_hostname\""
#define OTHER     "\"www.example.test\""
#define THEIRS    "\"00ff\""

static enum compared alerts(const char *alert, const char *bare_failure,
                            const char *bare_leaf, const char *other_failure)
{
    for (int i = 0; i < 3; i++) {
        shaken(true, "null", alert, "null");
        shaken(false, "null", bare_failure, bare_leaf);
    }
    if (other_failure) {
        shaken(false, OTHER, other_failure,
               strcmp(other_failure, "null") == 0 ? "\"0102\"" : "null");
    }
    return compared_now();
}

static void
an_alert_for_the_name_alone_is_told_from_an_unknown_name(void **state)
{
    struct json_doc *doc = NULL;

    (void)state;
    assert_int_equal(
        json_parse(STR("{\"192.0.2.1:443\":\"00FF\"}"), NULL, &doc, NULL),
        ERR_OK);
    /* the server there shakes hands for another name, or has the site's
     * certificate */
    assert_int_equal(alerts(ALERT_40, "null", "\"0102\"", "null"),
                     COMPARED_ALERT);
    assert_int_equal(alerts(ALERT_112, "null", "\"0102\"", "null"),
                     COMPARED_ALERT);
    control.certificates = json_root(doc);
    assert_int_equal(alerts(ALERT_40, "null", THEIRS, ALERT_40),
                     COMPARED_ALERT);
    /* an edge that does not know the name refuses any that it does not know */
    assert_int_equal(alerts(ALERT_40, "null", "\"0102\"", ALERT_40),
                     COMPARED_UNKNOWN);
    assert_int_equal(alerts(ALERT_40, "null", "\"0102\"", NULL),
                     COMPARED_UNKNOWN);
    /* a server that demands something else refuses all */
    assert_int_equal(alerts(ALERT_40, ALERT_40, "null", ALERT_40),
                     COMPARED_UNKNOWN);
    /* a certificate for another name is no alert */
    for (int i = 0; i < 3; i++) {
        shaken(true, "null", ALERT_112, "\"0102\"");
        shaken(false, "null", "null", THEIRS);
    }
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
    json_doc_free(doc);
}

static void cut_in_handshake(bool named, const char *failure)
{
    buf_printf(&text,
               "%s{\"address\":\"192.0.2.1:443\",\"named\":%s,\"connected\":1,"
               "\"secured\":0,\"t\":2,\"status\":0,\"bytes\":0,"
               "\"failure\":\"%s\",\"transaction_id\":%u}",
               text.len ? "," : "", named ? "true" : "false", failure,
               50000 + (unsigned)text.len);
}

/* The control has no page, so nothing can be said of pages. */
static void handshakes_alone_tell_who_is_cut_off_by_name(void **state)
{
    static const char *const ways[] = {"connection_reset", "eof_error",
                                       "generic_timeout_error"};

    (void)state;
    control.status = 0;
    control.body_length = -1;
    for (size_t k = 0; k < 3; k++) {
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 3; i++) {
                cut_in_handshake(true, ways[k]);
                if (round == 1 && i == 1) {
                    cut_in_handshake(false, ways[k]);
                } else {
                    shaken(false, "null", "null", "\"0102\"");
                }
            }
            if (round < 2) {
                shaken(false, OTHER, "null", "\"0102\"");
            }
            /* once without the name as well: chance; no other name is taken:
             * it may be a machine that does not know this one */
            assert_int_equal(compared_now(),
                             round == 0 ? COMPARED_CUT : COMPARED_UNKNOWN);
        }
    }
}

/* This device does not know who vouches for the site's own certificate. */
static void the_controls_own_certificate_is_no_forgery(void **state)
{
    static const char untrusted[] = "\"ssl_unknown_authority\"";
    struct json_doc *doc = NULL;

    (void)state;
    assert_int_equal(
        json_parse(STR("{\"192.0.2.1:443\":\"00ff\"}"), NULL, &doc, NULL),
        ERR_OK);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            shaken(true, "null", untrusted, THEIRS);
            shaken(false, "null", "null", "\"0102\"");
        }
        assert_int_equal(compared_now(),
                         round ? COMPARED_UNKNOWN : COMPARED_FORGED);
        control.certificates = json_root(doc);
    }
    json_doc_free(doc);
}

/* Whoever cut off a connection that did not stand yet had heard no name. */
static void what_never_connected_says_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        add(true, 10, 200, 2000, "generic_timeout_error");
        add(false, 0.5, 200, 40000, NULL);
    }
    buf_printf(&text, ",{\"named\":true,\"connected\":0,\"secured\":0,\"t\":10,"
                      "\"failure\":\"generic_timeout_error\"}");
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
}

/* Behind one address a nameless visitor may meet another server: a quick page
 * of its own says nothing of the slow one. */
static void another_page_without_the_name_says_nothing(void **state)
{
    static const struct {
        int bytes, status;
        enum compared speed;
    } bare[] = {
        {612, 200, COMPARED_UNKNOWN},   {27000, 200, COMPARED_UNKNOWN},
        {29000, 200, COMPARED_STALLS},  {40000, 200, COMPARED_STALLS},
        {57000, 200, COMPARED_STALLS},  {58000, 200, COMPARED_UNKNOWN},
        {70000, 200, COMPARED_UNKNOWN}, {40000, 206, COMPARED_UNKNOWN},
        {40000, 404, COMPARED_UNKNOWN}, {0, 204, COMPARED_UNKNOWN},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(bare) / sizeof(*bare); k++) {
        for (int i = 0; i < 3; i++) {
            add(true, 10, 0, 0, "generic_timeout_error");
            add(false, 0.1, bare[k].status, bare[k].bytes, NULL);
        }
        assert_int_equal(compared_now(), bare[k].speed);
    }
    pairs(3, 4.0, 0.5); /* the slow one is another page than the control's */
    add(true, 9.0, 200, 612, NULL);
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
}

static void without_the_page_of_the_control_nothing_is_said(void **state)
{
    static const int64_t lengths[] = {-1, 0, INT64_MIN};

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        control.body_length = lengths[i];
        pairs(3, 4.0, 0.5);
        assert_int_equal(compared_now(), COMPARED_UNKNOWN);
    }
    control = (struct vcontrol){.status = 503, .body_length = 40000};
    pairs(3, 4.0, 0.5);
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
}

static void hostile_numbers_say_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        add(true, -5, 200, 40000, NULL);
        add(false, 1e300, 200, 2147483647, NULL);
    }
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
    for (int i = 0; i < 3; i++) {
        add(true, 4, 200, -1, NULL);
        add(false, 0, 200, 0, NULL);
    }
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
}

static void mistyped_keys_are_named(void **state)
{
    static const struct {
        const char *list, *says;
    } cases[] = {
        {"{}", "test_keys.x_retest[2].x_compare: want an array"},
        {"[1]", "x_compare[0]: want an object"},
        {"[{},{\"named\":1}]", "x_compare[1].named: want a boolean"},
        {"[{\"failure\":7}]", "x_compare[0].failure: want a failure string"},
        {"[{\"t\":\"x\"}]", "x_compare[0].t: want a number"},
        {"[{\"bytes\":1.5}]", "x_compare[0].bytes: want an integer"},
        {"[{\"trusted\":1}]", "x_compare[0].trusted: want a boolean"},
        {"[{\"truncated\":0}]", "x_compare[0].truncated: want a boolean"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct comparison c = {.what = COMPARED_STALLS};
        struct diag d = {""};
        assert_int_equal(compare(cases[i].list, &c, &d), ERR_PARSE);
        if (!strstr(d.text, cases[i].says)) {
            fail_msg("\"%s\" does not say \"%s\"", d.text, cases[i].says);
        }
        assert_int_equal(c.what, COMPARED_STALLS); /* untouched */
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(three_times_slower_every_time_is_throttling),
        T(another_address_says_nothing),
        T(what_is_quick_is_not_throttled),
        T(too_few_say_nothing),
        T(what_only_ends_without_the_name_stalls),
        T(what_fails_without_the_name_too_is_a_slow_server),
        T(a_server_that_wants_a_name_says_nothing),
        T(without_any_handshake_it_is_no_throttling),
        T(what_is_reset_with_its_name_only_is_cut_off),
        T(silence_after_as_many_bytes_is_a_freeze),
        T(handshakes_alone_tell_who_is_cut_off_by_name),
        T(an_alert_for_the_name_alone_is_told_from_an_unknown_name),
        T(the_controls_own_certificate_is_no_forgery),
        T(what_never_connected_says_nothing),
        T(another_page_without_the_name_says_nothing),
        T(without_the_page_of_the_control_nothing_is_said),
        T(hostile_numbers_say_nothing),
        T(mistyped_keys_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
