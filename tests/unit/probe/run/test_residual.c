// SPDX-License-Identifier: Apache-2.0
/* Which failures the cut of another site at the same address explains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/run/residual.h"

#define S       INT64_C(1000000)
#define WINDOW  (180 * S)
#define TIMEOUT "generic_timeout_error"
#define RESET   "connection_reset"

static struct residual *cuts;

static int setup(void **state)
{
    (void)state;
    cuts = residual_new(WINDOW);
    return cuts ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    residual_free(cuts);
    return 0;
}

static struct ip address(const char *text)
{
    struct ip ip;
    assert_true(ip_parse(str_c(text), &ip));
    return ip;
}

/* A measurement with one connection: connected after 1 s or failed after 10 s,
 * its handshake ended after 11 s. */
struct flow {
    struct obs_tcp tcp;
    struct obs_tls tls;
    struct obs_http http;
    struct measurement m;
};

static void flow(struct flow *f, const char *ip, const char *tcp,
                 const char *tls, const char *http)
{
    *f = (struct flow){
        .tcp = {.t0 = 0,
                .t = tcp ? 10 * S : S,
                .ip = address(ip),
                .port = 443,
                .failure = tcp,
                .id = 50001},
        .tls = {.t0 = S, .t = 11 * S, .failure = tls, .id = 50001},
        .http = {.t = 11 * S, .failure = http, .id = 50001}};
    f->m.tcp = &f->tcp;
    f->m.n_tcp = 1;
    f->m.tls = &f->tls;
    f->m.n_tls = tcp ? 0 : 1;
    f->m.http = &f->http;
    f->m.n_http = tcp || tls ? 0 : 1;
}

static void cut_off(const char *host, const char *ip, int64_t began)
{
    struct flow f;
    flow(&f, ip, NULL, RESET, NULL);
    residual_note(cuts, host, &f.m, began, false);
}

static bool explained(const char *host, const struct flow *f, int64_t began)
{
    struct stuck stuck[RESIDUAL_STUCK];
    size_t n = residual_stuck(&f->m, began, stuck);
    return residual_explain(cuts, host, stuck, n);
}

static void no_connection_after_another_was_cut_off(void **state)
{
    (void)state;
    struct flow f;
    cut_off("a.test", "192.0.2.1", 100 * S); /* said at 101 s */
    flow(&f, "192.0.2.1", TIMEOUT, NULL, NULL);
    assert_true(explained("b.test", &f, 102 * S));
    assert_true(explained("b.test", &f, 280 * S));
    assert_false(explained("b.test", &f, 281 * S)); /* over */
    assert_true(explained("b.test", &f, 92 * S));   /* in the middle of it */
    assert_false(explained("b.test", &f, 90 * S));  /* failed before */
    assert_false(explained("a.test", &f, 102 * S)); /* its own doing */
    flow(&f, "192.0.2.2", TIMEOUT, NULL, NULL);
    assert_false(explained("b.test", &f, 102 * S)); /* elsewhere */
    flow(&f, "192.0.2.1", "connection_refused", NULL, NULL);
    assert_true(explained("b.test", &f, 102 * S));
    flow(&f, "192.0.2.1", "timed_out", NULL, NULL); /* by the kernel */
    assert_true(explained("b.test", &f, 102 * S));
    flow(&f, "192.0.2.1", "network_unreachable", NULL, NULL);
    assert_false(explained("b.test", &f, 102 * S)); /* of this line */
}

static void what_was_cut_off_too_is_explained(void **state)
{
    static const char *const failures[] = {TIMEOUT, RESET, "eof_error",
                                           "timed_out", "connection_aborted"};

    (void)state;
    struct flow f;
    cut_off("a.test", "192.0.2.1", 100 * S);
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        flow(&f, "192.0.2.1", NULL, failures[i], NULL);
        assert_true(explained("b.test", &f, 95 * S));
        assert_true(explained("b.test", &f, 200 * S));
        assert_false(explained("b.test", &f, 89 * S));
        assert_false(explained("b.test", &f, 282 * S));
        flow(&f, "192.0.2.1", NULL, NULL, failures[i]);
        assert_true(explained("b.test", &f, 95 * S));
    }
    flow(&f, "192.0.2.1", NULL, "ssl_invalid_hostname", NULL);
    assert_false(explained("b.test", &f, 200 * S)); /* somebody answered */
    flow(&f, "192.0.2.1", NULL, NULL, NULL);
    assert_false(explained("b.test", &f, 200 * S));
}

/* The handshakes of a comparison say names, too, and get stuck as others do. */
static void comparisons_count(void **state)
{
    (void)state;
    struct obs_compare said = {.named = true,
                               .ip = address("192.0.2.1"),
                               .port = 443,
                               .t0 = 0,
                               .connected = S,
                               .t = 11 * S,
                               .failure = RESET};
    struct measurement m = {.compare = &said, .n_compare = 1};
    struct flow f;
    flow(&f, "192.0.2.1", TIMEOUT, NULL, NULL);
    said.named = false; /* that is no name to cut */
    residual_note(cuts, "a.test", &m, 100 * S, false);
    assert_false(explained("b.test", &f, 102 * S));
    said.named = true;
    residual_note(cuts, "a.test", &m, 100 * S, false);
    assert_true(explained("b.test", &f, 102 * S));
    assert_false(explained("b.test", &f, 281 * S));
    assert_false(explained("a.test", &f, 102 * S));

    struct stuck stuck[RESIDUAL_STUCK];
    assert_int_equal(residual_stuck(&m, 102 * S, stuck), 1);
    assert_true(residual_explain(cuts, "b.test", stuck, 1));
    said.failure = NULL;
    assert_int_equal(residual_stuck(&m, 102 * S, stuck), 0);
}

