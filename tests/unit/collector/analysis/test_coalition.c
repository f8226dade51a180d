// SPDX-License-Identifier: Apache-2.0
/* The coalition's tables, asked for a country and a date. */
#include "base/clock.h"
#include "collector/analysis/coalition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct region *region;
static struct coalition coalition;

static int group_setup(void **state)
{
    (void)state;
    struct diag d;
    region = region_new((size_t)1 << 20);
    return region && coalition_load(region, &coalition, &d) == ERR_OK ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    region_free(region);
    return 0;
}

static int64_t date(const char *text)
{
    int64_t t = 0;
    assert_int_equal(clock_parse(text, &t), ERR_OK);
    return t;
}

static enum membership on(const char *cc, const char *day)
{
    return coalition_membership(&coalition, cc, date(day));
}

static void membership_is_asked_for_a_date(void **state)
{
    (void)state;
    assert_int_equal(on("US", "2026-01-08"), MEMBERSHIP_MEMBER);
    assert_int_equal(on("US", "2026-02-09"), MEMBERSHIP_MEMBER);
    assert_int_equal(on("US", "2026-03-01"), MEMBERSHIP_FORMER);
    assert_int_equal(on("EE", "2012-01-01"), MEMBERSHIP_MEMBER);
    assert_int_equal(on("EE", "2010-12-31"), MEMBERSHIP_NONE);
    assert_int_equal(on("AM", "2024-12-02"), MEMBERSHIP_NONE);
    assert_int_equal(on("AM", "2024-12-03"), MEMBERSHIP_MEMBER);
    assert_int_equal(on("IR", "2026-01-01"), MEMBERSHIP_NONE);
    assert_int_equal(on("TW", "2026-01-01"), MEMBERSHIP_OBSERVER);
}

static void an_imprecise_date_makes_membership_uncertain(void **state)
{
    (void)state;
    assert_int_equal(on("CL", "2021-12-31"), MEMBERSHIP_NONE);
    assert_int_equal(on("CL", "2022-06-01"), MEMBERSHIP_UNCERTAIN);
    assert_int_equal(on("CL", "2023-01-01"), MEMBERSHIP_MEMBER);
    assert_int_equal(on("MD", "2014-01-15"), MEMBERSHIP_UNCERTAIN);
    assert_int_equal(on("MD", "2014-02-01"), MEMBERSHIP_MEMBER);
}

/* The names printed under the Iran statement of October 2022. */
static void members_of_october_2022_were_thirty_four(void **state)
{
    (void)state;
    size_t n = 0;
    for (size_t i = 0; i < coalition.n_members; i++) {
        n += on(coalition.members[i].iso2, "2022-10-20") == MEMBERSHIP_MEMBER
                 ? 1
                 : 0;
    }
    assert_int_equal(n, 34);
}

static const struct commitment *commitment(const char *id)
{
    for (size_t i = 0; i < coalition.n_commitments; i++) {
        if (strcmp(coalition.commitments[i].id, id) == 0) {
            return &coalition.commitments[i];
        }
    }
    fail_msg("no commitment %s", id);
    return NULL;
}

static enum commitment_state stands(const char *id, const char *cc,
                                    const char *day)
{
    return coalition_applies(&coalition, commitment(id), cc, date(day));
}

static void commitments_follow_scope_and_date(void **state)
{
    (void)state;
    assert_int_equal(stands("tallinn-2014", "EE", "2026-01-01"),
                     COMMITMENT_APPLIES);
    assert_int_equal(stands("tallinn-2014", "EE", "2014-04-27"),
                     COMMITMENT_NOT);
    assert_int_equal(stands("tallinn-2014", "IR", "2026-01-01"),
                     COMMITMENT_NOT);
    assert_int_equal(stands("tallinn-2014", "US", "2026-03-01"),
                     COMMITMENT_NOT);
    assert_int_equal(stands("tallinn-2014", "AM", "2026-01-01"),
                     COMMITMENT_BEFORE_JOINING);
    assert_int_equal(stands("helsinki-2021", "EE", "2021-06-01"),
                     COMMITMENT_UNCERTAIN);
    assert_int_equal(stands("hrc-20-8", "IR", "2026-01-01"),
                     COMMITMENT_APPLIES);
    assert_int_equal(stands("iccpr-19", "IR", "2026-01-01"),
                     COMMITMENT_NOT_RECORDED);
}

static void categories_carry_rights_and_presumption(void **state)
{
    (void)state;
    const struct category *k = coalition_category(&coalition, "HUMR");
    assert_non_null(k);
    assert_int_equal(k->primary, 1u << RIGHT_EXPR | 1u << RIGHT_ASSOC);
    assert_int_equal(k->secondary, 1u << RIGHT_ASSEM);
    assert_int_equal(k->presumption, 'H');
    k = coalition_category(&coalition, "CTRL");
    assert_non_null(k);
    assert_int_equal(k->primary | k->secondary, 0);
    assert_null(coalition_category(&coalition, "NOPE"));
    assert_int_equal(coalition.n_categories, 30);
    assert_string_equal(coalition_country(&coalition, "IR"), "Iran");
    assert_null(coalition_country(&coalition, "QQ"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(membership_is_asked_for_a_date),
        cmocka_unit_test(an_imprecise_date_makes_membership_uncertain),
        cmocka_unit_test(members_of_october_2022_were_thirty_four),
        cmocka_unit_test(commitments_follow_scope_and_date),
        cmocka_unit_test(categories_carry_rights_and_presumption),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
