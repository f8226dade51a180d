// SPDX-License-Identifier: Apache-2.0
/* What goes to the collector in boxes, and what does not. */
#include "base/fs.h"
#include "probe/deliver/upload.h"
#include "record/sealed.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define POSTS 16

/* In the place of backend.c: what was posted, and nobody has answered yet. */
static struct post {
    char path[96];
    char body[4096];
    size_t len;
    backend_fn fn;
    void *arg;
} posts[POSTS];

static size_t n_posts, n_answered;

enum err backend_post(struct backend *b, const struct backend_post *p,
                      backend_fn fn, void *arg)
{
    (void)b;
    assert_true(n_posts < POSTS && p->body.len <= sizeof(posts[0].body));
    struct post *out = &posts[n_posts++];
    *out = (struct post){.len = p->body.len, .fn = fn, .arg = arg};
    snprintf(out->path, sizeof(out->path), "%s", p->path);
    memcpy(out->body, p->body.p, p->body.len);
    return ERR_OK;
}

/* Answers the oldest post that waits for it. */
static void answer(int status, const char *body)
{
    struct backend_answer a = {.status = status, .body = str_c(body)};
    assert_true(n_answered < n_posts);
    const struct post *p = &posts[n_answered++];
    p->fn(p->arg, &a);
}

static const char *last_path(void)
{
    return n_posts ? posts[n_posts - 1].path : "";
}

static const struct seal key = {.keys = {{1, 2, 3}}, .n = 1, .lasting = true};
static struct sealed_keys keys;
static char dir[64];
static struct spool *spool;
static struct loop *loop;
static struct upload *upload;

static void ignore(void *arg)
{
    (void)arg;
}

static int setup(void **state)
{
    (void)state;
    struct diag d = {""};
    n_posts = n_answered = 0;
    keys = (struct sealed_keys){.n = 1};
    crypto_box_pair(keys.pub[0], keys.secret[0]);
    tmp_path(dir, sizeof(dir), "test_upload_boxes_XXXXXX");
    if (!mkdtemp(dir) || loop_new(&loop) != ERR_OK ||
        spool_open(dir, 1 << 20, &key, &spool, &d) != ERR_OK) {
        return -1;
    }
    return upload_new(loop, NULL, spool, ignore, NULL, &upload) == ERR_OK ? 0
                                                                          : -1;
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    upload_free(upload);
    spool_close(spool);
    loop_free(loop);
    upload = NULL;
    spool = NULL;
    loop = NULL;
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

static void add(const char *body)
{
    struct frame f = {.kind = FRAME_SUBMISSION,
                      .state = FRAME_WAITING,
                      .priority = FRAME_ODD,
                      .open = STR("open of a report"),
                      .body = str_c(body)};
    struct diag d = {""};
    assert_int_equal(spool_add(spool, &f, &d), ERR_OK);
}

/* Is the i-th post a box with this body? */
static bool is_box_of(size_t i, const char *body)
{
    struct buf plain;
    struct str open, text;
    buf_init(&plain, SEALED_MAX);
    enum err e = sealed_open(&keys, (struct str){posts[i].body, posts[i].len},
                             &plain, &open, &text);
    bool is = e == ERR_OK && str_eq_c(text, body);
    buf_fini(&plain);
    return is;
}

static void
a_record_of_this_run_goes_in_its_box_where_a_key_is_known(void **state)
{
    (void)state;
    for (int copies = 0; copies < 2; copies++) {
        spool_box(spool, keys.pub[0], copies);
        add("a finding");
        upload_kick(upload);
        assert_int_equal(n_posts, copies + 1);
        assert_string_equal(last_path(), "/api/v1/parallax/sealed");
        assert_true(is_box_of((size_t)copies, "a finding"));
        answer(200, "{\"measurement_uid\":\"20261201_x\"}");
        assert_int_equal(spool_len(spool), 0);
    }
    assert_int_equal(upload_counts_of(upload)->sent, 2);
}

static void a_collector_without_boxes_gets_reports(void **state)
{
    (void)state;
    static const int unknown[] = {404, 405, 501};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0);
        spool_box(spool, keys.pub[0], true);
        add("a finding");
        upload_kick(upload);
        answer(unknown[i], "no such place");
        /* once it is known, nothing else is tried */
        assert_string_equal(last_path(), "/report");
        assert_int_equal(upload_counts_of(upload)->failed, 0);
        answer(200, "{\"report_id\":\"one\"}");
        assert_string_equal(last_path(), "/report/one");
        assert_int_equal(posts[n_posts - 1].len, 1024); /* as boxes are */
        assert_memory_equal(posts[n_posts - 1].body, "a finding", 9);
        add("another");
        upload_kick(upload);
        assert_string_equal(last_path(), "/report/one");
        answer(200, "{\"measurement_uid\":\"20261201_x\"}");
        answer(200, "{\"measurement_uid\":\"20261201_y\"}");
        assert_int_equal(spool_len(spool), 0);
    }
}

/* Who stands in the place of a collector that has a key by package or list gets
 * nothing in the clear by saying that it knows no boxes. */
static void where_the_key_is_the_collectors_nothing_goes_open(void **state)
{
    (void)state;
    spool_box(spool, keys.pub[0], false);
    add("a finding");
    upload_kick(upload);
    answer(404, "no such place");
    assert_int_equal(n_posts, 1);
    assert_int_equal(upload_counts_of(upload)->failed, 1);
    assert_int_equal(spool_count(spool, FRAME_WAITING), 1);
}

static void a_busy_collector_is_not_taken_for_one_without_boxes(void **state)
{
    (void)state;
    static const int other[] = {500, 503, 429, 403, 301};
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0);
        spool_box(spool, keys.pub[0], true);
        add("a finding");
        upload_kick(upload);
        answer(other[i], "{}");
        assert_int_equal(n_posts, 1);
        assert_int_equal(upload_counts_of(upload)->failed, 1);
        upload_drain(upload);
        assert_string_equal(last_path(), "/api/v1/parallax/sealed");
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_record_of_this_run_goes_in_its_box_where_a_key_is_known),
        T(a_collector_without_boxes_gets_reports),
        T(where_the_key_is_the_collectors_nothing_goes_open),
        T(a_busy_collector_is_not_taken_for_one_without_boxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
