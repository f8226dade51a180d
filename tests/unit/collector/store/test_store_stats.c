// SPDX-License-Identifier: Apache-2.0
/* What a store counts, which is what counting its rows gives. */
#include "collector/store/store.h"

#include "collector/store/store_claim.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/store/store_fixture.h"

static void stats_count_what_is_claimed(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (unsigned n = 0; n < 4; n++) {
        struct store_put p = put_of(n, "{}");
        p.row.timing = n == 0 ? TIMING_FUTURE : n == 1 ? TIMING_OLD : 0;
        p.row.start_s = n == 0 ? STORE_CLAIM_NOWHERE : T0 + n * DAY;
        p.row.place = (int)(n % STORE_PLACES);
        p.row.vouched = n == 1 ? "ooni" : "";
        put(f, &p, 1);
    }
    struct store_stats st = stats_of(f->s);
    assert_int_equal(st.by_timing[TIMING_IN_TIME], 2);
    assert_int_equal(st.by_timing[TIMING_FUTURE], 1);
    assert_int_equal(st.by_timing[TIMING_OLD], 1);
    assert_int_equal(st.by_place[PLACE_UNCHECKED], 2);
    assert_int_equal(st.by_place[PLACE_AGREES], 1);
    assert_int_equal(st.by_place[PLACE_DISAGREES], 1);
    assert_int_equal(st.vouched, 1);
    assert_int_equal(st.first_s, T0 + DAY); /* the first is filed nowhere */
    assert_int_equal(st.last_s, T0 + 3 * DAY);
    assert_int_equal(st.by_country[0].days, 3);
    store_stats_fini(&st);
}

/* The sums are kept while rows come and go: they are what counting the rows
 * gives. */
static void assert_sums(const struct fixture *f, uint64_t vouched)
{
    static const char filed[] = " FROM record WHERE start_s <> 946684800";
    char days[128];
    struct store_stats st = stats_of(f->s);
    uint64_t of_days = 0, of_domains = 0, of_networks = 0;
    for (size_t i = 0; i < st.n_countries; i++) {
        of_days += st.by_country[i].days;
        of_domains += st.by_country[i].domains;
        of_networks += st.by_country[i].networks;
    }
    snprintf(days, sizeof(days),
             "SELECT count(DISTINCT cc || (start_s / 86400)) %s", filed);
    assert_int_equal(of_days, ask(f, days));
    assert_int_equal(of_domains,
                     ask(f, "SELECT count(DISTINCT cc || domain) FROM record"));
    assert_int_equal(of_networks,
                     ask(f, "SELECT count(DISTINCT cc || asn) FROM record"));
    assert_int_equal(st.domains,
                     ask(f, "SELECT count(DISTINCT domain) FROM record"));
    assert_int_equal(st.networks,
                     ask(f, "SELECT count(DISTINCT asn) FROM record"));
    assert_int_equal(st.measurements, ask(f, "SELECT count(*) FROM record"));
    assert_int_equal(st.raw_bytes, ask(f, "SELECT sum(raw_len) FROM record"));
    assert_int_equal(st.stored_bytes,
                     ask(f, "SELECT sum(frame_len) FROM record"));
    assert_int_equal(st.by_state[X_BLOCKED],
                     ask(f, "SELECT count(*) FROM record WHERE state = 1"));
    assert_int_equal(st.vouched, vouched);
    store_stats_fini(&st);
}

