// SPDX-License-Identifier: Apache-2.0
/* Large uploads, and what unpacks to much, do not stand in the way of small
 * ones, nor one sender's in that of another's. All are refused, so that a
 * worker itself tells of them. */
#include "collector/ingest/ingest.h"

#include "base/fs.h"
#include "base/log.h"
#include "collector/store/store.h"
#include "tests/unit/tmp.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define LARGE  8u
#define WAIT_S 60 /* only where it fails */

struct fixture {
    char dir[64];
    struct store *store;
    struct ingest *ingest;
    struct buf zeros, packed;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open; /* those that are large may end */
    char done[32];
    size_t n;
    enum refusal_reason reason;
};

/* One upload, known by a letter: capitals wait for the gate. */
struct one {
    struct fixture *f;
    char name;
};

static bool wait_for_change(struct fixture *f, const struct timespec *until)
{
    return pthread_cond_timedwait(&f->changed, &f->lock, until) == 0;
}

static struct timespec in_a_minute(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += WAIT_S;
    return t;
}

static void on_done(void *arg, const struct ingest_result *res)
{
    struct one *one = arg;
    struct fixture *f = one->f;
    struct timespec until = in_a_minute();
    pthread_mutex_lock(&f->lock);
    while (one->name < 'a' && !f->open && wait_for_change(f, &until)) {
    }
    if (f->n < sizeof(f->done) - 1) {
        f->done[f->n++] = one->name;
    }
    f->reason = res->refusal ? res->refusal->reason : REFUSAL_COUNT;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    free(one);
}

static void send(struct fixture *f, char name, struct str body,
                 enum compress_kind coding, const char *source)
{
    struct one *one = malloc(sizeof(*one));
    assert_non_null(one);
    *one = (struct one){f, name};
    struct ingest_upload up = {.form = INGEST_REPORT,
                               .body = body,
                               .coding = coding,
                               .source = source,
                               .done = on_done,
                               .arg = one};
    assert_int_equal(ingest_submit(f->ingest, &up), ERR_OK);
}

static bool wait_for(struct fixture *f, size_t n)
{
    struct timespec until = in_a_minute();
    pthread_mutex_lock(&f->lock);
    while (f->n < n && wait_for_change(f, &until)) {
    }
    bool all = f->n >= n;
    pthread_mutex_unlock(&f->lock);
    return all;
}

static void let_large_ones_end(struct fixture *f)
{
    pthread_mutex_lock(&f->lock);
    f->open = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static int start(void **state, unsigned workers)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct diag d = {{0}};
    assert_non_null(f);
    tmp_path(f->dir, sizeof(f->dir), "test_ingest.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    assert_int_equal(store_open(f->dir, STORE_WRITE, &f->store, &d), ERR_OK);
    struct ingest_config cfg = {.store = f->store,
                                .workers = workers,
                                .max_jobs = 64,
                                .max_record = 32 << 20,
                                .deadline_us = INT64_C(600000000)};
    assert_int_equal(ingest_start(&cfg, &f->ingest), ERR_OK);
    buf_init(&f->zeros, 32 << 20);
    buf_init(&f->packed, 1 << 20);
    *state = f;
    return 0;
}

static int set_up(void **state)
{
    return start(state, 2);
}

static int set_up_many(void **state)
{
    return start(state, 6);
}

static int set_up_alone(void **state)
{
    return start(state, 1);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    let_large_ones_end(f);
    ingest_stop(f->ingest);
    ingest_free(f->ingest);
    store_close(f->store);
    buf_fini(&f->zeros);
    buf_fini(&f->packed);
    assert_int_equal(fs_remove_tree(f->dir, NULL), ERR_OK);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
    return 0;
}

/* So many zeros, packed. */
static struct str bomb(struct fixture *f, size_t len)
{
    buf_clear(&f->zeros);
    buf_clear(&f->packed);
    for (size_t i = 0; i < len >> 10; i++) {
        static const char some[1024];
        assert_int_equal(buf_add(&f->zeros, some, sizeof(some)), ERR_OK);
    }
    assert_int_equal(compress_pack(buf_str(&f->zeros), 3, &f->packed), ERR_OK);
    return buf_str(&f->packed);
}

static void small_ones_do_not_wait_behind_large_ones(void **state)
{
    struct fixture *f = *state;
    struct str packed = bomb(f, 1 << 20);
    for (unsigned i = 0; i < LARGE; i++) {
        send(f, 'A', packed, COMPRESS_ZSTD, "192.0.2.1");
    }
    send(f, 'B', packed, COMPRESS_ZSTD, "198.51.100.1");
    send(f, 'c', STR("{}"), COMPRESS_NONE, "203.0.113.1");
    assert_true(wait_for(f, 1)); /* the rest waits for us */
    assert_string_equal(f->done, "c");
    let_large_ones_end(f);
    assert_true(wait_for(f, LARGE + 2));
}

/* The first is in a worker's hand; whoever had none comes before who had it. */
static void one_sender_does_not_wait_behind_another(void **state)
{
    struct fixture *f = *state;
    bomb(f, 1 << 20);
    struct str large = buf_str(&f->zeros);
    send(f, 'A', large, COMPRESS_NONE, "192.0.2.1");
    send(f, 'a', STR("{}"), COMPRESS_NONE, "192.0.2.1");
    assert_true(wait_for(f, 1)); /* by the other worker */
    for (unsigned i = 0; i < LARGE; i++) {
        send(f, 'A', large, COMPRESS_NONE, "192.0.2.1");
    }
    send(f, 'B', large, COMPRESS_NONE, "198.51.100.1");
    let_large_ones_end(f);
    assert_true(wait_for(f, LARGE + 3));
    assert_int_equal(strspn(f->done, "aA"), 2);
}

static void what_no_record_unpacks_to_is_refused(void **state)
{
    struct fixture *f = *state;
    send(f, 'a', bomb(f, 30 << 20), COMPRESS_ZSTD, "192.0.2.1");
    assert_true(wait_for(f, 1));
    assert_int_equal(f->reason, REFUSAL_TOO_LARGE);
    send(f, 'a', bomb(f, 3 << 20), COMPRESS_ZSTD, "192.0.2.1");
    assert_true(wait_for(f, 2));
    assert_int_equal(f->reason, REFUSAL_FORMAT); /* unpacked, and no JSON */
}

/* Those that wait for the one that is large end with it. */
static void all_end_when_it_stops(void **state)
{
    struct fixture *f = *state;
    struct str packed = bomb(f, 1 << 20);
    for (unsigned i = 0; i < LARGE; i++) {
        send(f, 'a', packed, COMPRESS_ZSTD, "192.0.2.1");
        send(f, 'b', STR("{}"), COMPRESS_NONE, "192.0.2.2");
    }
    ingest_stop(f->ingest);
    assert_int_equal(f->n, 2 * LARGE);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(small_ones_do_not_wait_behind_large_ones),
        T(one_sender_does_not_wait_behind_another),
        T(what_no_record_unpacks_to_is_refused),
        T(all_end_when_it_stops),
        cmocka_unit_test_setup_teardown(all_end_when_it_stops, set_up_many,
                                        tear_down),
        cmocka_unit_test_setup_teardown(all_end_when_it_stops, set_up_alone,
                                        tear_down),
    };
    log_setup("test", LOG_ERROR);
    return crypto_setup() == ERR_OK ? cmocka_run_group_tests(tests, NULL, NULL)
                                    : 1;
}
