// SPDX-License-Identifier: Apache-2.0
/* Transfers over a loopback server, while the loop refuses a watch or a timer,
 * and libcurl finds no memory. epoll_ctl and event_add of this file take the
 * place of the libraries'; libcurl gets its allocator from here, because the
 * first to set it up decides.
 */
#include "base/clock.h"
#include "net/curl_loop.h"
#include "net/memory.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#define N_TRANSFERS 3
#define NEVER       LONG_MAX

/* ---- what fails ---------------------------------------------------------- */

/* The `at`-th and the `more` that follow. */
struct nth {
    long at, more, n;
};

static struct nth watches = {.at = NEVER}, timers = {.at = NEVER},
                  allocs = {.at = NEVER};

static bool fails(struct nth *f)
{
    f->n++;
    return f->n >= f->at && f->n - f->at <= f->more;
}

static void refuse(struct nth *f, long at, long more)
{
    *f = (struct nth){.at = at, .more = more};
}

static void mend(struct nth *f)
{
    f->at = NEVER;
}

int epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
    if (op != EPOLL_CTL_DEL && fails(&watches)) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_epoll_ctl, epfd, op, fd, ev);
}

int event_add(struct event *ev, const struct timeval *after)
{
    static int (*real)(struct event *, const struct timeval *);

    if (!real) {
        *(void **)&real = dlsym(RTLD_NEXT, "event_add");
    }
    return after && fails(&timers) ? -1 : real(ev, after);
}

/* As net/memory, which curl_loop would give to libcurl. */
static bool no_memory(void)
{
    if (!fails(&allocs)) {
        return false;
    }
    errno = ENOMEM;
    memory_check_errno();
    return true;
}

static void *on_malloc(size_t n)
{
    return no_memory() ? NULL : malloc(n);
}

static void *on_calloc(size_t n, size_t size)
{
    return no_memory() ? NULL : calloc(n, size);
}

static void *on_realloc(void *p, size_t n)
{
    return no_memory() ? NULL : realloc(p, n);
}

static char *on_strdup(const char *s)
{
    return no_memory() ? NULL : strdup(s);
}

/* ---- the server ---------------------------------------------------------- */

struct server {
    int fd;
    uint16_t port;
    pthread_t thread;
    bool keep; /* connections stay open */
    int connections;
};

static bool answer(struct server *s, int fd)
{
    char text[4096];
    size_t n = 0;

    while (n < sizeof(text) - 1) {
        ssize_t got = recv(fd, text + n, sizeof(text) - 1 - n, 0);
        if (got <= 0) {
            return false;
        }
        n += (size_t)got;
        text[n] = '\0';
        if (strstr(text, "\r\n\r\n")) {
            break;
        }
    }
    int len = snprintf(text, sizeof(text),
                       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n%s\r\nhello",
                       s->keep ? "" : "Connection: close\r\n");
    return send(fd, text, (size_t)len, MSG_NOSIGNAL) == len && s->keep;
}

static void *serve(void *arg)
{
    struct server *s = arg;
    int fd;

    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        s->connections++;
        while (answer(s, fd)) {
            ;
        }
        close(fd);
    }
    return NULL;
}

/* ---- the fixture --------------------------------------------------------- */

struct fixture;

struct one {
    struct curl_transfer transfer;
    struct fixture *f;
    int ends;
    CURLcode code;
    enum err trouble;
    char body[16];
    size_t len;
};

struct fixture {
    struct loop *l;
    struct curl_loop *c;
    struct server s;
    struct one all[N_TRANSFERS];
    void (*then)(struct one *o); /* called by the first that ends */
};

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct one *o = arg;

    (void)size;
    if (n <= sizeof(o->body) - o->len) {
        memcpy(o->body + o->len, p, n);
        o->len += n;
    }
    return n;
}

static void finish(struct one *o)
{
    curl_loop_remove(&o->transfer);
    curl_easy_cleanup(o->transfer.easy);
    o->transfer.easy = NULL;
}