static void sums_are_what_counting_gives(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (unsigned n = 0; n < 40; n++) {
        char domain[24];
        struct store_put p = put_of(n, "{\"some\":\"bytes\"}");
        snprintf(domain, sizeof(domain), "site%u.example", n % 7);
        str_copy(p.row.cc, 3, n % 3 ? "IR" : "RU");
        p.row.asn = 100 + n % 5;
        p.row.domain = domain;
        p.row.start_s = n % 11 ? T0 + n * DAY / 3 : STORE_CLAIM_NOWHERE;
        p.row.state = (int)(n % STORE_STATES);
        put(f, &p, 1);
        assert_false(p.duplicate);
        put(f, &p, 1);
        assert_true(p.duplicate);
    }
    assert_sums(f, 0);
    /* an archive vouches for some of them: they take the places of those */
    for (unsigned n = 0; n < 40; n += 4) {
        char domain[24];
        struct store_put p = put_of(n, "{\"some\":\"other bytes\"}");
        snprintf(domain, sizeof(domain), "site%u.example", n % 7);
        str_copy(p.row.cc, 3, n % 3 ? "IR" : "RU");
        p.row.asn = 100 + n % 5;
        p.row.domain = domain;
        p.row.start_s = T0 + n * DAY;
        p.row.state = X_OK;
        p.row.vouched = "ooni";
        put(f, &p, 1);
    }
    assert_sums(f, 10);
    store_close(f->s);
    f->s = NULL;
    remove_index(f);
    open_store(f, STORE_WRITE);
    assert_sums(f, 10);
}

static void stats_count_countries_networks_and_days(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    for (unsigned n = 0; n < 6; n++) {
        struct store_put p = put_of(n, "{\"some\":\"bytes\"}");
        str_copy(p.row.cc, 3, n < 4 ? "IR" : "ZZ");
        p.row.asn = n < 4 ? 100 + n % 2 : 0;
        p.row.start_s = T0 + n * DAY / 2;
        p.row.state = n == 0 ? X_OK : X_BLOCKED;
        put(f, &p, 1);
    }
    struct store_put other = put_of(7, "{}");
    other.row.test_name = "http_header_field_manipulation";
    other.row.state = STORE_NOT_JUDGED;
    other.row.domain = "";
    put(f, &other, 1);
    assert_true(strstr(other.row.uid, "_IR_httpheaderfieldmanipulation_"));
    assert_int_equal(store_count_rejected(f->s, "json", 3), ERR_OK);
    assert_int_equal(store_count_rejected(f->s, "json", 2), ERR_OK);
    uint8_t hash[SHA256_LEN] = {1};
    assert_int_equal(store_reject_once(f->s, hash, "input"), ERR_OK);
    assert_int_equal(store_reject_once(f->s, hash, "input"), ERR_OK);
    struct store_stats st = stats_of(f->s);
    assert_int_equal(st.measurements, 7);
    assert_int_equal(st.not_judged, 1);
    assert_int_equal(st.n_tests, 2);
    assert_string_equal(st.by_test[0].name, "http_header_field_manipulation");
    assert_int_equal(st.by_test[0].measurements, 1);
    assert_int_equal(st.by_test[1].measurements, 6);
    assert_int_equal(st.countries, 1);
    assert_int_equal(st.networks, 3);
    assert_int_equal(st.domains, 1);
    assert_int_equal(st.first_s, T0);
    assert_int_equal(st.last_s, T0 + 5 * DAY / 2);
    assert_int_equal(st.raw_bytes, 6 * strlen("{\"some\":\"bytes\"}") + 2);
    assert_true(st.stored_bytes > 0);
    assert_int_equal(st.by_state[X_OK], 1);
    assert_int_equal(st.by_state[X_BLOCKED], 5);
    assert_int_equal(st.n_countries, 2);
    assert_string_equal(st.by_country[0].cc, "IR");
    assert_int_equal(st.by_country[0].measurements, 5);
    assert_int_equal(st.by_country[0].networks, 3);
    assert_int_equal(st.by_country[0].days, 2);
    assert_int_equal(st.n_rejected, 2);
    assert_string_equal(st.rejected[0].reason, "input");
    assert_int_equal(st.rejected[0].n, 1);
    assert_string_equal(st.rejected[1].reason, "json");
    assert_int_equal(st.rejected[1].n, 5);
    store_stats_fini(&st);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(stats_count_what_is_claimed),
        T(sums_are_what_counting_gives),
        T(stats_count_countries_networks_and_days),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
