// SPDX-License-Identifier: Apache-2.0
/* Counting of rows. Most of it is tested where it is read: test_report.c and
 * test_report_model.c. */
#include "collector/analysis/aggregate.h"
#include "verdict/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define T0 INT64_C(1793491200) /* 2026-11-01 */

static void rows_out_of_order_are_refused(void **state)
{
    (void)state;
    const struct aggregate_finding *finding;
    struct aggregate *a = aggregate_new();
    assert_non_null(a);
    struct store_row r = {.start_s = T0, .cc = "IR", .input = "x"};
    assert_int_equal(aggregate_add(a, &r, &finding), ERR_OK);
    r.start_s--;
    assert_int_equal(aggregate_add(a, &r, &finding), ERR_INVAL);
    aggregate_free(a);
}

static void a_row_may_leave_out_its_texts(void **state)
{
    (void)state;
    const struct aggregate_finding *finding;
    struct aggregate *a = aggregate_new();
    assert_non_null(a);
    struct store_row r = {.start_s = T0, .cc = "IR", .state = X_BLOCKED};
    assert_int_equal(aggregate_add(a, &r, &finding), ERR_OK);
    assert_non_null(finding);
    assert_string_equal(finding->method, "other");
    assert_string_equal(finding->cell->site->input, "");
    assert_string_equal(finding->cell->net->name, "");
    assert_int_equal(finding->n_reasons, 0);
    aggregate_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_out_of_order_are_refused),
        cmocka_unit_test(a_row_may_leave_out_its_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