static void a_forged_page_is_no_better(void **state)
{
    (void)state;
    struct flow f;
    cut_off("a.test", "192.0.2.1", 100 * S);
    flow(&f, "192.0.2.1", NULL, NULL, NULL);
    f.http.status = 200; /* in cleartext, without any header */
    assert_true(explained("b.test", &f, 110 * S));
    f.http.n_headers = 1;
    assert_false(explained("b.test", &f, 110 * S));
    f.http.n_headers = 0;
    f.http.alpn = "h2";
    assert_false(explained("b.test", &f, 110 * S));
}

static void an_address_that_answers_is_open(void **state)
{
    (void)state;
    struct flow f;
    struct ip ip = address("192.0.2.1"), other = address("192.0.2.2");
    cut_off("a.test", "192.0.2.1", 100 * S);
    flow(&f, "192.0.2.1", NULL, RESET, NULL);
    residual_open(cuts, &other, 110 * S);
    assert_true(explained("b.test", &f, 111 * S));
    residual_open(cuts, &ip, 110 * S);
    assert_false(explained("b.test", &f, 111 * S));
    assert_true(explained("b.test", &f, 105 * S)); /* before it did */
    cut_off("a.test", "192.0.2.1", 120 * S);
    assert_true(explained("b.test", &f, 122 * S)); /* and again */
}

static void only_a_name_that_was_said_sets_it_off(void **state)
{
    (void)state;
    struct flow f, stuck;
    flow(&stuck, "192.0.2.1", TIMEOUT, NULL, NULL);
    residual_note(cuts, "a.test", &stuck.m, 100 * S, false);
    assert_false(explained("b.test", &stuck, 110 * S));
    flow(&f, "192.0.2.1", NULL, NULL, NULL); /* all was well */
    residual_note(cuts, "a.test", &f.m, 100 * S, false);
    assert_false(explained("b.test", &stuck, 110 * S));
    residual_note(cuts, "a.test", &f.m, 100 * S, true); /* a forged page */
    assert_true(explained("b.test", &stuck, 110 * S));
}

static void waiting_lasts_until_the_last_cut_is_over(void **state)
{
    (void)state;
    struct flow f;
    struct stuck stuck[RESIDUAL_STUCK];
    size_t where = 7;
    struct ip ip = address("192.0.2.1");
    flow(&f, "192.0.2.1", TIMEOUT, NULL, NULL);
    size_t n = residual_stuck(&f.m, 110 * S, stuck);
    assert_int_equal(n, 1);
    assert_int_equal(stuck[0].port, 443);
    assert_int_equal(residual_until(cuts, "b.test", stuck, n, 120 * S, &where),
                     0);
    assert_int_equal(where, 7);
    cut_off("a.test", "192.0.2.1", 100 * S);
    cut_off("c.test", "192.0.2.1", 130 * S);
    cut_off("b.test", "192.0.2.1", 140 * S);
    cut_off("d.test", "192.0.2.9", 150 * S);
    assert_int_equal(residual_until(cuts, "b.test", stuck, n, 160 * S, &where),
                     311 * S);
    assert_int_equal(where, 0);
    assert_int_equal(residual_until(cuts, "b.test", stuck, n, 311 * S, &where),
                     0);
    residual_open(cuts, &ip, 170 * S);
    assert_int_equal(residual_until(cuts, "b.test", stuck, n, 170 * S, &where),
                     0);
}

static void without_a_window_nothing_is_explained_later(void **state)
{
    (void)state;
    struct flow f;
    residual_free(cuts);
    cuts = residual_new(0);
    assert_non_null(cuts);
    cut_off("a.test", "192.0.2.1", 100 * S);
    flow(&f, "192.0.2.1", TIMEOUT, NULL, NULL);
    assert_false(explained("b.test", &f, 102 * S));
}

/* More than can be remembered: nobody is accused for want of memory. */
static void what_cannot_be_kept_explains_everything(void **state)
{
    (void)state;
    struct flow f;
    flow(&f, "198.51.100.7", TIMEOUT, NULL, NULL);
    for (int i = 0; i < 40000; i++) {
        cut_off("a.test", "192.0.2.1", 100 * S);
    }
    assert_true(explained("b.test", &f, 102 * S));
    flow(&f, "198.51.100.7", NULL, NULL, NULL);
    assert_false(explained("b.test", &f, 102 * S)); /* not stuck at all */
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(no_connection_after_another_was_cut_off),
        T(what_was_cut_off_too_is_explained),
        T(comparisons_count),
        T(a_forged_page_is_no_better),
        T(an_address_that_answers_is_open),
        T(only_a_name_that_was_said_sets_it_off),
        T(waiting_lasts_until_the_last_cut_is_over),
        T(without_a_window_nothing_is_explained_later),
        T(what_cannot_be_kept_explains_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
