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

static enum err compare(const char *list, enum compared *speed, struct ids *ids,
                        struct diag *d)
{
    struct json_doc *doc = NULL;
    enum err e = json_parse(str_c(list), NULL, &doc, d);
    assert_int_equal(e, ERR_OK);
    e = judge_sni(json_root(doc), 2, where, &control, speed, ids, d);
    json_doc_free(doc);
    return e;
}

static enum compared compared_now(void)
{
    enum compared speed = COMPARED_UNKNOWN;
    struct ids ids = {.n = 0};
    struct diag d = {""};
    static char list[65536];
    snprintf(list, sizeof(list), "[" STR_FMT "]", STR_ARG(buf_str(&text)));
    assert_int_equal(compare(list, &speed, &ids, &d), ERR_OK);
    buf_clear(&text);
    return speed;
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
    assert_int_equal(compared_now(), COMPARED_UNKNOWN);
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
        enum compared speed = COMPARED_STALLS;
        struct ids ids = {.n = 0};
        struct diag d = {""};
        assert_int_equal(compare(cases[i].list, &speed, &ids, &d), ERR_PARSE);
        if (!strstr(d.text, cases[i].says)) {
            fail_msg("\"%s\" does not say \"%s\"", d.text, cases[i].says);
        }
        assert_int_equal(speed, COMPARED_STALLS); /* untouched */
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
        T(what_never_connected_says_nothing),
        T(another_page_without_the_name_says_nothing),
        T(without_the_page_of_the_control_nothing_is_said),
        T(hostile_numbers_say_nothing),
        T(mistyped_keys_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
