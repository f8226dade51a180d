// SPDX-License-Identifier: Apache-2.0
/* Records that wait for a control: so many, and no more of one source. */
#include "collector/ingest/late_queue.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct late_job *job_from(const char *source)
{
    const struct store_put put = {.row = {.uid = "uid",
                                          .network_name = "",
                                          .input = "",
                                          .domain = "",
                                          .category = "",
                                          .report_id = "",
                                          .foreign_uid = "",
                                          .software = "",
                                          .blocking = "",
                                          .method = "",
                                          .reasons = "",
                                          .test_name = "",
                                          .recorded_blocking = "",
                                          .vouched = "",
                                          .site = "",
                                          .signatures = "",
                                          .late_control = ""},
                                  .wants_control = true};
    struct late_job *j = late_queue_job(&put, source);
    assert_non_null(j);
    return j;
}

static struct late_queue *queue_of(size_t max)
{
    struct late_queue *q = NULL;
    assert_int_equal(late_queue_new(max, &q), ERR_OK);
    return q;
}

static void who_comes_first_is_first(void **state)
{
    (void)state;
    struct late_queue *q = queue_of(64);
    late_queue_push(q, job_from("a"));
    late_queue_push(q, job_from("b"));
    late_queue_push(q, NULL);
    late_queue_seen(q);
    struct late_job *j = late_queue_take(q);
    assert_non_null(j);
    assert_string_equal(j->source, "a");
    /* tried once, and to be tried in an hour: it holds up nobody */
    j->tries = 1;
    j->due_us = clock_mono_us() + HOUR_S * US_PER_S;
    late_queue_push(q, j);
    j = late_queue_take(q);
    assert_non_null(j);
    assert_string_equal(j->source, "b");
    late_queue_job_free(j);
    assert_null(late_queue_take(q));
    late_queue_push(q, job_from("c"));
    j = late_queue_take(q);
    assert_non_null(j);
    assert_string_equal(j->source, "c");
    late_queue_job_free(j);
    assert_int_equal(late_queue_dropped(q), 0);
    late_queue_free(q);
}

static void what_finds_no_room_is_dropped_and_counted(void **state)
{
    (void)state;
    struct late_queue *q = queue_of(16);
    for (size_t i = 0; i < 5; i++) {
        late_queue_push(q, job_from("a")); /* an eighth of 16 is for one */
    }
    assert_int_equal(late_queue_dropped(q), 3);
    for (size_t i = 0; i < 16; i++) {
        char source[2] = {(char)('b' + i), 0};
        late_queue_push(q, job_from(source));
    }
    assert_int_equal(late_queue_dropped(q), 5);
    size_t n = 0;
    for (struct late_job *j; (j = late_queue_take(q)); n++) {
        late_queue_job_free(j);
    }
    assert_int_equal(n, 16);
    late_queue_free(q);
}

static void who_wants_none_gets_none(void **state)
{
    (void)state;
    struct store_put put = {.wants_control = false};
    assert_null(late_queue_job(&put, "a"));
    put = (struct store_put){.wants_control = true, .duplicate = true};
    assert_null(late_queue_job(&put, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_comes_first_is_first),
        cmocka_unit_test(what_finds_no_room_is_dropped_and_counted),
        cmocka_unit_test(who_wants_none_gets_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