static void on_done(void *arg, CURLcode code)
{
    struct one *o = arg;
    void (*then)(struct one *) = o->f->then;

    o->ends++;
    o->code = code;
    o->trouble = curl_loop_trouble(&o->transfer);
    finish(o);
    if (then) {
        o->f->then = NULL;
        then(o);
    }
}

static enum err begin(struct fixture *f, struct one *o)
{
    char url[64];

    *o = (struct one){.f = f};
    o->transfer.easy = curl_easy_init();
    if (!o->transfer.easy) {
        return ERR_NOMEM;
    }
    o->transfer.on_done = on_done;
    o->transfer.arg = o;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", f->s.port);
    enum err e = ERR_NOMEM;
    if (curl_easy_setopt(o->transfer.easy, CURLOPT_URL, url) == CURLE_OK &&
        curl_easy_setopt(o->transfer.easy, CURLOPT_PROXY, "") == CURLE_OK) {
        curl_easy_setopt(o->transfer.easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(o->transfer.easy, CURLOPT_TIMEOUT_MS, 30000L);
        curl_easy_setopt(o->transfer.easy, CURLOPT_WRITEFUNCTION, on_body);
        curl_easy_setopt(o->transfer.easy, CURLOPT_WRITEDATA, o);
        e = curl_loop_add(f->c, &o->transfer);
    }
    if (e != ERR_OK) {
        finish(o);
    }
    return e;
}

/* All of them, to the end. */
static void run(struct fixture *f)
{
    for (size_t i = 0; i < N_TRANSFERS; i++) {
        enum err e = begin(f, &f->all[i]);
        if (e != ERR_OK) { /* refused: that is an end, too */
            f->all[i].ends = 1;
            f->all[i].code = CURLE_ABORTED_BY_CALLBACK;
            f->all[i].trouble = e;
        } else {
            assert_int_equal(f->all[i].ends, 0);
        }
    }
    assert_int_equal(loop_run(f->l), ERR_OK);
}

static bool has_page(const struct one *o)
{
    return o->ends == 1 && o->code == CURLE_OK && o->len == 5 &&
           memcmp(o->body, "hello", 5) == 0;
}

/* How many have no page; each of these says that it was this machine. */
static int troubled(struct fixture *f)
{
    int n = 0;

    for (size_t i = 0; i < N_TRANSFERS; i++) {
        const struct one *o = &f->all[i];
        if (!has_page(o)) {
            n++;
            assert_int_equal(o->ends, 1);
            assert_true(o->trouble != ERR_OK || o->code == CURLE_OUT_OF_MEMORY);
        }
    }
    return n;
}

static int make(void **state, bool keep)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);

    *state = f;
    mend(&watches);
    mend(&timers);
    mend(&allocs);
    if (!f) {
        return -1;
    }
    f->s.keep = keep;
    f->s.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (f->s.fd < 0 || bind(f->s.fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
        listen(f->s.fd, 16) != 0 ||
        getsockname(f->s.fd, (struct sockaddr *)&a, &len) != 0 ||
        loop_new(&f->l) != ERR_OK ||
        curl_loop_new(f->l, keep, &f->c) != ERR_OK) {
        return -1;
    }
    f->s.port = ntohs(a.sin_port);
    return pthread_create(&f->s.thread, NULL, serve, &f->s);
}

static int setup(void **state)
{
    return make(state, false);
}

static int setup_keep(void **state)
{
    return make(state, true);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    curl_loop_free(f->c);
    loop_free(f->l);
    shutdown(f->s.fd, SHUT_RDWR);
    pthread_join(f->s.thread, NULL);
    close(f->s.fd);
    free(f);
    return 0;
}

/* ---- the tests ----------------------------------------------------------- */

static void transfers_end_with_their_pages(void **state)
{
    struct fixture *f = *state;

    run(f);
    assert_int_equal(troubled(f), 0);
    for (size_t i = 0; i < N_TRANSFERS; i++) {
        assert_int_equal(f->all[i].trouble, ERR_OK);
    }
}

