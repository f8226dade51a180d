// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"
#include "probe/run/retest_queue.h"
#include "tests/unit/tmp.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];
static struct buf bytes;
static const struct seal key = {.keys = {{1, 2, 3}}, .n = 1, .lasting = true};

static int setup(void **state)
{
    (void)state;
    tmp_path(dir, sizeof(dir), "test_parked_XXXXXX");
    buf_init(&bytes, FRAME_MAX);
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    buf_fini(&bytes);
    return fs_remove_tree(dir, &d) == ERR_OK ? 0 : -1;
}

static struct frame frame(const char *body)
{
    return (struct frame){.kind = FRAME_SUBMISSION,
                          .state = FRAME_WAITING,
                          .created_s = 1790000000,
                          .open = STR("{\"open\":1}"),
                          .body = str_c(body)};
}

static struct retest_queue *open_parked(bool keep)
{
    struct retest_queue *p = NULL;
    struct diag d = {""};
    assert_int_equal(retest_queue_open(dir, keep, &key, &p, &d), ERR_OK);
    return p;
}

static uint64_t put(struct retest_queue *p, const char *body)
{
    struct frame f = frame(body);
    struct diag d = {""};
    uint64_t at = 0;
    assert_int_equal(retest_queue_put(p, &f, 0, &at, &d), ERR_OK);
    return at;
}

/* One that takes the place of another. */
static uint64_t put_over(struct retest_queue *p, uint64_t old, const char *body)
{
    struct frame f = frame(body);
    struct diag d = {""};
    uint64_t at = 0;
    assert_int_equal(retest_queue_put(p, &f, old, &at, &d), ERR_OK);
    return at;
}

static void assert_body(struct retest_queue *p, uint64_t at, const char *body)
{
    struct frame f;
    struct diag d = {""};
    assert_int_equal(retest_queue_get(p, at, &bytes, &f, &d), ERR_OK);
    assert_true(str_eq_c(f.body, body));
    assert_true(str_eq_c(f.open, "{\"open\":1}"));
}

static size_t files(void)
{
    char command[128];
    unsigned n = 0;
    snprintf(command, sizeof(command), "ls %s | grep -c '^parked-'", dir);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%u", &n), 1);
    pclose(f);
    return n;
}

/* What another run finds: the bodies, by the spool. */
static size_t recover(struct spool **s)
{
    struct diag d = {""};
    struct retest_left left = {.taken = 0};
    assert_int_equal(spool_open(dir, UINT64_MAX, &key, s, &d), ERR_OK);
    assert_int_equal(retest_queue_recover(dir, &key, *s, &left, &d), ERR_OK);
    return left.taken;
}

static void what_is_parked_is_read_back(void **state)
{
    (void)state;
    struct retest_queue *p = open_parked(true);
    uint64_t one = put(p, "one"), two = put(p, "two");
    assert_body(p, two, "two");
    assert_body(p, one, "one");
    assert_int_equal(retest_queue_drop(p, one), ERR_OK);
    assert_int_equal(retest_queue_drop(p, two), ERR_OK);
    retest_queue_close(p);
    assert_int_equal(files(), 0);
}

static void nobody_finds_what_is_not_to_be_kept(void **state)
{
    (void)state;
    struct retest_queue *p = open_parked(false);
    uint64_t at = put(p, "one");
    assert_int_equal(files(), 0);
    assert_body(p, at, "one");
    retest_queue_close(p);
}

