// SPDX-License-Identifier: Apache-2.0
/* What one stranger's records, or very many of them, do to what others found:
 * nothing. */
#include "collector/analysis/aggregate.h"
#include "verdict/rules.h"
#include "verdict/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define T0   INT64_C(1793491200) /* 2026-11-01 */
#define DAY  INT64_C(86400)
#define HOUR INT64_C(3600)
#define SITE "https://a.example/"

/* As sender `who` says it, 0: from nowhere. */
static struct store_row row(unsigned who, uint32_t asn, const char *site,
                            int64_t start_s, int state)
{
    struct store_row r = {.uid = "uid",
                          .start_s = start_s,
                          .receipt_s = start_s + 60,
                          .cc = "KE",
                          .asn = asn,
                          .input = site,
                          .site = site,
                          .domain = "a.example",
                          .state = state,
                          .method = "tls",
                          .reasons = "tls_reset"};
    if (who > 0) {
        snprintf(r.x_probe, sizeof(r.x_probe), "%032x", who);
        snprintf(r.source_tag, sizeof(r.source_tag), "%032x", who);
    }
    return r;
}

static const struct aggregate_finding *add(struct aggregate *a,
                                           struct store_row r)
{
    const struct aggregate_finding *f = NULL;
    assert_int_equal(aggregate_add(a, &r, &f), ERR_OK);
    return f;
}

/* Three people see SITE blocked on AS1 from `from_s` on. */
static const struct aggregate_finding *found(struct aggregate *a,
                                             int64_t from_s)
{
    const struct aggregate_finding *f = NULL;
    for (unsigned who = 1; who <= 3; who++) {
        f = add(a, row(who, 1, SITE, from_s + who, X_BLOCKED));
        assert_non_null(f);
    }
    return f;
}

static struct aggregate *fresh(const struct aggregate_limits *limits)
{
    struct aggregate *a = aggregate_new(limits);
    assert_non_null(a);
    return a;
}

/* ---- what is cited ----------------------------------------------------------
 */

/* A record from elsewhere, a month before, is not what a finding is shown by.
 */
static void what_is_cited_is_of_those_who_found_it(void **state)
{
    (void)state;
    static const int places[] = {PLACE_DISAGREES, PLACE_UNCHECKED,
                                 PLACE_AGREES};
    for (unsigned i = 0; i < 3; i++) {
        for (int day = -30; day <= 1; day += 15) {
            struct aggregate *a = fresh(NULL);
            struct store_row forged =
                row(9, 1, SITE, T0 + day * DAY, X_BLOCKED);
            forged.place = places[i];
            str_copy(forged.uid, sizeof(forged.uid), "forged");
            if (day <= 0) {
                add(a, forged);
            }
            const struct aggregate_finding *f = NULL;
            for (unsigned who = 1; who <= 3; who++) {
                struct store_row r =
                    row(who, 1, SITE, T0 + HOUR + who, X_BLOCKED);
                r.place = PLACE_AGREES;
                snprintf(r.uid, sizeof(r.uid), "uid%u", who);
                f = add(a, r);
            }
            if (day > 0) {
                add(a, forged);
            }
            aggregate_finish(a);
            assert_int_equal(f->n_uids, 3);
            /* on the day itself, from there, he is one of them */
            bool among = day == 0 && places[i] == PLACE_AGREES;
            assert_string_equal(f->uids[0], among ? "forged" : "uid1");
            assert_string_equal(f->uids[2], among ? "uid2" : "uid3");
            aggregate_free(a);
        }
    }
}

/* ---- what is said ----------------------------------------------------------
 */

static const char *category_of(const char *const *people, unsigned n,
                               unsigned vouched)
{
    static char said[16];
    struct aggregate *a = fresh(NULL);
    for (unsigned i = 0; i < n; i++) {
        struct store_row r = row(i + 1, 1, SITE, T0 + i, X_OK);
        r.category = people[i];
        r.vouched = i + 1 == vouched ? "archive" : "";
        add(a, r);
    }
    aggregate_finish(a);
    snprintf(said, sizeof(said), "%s", a->sites[0]->category);
    aggregate_free(a);
    return said;
}

#define CATEGORY(vouched, ...)                                                 \
    category_of((const char *const[]){__VA_ARGS__},                            \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),   \
                vouched)