static void a_refused_watch_ends_its_transfer_and_no_other(void **state)
{
    struct fixture *f = *state;
    long n = 1;
    int hit = 0;

    for (bool more = true; more && n < 1000; n++) {
        refuse(&watches, n, 0);
        run(f);
        more = watches.n >= n;
        assert_int_equal(troubled(f), more ? 1 : 0);
        for (size_t i = 0; i < N_TRANSFERS; i++) {
            hit += f->all[i].trouble == ERR_NOSPC;
        }
    }
    /* each is watched for its connection and for its answer */
    assert_true(n > 2 * N_TRANSFERS);
    assert_int_equal(hit, n - 2);
}

static void without_any_watch_all_end(void **state)
{
    struct fixture *f = *state;

    refuse(&watches, 1, NEVER - 1);
    run(f);
    assert_int_equal(troubled(f), N_TRANSFERS);
    mend(&watches);
    run(f);
    assert_int_equal(troubled(f), 0);
}

static void a_refused_timer_is_asked_for_again(void **state)
{
    struct fixture *f = *state;
    long n = 1;

    for (bool more = true; more && n < 1000; n++) {
        refuse(&timers, n, 0);
        run(f);
        more = timers.n >= n;
        assert_int_equal(troubled(f), 0);
    }
    assert_true(n > 2);
}

static void on_now(void *arg)
{
    ++*(int *)arg;
}

static void a_timer_for_at_once_is_never_refused(void **state)
{
    struct fixture *f = *state;
    struct loop_timer *t = NULL;
    int calls = 0, deferred = 0;

    assert_int_equal(loop_timer_new(f->l, on_now, &calls, &t), ERR_OK);
    refuse(&timers, 1, NEVER - 1);
    assert_int_equal(loop_timer_in(t, 1), ERR_NOMEM);
    assert_int_equal(loop_timer_in(t, 0), ERR_OK);
    assert_int_equal(calls, 0); /* not from inside the call */
    assert_true(loop_timer_armed(t));
    assert_int_equal(loop_defer(f->l, on_now, &deferred), ERR_OK);
    assert_int_equal(loop_defer(f->l, on_now, &deferred), ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(calls, 1);
    assert_int_equal(deferred, 2);
    assert_int_equal(loop_timer_in(t, 0), ERR_OK);
    loop_timer_stop(t);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(calls, 1);
    loop_timer_free(t);
}

static void without_any_timer_none_waits_for_ever(void **state)
{
    struct fixture *f = *state;
    long n = 1;

    for (bool more = true; more && n < 1000; n++) {
        refuse(&timers, n, NEVER - n);
        run(f);
        more = timers.n >= n;
        (void)troubled(f); /* some have their page before; the rest says why */
    }
    mend(&timers);
    run(f);
    assert_int_equal(troubled(f), 0);
}

static void begin_if_possible(struct one *o)
{
    enum err e = begin(o->f, o);

    if (e != ERR_OK) {
        *o = (struct one){.f = o->f, .ends = 1, .trouble = e};
    }
}

/* The one that is begun is asked about when its time was refused already. */
static void without_any_timer_one_begun_again_ends_too(void **state)
{
    struct fixture *f = *state;
    long n = 1;

    for (bool more = true; more && n < 1000; n++) {
        f->then = begin_if_possible;
        refuse(&timers, n, NEVER - n);
        run(f);
        more = timers.n >= n;
        (void)troubled(f); /* it asserts that all ended */
    }
    f->then = NULL;
    mend(&timers);
    run(f);
    assert_int_equal(troubled(f), 0);
}

/* The n-th allocation, for every n: whatever it was for, no transfer ends as if
 * its peer had done something, and the next ones have their pages. */
static void want_of_memory_is_nobody_elses_fault(void **state)
{
    struct fixture *f = *state;
    long n = 1;

    for (bool more = true; more && n < 10000; n++) {
        refuse(&allocs, n, 0);
        run(f);
        more = allocs.n >= n;
        mend(&allocs);
        (void)troubled(f); /* checks that each says so */
        run(f);
        assert_int_equal(troubled(f), 0);
    }
    assert_true(n > 100);
}

static void a_removed_transfer_is_not_heard_of(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(begin(f, &f->all[0]), ERR_OK);
    assert_int_equal(begin(f, &f->all[1]), ERR_OK);
    finish(&f->all[0]);
    curl_loop_remove(&f->all[0].transfer); /* does nothing */
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->all[0].ends, 0);
    assert_true(has_page(&f->all[1]));
}