static void a_living_run_keeps_its_records(void **state)
{
    (void)state;
    struct spool *s = NULL;
    struct retest_queue *p = open_parked(true);
    uint64_t at = put(p, "one");
    pid_t child = fork();
    if (child == 0) {
        _exit(recover(&s) == 0 && spool_len(s) == 0 ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_body(p, at, "one");
    assert_int_equal(retest_queue_drop(p, at), ERR_OK);
    retest_queue_close(p);
}

/* A run that dies leaves two of three, and a frame cut in the middle. */
static void die(void)
{
    struct retest_queue *p = open_parked(true);
    put(p, "one");
    uint64_t two = put(p, "two");
    put(p, "three");
    assert_int_equal(retest_queue_drop(p, two), ERR_OK);
    put(p, "cut in the middle");
    char command[160];
    snprintf(command, sizeof(command), "truncate -s -5 %s/parked-*", dir);
    assert_int_equal(system(command), 0);
    _exit(0);
}

static void what_a_dead_run_left_goes_into_the_spool(void **state)
{
    (void)state;
    struct spool *s = NULL;
    struct frame f;
    struct diag d = {""};
    pid_t child = fork();
    if (child == 0) {
        die();
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(files(), 1);
    assert_int_equal(recover(&s), 2);
    assert_int_equal(files(), 0);
    assert_int_equal(spool_count(s, FRAME_WAITING), 2);
    assert_int_equal(spool_load(s, spool_item(s, 0).id, &bytes, &f, &d),
                     ERR_OK);
    assert_true(str_eq_c(f.body, "one"));
    buf_clear(&bytes);
    assert_int_equal(spool_load(s, spool_item(s, 1).id, &bytes, &f, &d),
                     ERR_OK);
    assert_true(str_eq_c(f.body, "three"));
    spool_close(s);
}

/* Killed between two steps of a second measurement. */
static void die_after_the_second(bool torn)
{
    struct retest_queue *p = open_parked(true);
    char command[160];
    put_over(p, put(p, "first"), "first and second");
    snprintf(command, sizeof(command), "truncate -s -5 %s/parked-*", dir);
    _exit(torn ? system(command) : 0);
}

static void of_one_site_only_the_latest_whole_record_is_taken(void **state)
{
    (void)state;
    for (int torn = 0; torn < 2; torn++) {
        struct spool *s = NULL;
        struct frame f;
        struct diag d = {""};
        pid_t child = fork();
        if (child == 0) {
            die_after_the_second(torn);
        }
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_int_equal(recover(&s), 1);
        uint64_t id = spool_item(s, 0).id;
        assert_int_equal(spool_load(s, id, &bytes, &f, &d), ERR_OK);
        assert_true(str_eq_c(f.body, torn ? "first" : "first and second"));
        assert_int_equal(spool_done(s, id), ERR_OK);
        spool_close(s);
    }
}

struct successor {
    struct retest_queue *p;
    uint64_t at;
    bool dies;
};

static enum err succeed(void *arg, uint64_t known_by)
{
    const struct successor *to = arg;
    enum err e = retest_queue_succeed(to->p, to->at, known_by);
    if (to->dies) {
        _exit(0);
    }
    return e;
}

/* Killed before the final record was written, or after it and before the parked
 * one was dropped: one of the two is sent, never none, never both. */
static void the_parked_record_or_its_successor_is_sent_never_both(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        struct spool *s = NULL;
        struct frame f = frame("final");
        struct diag d = {""};
        pid_t child = fork();
        if (child == 0) {
            struct successor to = {.p = open_parked(true), .dies = before};
            to.at = put(to.p, "parked");
            if (spool_open(dir, UINT64_MAX, &key, &s, &d) != ERR_OK ||
                spool_add_after(s, &f, succeed, &to, &d) != ERR_OK) {
                _exit(1);
            }
            _exit(0);
        }
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_int_equal(recover(&s), before);
        assert_int_equal(spool_len(s), 1);
        uint64_t id = spool_item(s, 0).id;
        assert_int_equal(spool_load(s, id, &bytes, &f, &d), ERR_OK);
        assert_true(str_eq_c(f.body, before ? "parked" : "final"));
        assert_int_equal(spool_done(s, id), ERR_OK);
        spool_close(s);
        assert_int_equal(files(), 0);
    }
}

static void parked_records_cannot_be_read_from_the_disk(void **state)
{
    (void)state;
    char command[200];
    struct retest_queue *p = open_parked(true);
    uint64_t at = put(p, "a body that is parked");
    snprintf(command, sizeof(command),
             "cd %s && test -n \"$(ls)\" && ! grep -qa -e parked -e open "
             "parked-*",
             dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(retest_queue_drop(p, at), ERR_OK);
    retest_queue_close(p);
}

static void parked_records_whose_key_is_gone_are_counted(void **state)
{
    (void)state;
    static const struct seal later = {.keys = {{9}}, .n = 1, .lasting = true};
    struct spool *s = NULL;
    struct retest_left left = {.taken = 0};
    struct diag d = {""};
    pid_t child = fork();
    if (child == 0) {
        die();
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(spool_open(dir, UINT64_MAX, &later, &s, &d), ERR_OK);
    assert_int_equal(retest_queue_recover(dir, &later, s, &left, &d), ERR_OK);
    assert_int_equal(left.taken, 0);
    assert_int_equal(left.lost, 2);
    assert_int_equal(files(), 0);
    spool_close(s);
}

/* One frame as it is, behind its length and a one. */
static void what_an_earlier_version_parked_is_taken(void **state)
{
    (void)state;
    char path[200];
    struct spool *s = NULL;
    struct frame f = frame("parked in the clear");
    struct buf file;
    struct diag d = {""};
    buf_init(&file, FRAME_MAX);
    buf_clear(&bytes);
    assert_int_equal(frame_encode(&f, &bytes), ERR_OK);
    buf_add_c(&file, "PXPARK01");
    buf_add_u32(&file, (uint32_t)bytes.len);
    buf_add_byte(&file, 1);
    assert_int_equal(buf_add_str(&file, buf_str(&bytes)), ERR_OK);
    snprintf(path, sizeof(path), "%s/parked-77-0", dir);
    assert_int_equal(fs_write_atomic(path, buf_str(&file), 0600, &d), ERR_OK);
    assert_int_equal(recover(&s), 1);
    assert_int_equal(files(), 0);
    assert_int_equal(spool_load(s, spool_item(s, 0).id, &bytes, &f, &d),
                     ERR_OK);
    assert_true(str_eq_c(f.body, "parked in the clear"));
    spool_close(s);
    buf_fini(&file);
}

static void a_stranger_file_is_removed_and_harms_nothing(void **state)
{
    (void)state;
    struct spool *s = NULL;
    char command[200];
    snprintf(command, sizeof(command),
             "cd %s && : >parked-1-0 && printf nonsense >parked-2-0 && "
             "printf 'PXPARK02\\377\\377\\377\\377\\001x' >parked-3-0",
             dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(recover(&s), 0);
    assert_int_equal(files(), 0);
    spool_close(s);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_is_parked_is_read_back),
        T(nobody_finds_what_is_not_to_be_kept),
        T(a_living_run_keeps_its_records),
        T(what_a_dead_run_left_goes_into_the_spool),
        T(of_one_site_only_the_latest_whole_record_is_taken),
        T(the_parked_record_or_its_successor_is_sent_never_both),
        T(parked_records_cannot_be_read_from_the_disk),
        T(parked_records_whose_key_is_gone_are_counted),
        T(what_an_earlier_version_parked_is_taken),
        T(a_stranger_file_is_removed_and_harms_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