static void a_site_is_of_the_kind_that_most_people_say(void **state)
{
    (void)state;
    assert_string_equal(CATEGORY(0, "HUMR", "HUMR", "GMB"), "HUMR");
    assert_string_equal(CATEGORY(0, "GMB", "HUMR", "HUMR"), "HUMR");
    assert_string_equal(CATEGORY(0, "HUMR", "HUMR", "GMB", "GMB"), "HUMR");
    assert_string_equal(CATEGORY(0, "", "", "", "GMB"), "");
    assert_string_equal(CATEGORY(0, "GMB", "HUMR"), "");
    /* three who do not say, and two who say something of their own */
    assert_string_equal(CATEGORY(0, "", "", "", "GMB", "GMB"), "");
    assert_string_equal(CATEGORY(0, "", "", "HUMR", "HUMR"), "HUMR");
    assert_string_equal(CATEGORY(0, "HUMR"),
                        "HUMR"); /* nobody else was there */
    assert_string_equal(CATEGORY(3, "GMB", "GMB", "HUMR", "GMB"), "HUMR");
}

/* Those who found it say nothing, and those who say something found nothing. */
static void who_saw_nothing_blocked_does_not_say_what_it_was(void **state)
{
    (void)state;
    for (unsigned vouched = 0; vouched < 2; vouched++) {
        struct aggregate *a = fresh(NULL);
        found(a, T0);
        for (unsigned i = 0; i < 20; i++) {
            struct store_row r = row(90 + i % 4, 999, SITE, T0 + 60 + i, X_OK);
            r.category = i == 7 && vouched ? "HUMR" : "GMB";
            r.vouched = i == 7 && vouched ? "archive" : "";
            add(a, r);
        }
        aggregate_finish(a);
        assert_string_equal(a->sites[0]->category, vouched ? "HUMR" : "");
        aggregate_free(a);
    }
    struct aggregate *a = fresh(NULL);
    for (unsigned who = 1; who <= 3; who++) {
        struct store_row r = row(who, 1, SITE, T0 + who, X_BLOCKED);
        r.category = "HUMR";
        add(a, r);
    }
    for (unsigned who = 90; who < 99; who++) {
        struct store_row r = row(who, 1, SITE, T0 + who, X_OK);
        r.category = "GMB";
        add(a, r);
    }
    aggregate_finish(a);
    assert_string_equal(a->sites[0]->category, "HUMR");
    aggregate_free(a);
}

/* However many texts one sends, and however often. */
static void who_says_much_is_one_person(void **state)
{
    (void)state;
    struct aggregate *a = fresh(NULL);
    for (unsigned i = 0; i < 300; i++) {
        struct store_row r = row(9, 1, SITE, T0 + i, X_OK);
        char text[16];
        snprintf(text, sizeof(text), "N%u", i % 100);
        r.category = "GMB";
        r.network_name = text;
        add(a, r);
    }
    for (unsigned who = 1; who <= 2; who++) {
        struct store_row r = row(who, 1, SITE, T0 + 400, X_OK);
        r.category = "HUMR";
        r.network_name = "Honest Net";
        add(a, r);
    }
    aggregate_finish(a);
    assert_string_equal(a->sites[0]->category, "HUMR");
    assert_string_equal(a->networks[0]->name, "Honest Net");
    aggregate_free(a);
}

/* A network's name is not hashed: a copy of somebody's record may carry any. */
static void a_copy_names_no_network(void **state)
{
    (void)state;
    struct aggregate *a = fresh(NULL);
    for (unsigned who = 1; who <= 3; who++) {
        struct store_row r = row(who, 1, SITE, T0 + who, X_OK);
        r.network_name = "Rival";
        r.n_others = 1;
        r.others[0] = (struct store_sender){.x_probe = "9", .source_tag = "9"};
        add(a, r);
    }
    aggregate_finish(a);
    assert_string_equal(a->networks[0]->name, "");
    aggregate_free(a);
}

/* ---- what is found ---------------------------------------------------------
 */