static void remove_others(struct one *o)
{
    for (size_t i = 0; i < N_TRANSFERS; i++) {
        if (o->f->all[i].transfer.easy) {
            finish(&o->f->all[i]);
        }
    }
}

static void one_that_ends_may_remove_the_others(void **state)
{
    struct fixture *f = *state;
    int ends = 0;

    f->then = remove_others;
    run(f);
    for (size_t i = 0; i < N_TRANSFERS; i++) {
        ends += f->all[i].ends;
    }
    assert_int_equal(ends, 1);
}

static void free_all(struct one *o)
{
    remove_others(o);
    curl_loop_free(o->f->c);
    o->f->c = NULL;
}

static void one_that_ends_may_free_everything(void **state)
{
    struct fixture *f = *state;

    f->then = free_all;
    run(f);
    assert_null(f->c);
}

static void begin_again(struct one *o)
{
    assert_int_equal(begin(o->f, o), ERR_OK);
}

static void one_that_ends_may_begin_again(void **state)
{
    struct fixture *f = *state;

    f->then = begin_again;
    run(f);
    assert_int_equal(troubled(f), 0);
    assert_int_equal(f->s.connections, N_TRANSFERS + 1);
}

static void connections_are_kept_where_that_is_wanted(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(begin(f, &f->all[0]), ERR_OK);
        assert_int_equal(loop_run(f->l), ERR_OK);
        assert_true(has_page(&f->all[0]));
    }
    assert_int_equal(f->s.connections, 1);
}

/* What libcurl keeps (the trusted authorities, its list of sockets) may be
 * incomplete. */
static void nothing_is_kept_from_when_memory_ran_out(void **state)
{
    struct fixture *f = *state;
    long n = 1;

    for (bool more = true; more && n < 10000; n++) {
        refuse(&allocs, n, 0);
        bool begun = begin(f, &f->all[0]) == ERR_OK;
        assert_int_equal(loop_run(f->l), ERR_OK);
        more = allocs.n >= n;
        mend(&allocs);
        if (begun && !has_page(&f->all[0])) {
            assert_int_equal(f->all[0].ends, 1);
            assert_true(f->all[0].trouble != ERR_OK ||
                        f->all[0].code == CURLE_OUT_OF_MEMORY);
        }
        assert_int_equal(begin(f, &f->all[0]), ERR_OK);
        assert_int_equal(loop_run(f->l), ERR_OK);
        assert_true(has_page(&f->all[0]));
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define KEEP(f) cmocka_unit_test_setup_teardown(f, setup_keep, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(transfers_end_with_their_pages),
        TEST(a_refused_watch_ends_its_transfer_and_no_other),
        TEST(without_any_watch_all_end),
        TEST(a_timer_for_at_once_is_never_refused),
        TEST(a_refused_timer_is_asked_for_again),
        TEST(without_any_timer_none_waits_for_ever),
        TEST(without_any_timer_one_begun_again_ends_too),
        TEST(want_of_memory_is_nobody_elses_fault),
        TEST(a_removed_transfer_is_not_heard_of),
        TEST(one_that_ends_may_remove_the_others),
        TEST(one_that_ends_may_free_everything),
        TEST(one_that_ends_may_begin_again),
        KEEP(connections_are_kept_where_that_is_wanted),
        KEEP(nothing_is_kept_from_when_memory_ran_out),
    };

    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, on_malloc, free, on_realloc,
                             on_strdup, on_calloc) != CURLE_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