/* A stranger's method, network, dates, reasons and reaching it elsewhere. */
static void one_stranger_adds_nothing_to_a_finding(void **state)
{
    (void)state;
    struct aggregate *a = fresh(NULL);
    struct store_row before = row(9, 1, SITE, T0 - DAY, X_OK),
                     early = row(9, 1, SITE, T0 - DAY + HOUR, X_BLOCKED),
                     known = row(9, 1, SITE, T0 + HOUR, X_BLOCKED),
                     other = row(9, 2, SITE, T0 + HOUR, X_BLOCKED),
                     reached = row(9, 3, SITE, T0 + HOUR, X_OK),
                     late = row(9, 1, SITE, T0 + DAY, X_BLOCKED),
                     after = row(9, 1, SITE, T0 + DAY + HOUR, X_OK);
    known.reasons = rules_name(RULE_HTTP_FINGERPRINT);
    other.method = "dns";
    late.receipt_s = T0 + HOUR; /* it claims to be of tomorrow */
    add(a, before);
    add(a, early);
    const struct aggregate_finding *f = found(a, T0);
    add(a, known);
    add(a, other);
    add(a, reached);
    add(a, late);
    add(a, after);
    aggregate_finish(a);
    const struct aggregate_site *site = f->cell->site;
    assert_true(f->founded);
    /* of the day of three people, from the second's first time on, and until
     * the last time of the last but one */
    assert_int_equal(f->first_s, T0 + 2);
    assert_int_equal(f->last_s, T0 + 3);
    assert_int_equal(f->clean_before_s, 0);
    assert_int_equal(f->clean_after_s, 0);
    assert_true(f->lone_before && f->lone_after);
    for (size_t i = 0; i < f->n_reasons; i++) {
        assert_int_equal(f->reasons[i].founded,
                         strcmp(f->reasons[i].name, "tls_reset") == 0);
    }
    assert_int_equal(site->methods, 1);
    assert_int_equal(site->founded_networks, 1);
    assert_int_equal(site->placed_networks, 1);
    assert_int_equal(site->reached_networks, 0);
    aggregate_free(a);
}

/* Nor is the day longer for one who claims all of it. */
static void one_stranger_stretches_no_day(void **state)
{
    (void)state;
    static const int64_t his[] = {60, 2 * HOUR, 8 * HOUR + 30, 20 * HOUR,
                                  24 * HOUR - 60};
    struct aggregate *a = fresh(NULL);
    const struct aggregate_finding *f = NULL;
    size_t n = 0;
    for (int64_t at = 0; at < DAY; at += 10) {
        unsigned who = at % HOUR == 0 ? (unsigned)(at / HOUR) : 0;
        if (n < 5 && at == his[n]) {
            add(a, row(9, 1, SITE, T0 + at, X_BLOCKED));
            n++;
        } else if (who >= 8 && who <= 10) {
            f = add(a, row(who - 7, 1, SITE, T0 + at, X_BLOCKED));
        }
    }
    assert_non_null(f);
    aggregate_finish(a);
    assert_int_equal(f->first_s, T0 + 8 * HOUR);
    assert_int_equal(f->last_s, T0 + 10 * HOUR);
    assert_int_equal(f->lone_first_s, T0 + 60);
    assert_int_equal(f->lone_last_s, T0 + DAY - 60);
    aggregate_free(a);
}

/* The same of two people, or vouched for, counts. */
static void two_people_or_who_is_vouched_for_do(void **state)
{
    (void)state;
    for (int vouched = 0; vouched < 2; vouched++) {
        struct aggregate *a = fresh(NULL);
        const struct aggregate_finding *f = NULL;
        for (int step = 0; step < 5; step++) {
            for (unsigned who = 8; who <= (vouched ? 8u : 9u); who++) {
                int64_t at = T0 + (step - 2) * DAY + who;
                int is = step % 4 == 0 ? X_OK : X_BLOCKED;
                struct store_row r = row(vouched ? 0 : who, 1, SITE, at, is);
                r.vouched = vouched ? "archive" : "";
                r.reasons = rules_name(RULE_DNS_FINGERPRINT);
                const struct aggregate_finding *got = add(a, r);
                f = got ? got : f;
                if (step == 2) {
                    r.asn = 2;
                    r.method = "dns";
                    add(a, r);
                    r.asn = 3;
                    r.state = X_OK;
                    add(a, r);
                }
            }
        }
        aggregate_finish(a);
        unsigned last = vouched ? 8 : 9;
        assert_true(f->founded);
        assert_int_equal(f->first_s, T0 - DAY + 8);
        assert_int_equal(f->last_s, T0 + DAY + last);
        assert_int_equal(f->clean_before_s, T0 - 2 * DAY + last);
        assert_int_equal(f->clean_after_s, T0 + 2 * DAY + last);
        assert_false(f->lone_before || f->lone_after);
        assert_true(f->reasons[0].founded);
        assert_int_equal(f->cell->site->methods, 2);
        assert_int_equal(f->cell->site->founded_networks, 2);
        assert_int_equal(f->cell->site->reached_networks, 2);
        aggregate_free(a);
    }
}

static void what_one_person_saw_has_his_dates(void **state)
{
    (void)state;
    struct aggregate *a = fresh(NULL);
    add(a, row(1, 1, SITE, T0 - DAY, X_OK));
    const struct aggregate_finding *f = add(a, row(1, 1, SITE, T0, X_BLOCKED));
    add(a, row(1, 1, SITE, T0 + DAY, X_BLOCKED));
    add(a, row(2, 1, SITE, T0 + 2 * DAY, X_OK));
    aggregate_finish(a);
    assert_false(f->founded);
    assert_int_equal(f->first_s, T0);
    assert_int_equal(f->last_s, T0 + DAY);
    assert_int_equal(f->clean_before_s, T0 - DAY);
    assert_int_equal(f->clean_after_s, T0 + 2 * DAY);
    assert_true(f->reasons[0].founded);
    aggregate_free(a);
}

/* ---- very many ------------------------------------------------------------
 */

static const struct aggregate_limits small = {160, 320, 640, 320, 640};

/* Junk that `who` sends: `k` other networks, or sites. */
static void junk(struct aggregate *a, unsigned who, unsigned n, bool sites,
                 int state, int64_t at)
{
    for (unsigned k = 0; k < n; k++) {
        char site[64] = SITE;
        if (sites) {
            snprintf(site, sizeof(site), "https://junk-%u-%u.example/", who, k);
        }
        add(a, row(who, sites ? 7 : 1000 + k, site, at, state));
    }
}

static void assert_found(struct aggregate *a, const struct aggregate_finding *f)
{
    aggregate_finish(a);
    assert_true(f->founded);
    assert_int_equal(f->observers, 3);
    assert_true(a->n_networks <= small.networks && a->n_sites <= small.sites &&
                a->n_cells <= small.cells && a->n_findings <= small.findings);
    assert_true(aggregate_total(&a->other) > 0);
    uint64_t told = 0;
    for (size_t i = 0; i < a->n_networks; i++) {
        told += aggregate_total(&a->networks[i]->count);
    }
    assert_true(told + aggregate_total(&a->other) >=
                aggregate_total(&a->count));
    aggregate_free(a);
}

static void junk_pushes_no_finding_out(void **state)
{
    (void)state;
    for (int how = 0; how < 8; how++) {
        struct aggregate *a = fresh(&small);
        bool sites = (how & 1) != 0;
        int is = (how & 2) != 0 ? X_BLOCKED : X_INCONCLUSIVE;
        unsigned who = (how & 4) != 0 ? 99 : 0; /* one address, or none */
        junk(a, who, 1500, sites, is, T0 - HOUR);
        const struct aggregate_finding *f = found(a, T0);
        junk(a, who, 1500, sites, is, T0 + HOUR);
        assert_found(a, f);
    }
}

/* Behind many senders that each fill what they may, a signed record still finds
 * room. */
static void a_signed_record_finds_room_at_last(void **state)
{
    (void)state;
    struct aggregate *a = fresh(&small);
    for (unsigned who = 100; who < 400; who++) {
        junk(a, who, 10, true, X_BLOCKED, T0 - HOUR);
    }
    struct store_row r = row(1, 7, SITE, T0, X_BLOCKED);
    assert_null(add(a, r));
    r.control_verified = true;
    assert_non_null(add(a, r));
    aggregate_free(a);
}

/* Who claims one network after another from one place is in the first. */
static void a_place_is_in_one_network(void **state)
{
    (void)state;
    struct aggregate *a = fresh(NULL);
    const struct aggregate_finding *f = found(a, T0);
    junk(a, 9, 50, false, X_OK, T0 + HOUR);
    junk(a, 0, 50, false, X_OK, T0 + HOUR);
    aggregate_finish(a);
    assert_int_equal(f->cell->site->networks, 51);
    assert_int_equal(f->cell->site->standing_networks, 2);
    aggregate_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_cited_is_of_those_who_found_it),
        cmocka_unit_test(a_site_is_of_the_kind_that_most_people_say),
        cmocka_unit_test(who_saw_nothing_blocked_does_not_say_what_it_was),
        cmocka_unit_test(who_says_much_is_one_person),
        cmocka_unit_test(a_copy_names_no_network),
        cmocka_unit_test(one_stranger_adds_nothing_to_a_finding),
        cmocka_unit_test(one_stranger_stretches_no_day),
        cmocka_unit_test(two_people_or_who_is_vouched_for_do),
        cmocka_unit_test(what_one_person_saw_has_his_dates),
        cmocka_unit_test(junk_pushes_no_finding_out),
        cmocka_unit_test(a_signed_record_finds_room_at_last),
        cmocka_unit_test(a_place_is_in_one_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
