// SPDX-License-Identifier: Apache-2.0
/* Lookups against a name server in this process that answers as told. */
#include "net/lookup.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "tests/unit/tmp.h"
#include "wire/dnsmsg.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum trick {
    HONEST,
    FORGE_FIRST, /* a forged answer right before the true one */
    WRONG_ID,    /* an answer with another id, then the true one */
    TRUNCATE,    /* over UDP; the truth over TCP */
    SILENT,
    LOSE_TWO, /* the first two questions get lost */
    RCODE,
    GARBAGE,
    LATE, /* the true answer once more, 100 ms after the lookup is done */
    WRONG_QUESTION,
    LONG,  /* 60 addresses over UDP */
    BOAST, /* claims 65,535 records */
    FLOOD, /* the answer, then 300 more of 2,000 bytes */
};

struct fixture {
    struct loop *l;
    struct resolver *r;
    struct budget sockets;
    struct region *region;
    int udp, tcp;
    struct loop_io *udp_io, *tcp_io, *conn_io[4];
    int conns[4], n_conns;
    struct loop_timer *watchdog, *stop;
    char server[32];
    enum trick trick;
    uint8_t rcode;
    unsigned asked;
    uint8_t flags; /* of the last question */
    struct sockaddr_in late_to;
    uint8_t late[512];
    size_t late_len;
    uint64_t up, down;
    /* what came out */
    struct lookup *lookup;
    struct dns_exchange main[8], extra[8];
    size_t n_main, n_extra;
    unsigned done, closed;
    char failure[64];
    size_t n_addrs;
    struct ip first;
    int64_t t_done, t_closed;
    int64_t round_done, round_closed; /* of the loop */
};

static size_t make_answer(const uint8_t *q, size_t len, uint8_t *a,
                          uint8_t last, uint8_t flags2, uint8_t rcode,
                          bool answers)
{
    bool is_a = q[len - 3] == DNS_A;
    memcpy(a, q, len);
    a[2] = (uint8_t)(0x81 | flags2);
    a[3] = (uint8_t)(0x80 | rcode);
    a[7] = answers && is_a ? 1 : 0;
    if (a[7] == 0) {
        return len;
    }
    const uint8_t rr[] = {0xc0, 12, 0, 1, 0,   1, 0, 0,
                          0,    60, 0, 4, 192, 0, 2, last};
    memcpy(a + len, rr, sizeof(rr));
    return len + sizeof(rr);
}

/* Not by a timer: the end of listening might be due in the same round. */
static void send_late(struct fixture *f)
{
    if (f->late_len == 0) {
        return;
    }
    usleep(100000);
    sendto(f->udp, f->late, f->late_len, 0, (struct sockaddr *)&f->late_to,
           sizeof(f->late_to));
}

static void send_many(struct fixture *f, const uint8_t *q, size_t len,
                      const struct sockaddr *to)
{
    uint8_t a[2000] = {0};
    size_t n = make_answer(q, len, a, 1, 0, 0, true), rr = n - len;

    for (uint8_t i = 2; i <= 60; i++, n += rr) {
        memcpy(a + n, a + len, rr);
        a[n + rr - 1] = i;
    }
    a[7] = 60;
    sendto(f->udp, a, n, 0, to, sizeof(struct sockaddr_in));
    for (int i = 0; f->trick == FLOOD && i < 300; i++) {
        sendto(f->udp, a, sizeof(a), 0, to, sizeof(struct sockaddr_in));
    }
}

static void on_question(void *arg, int fd, unsigned what)
{
    struct fixture *f = arg;
    uint8_t q[512], a[600];
    struct sockaddr_in from;
    socklen_t flen = sizeof(from);
    ssize_t n = recvfrom(fd, q, sizeof(q), 0, (struct sockaddr *)&from, &flen);
    (void)what;
    assert_true(n > 12);
    f->asked++;
    f->flags = q[3];
    size_t len = (size_t)n;
    bool is_a = q[len - 3] == DNS_A;
    size_t alen = make_answer(q, len, a, 1, 0, 0, true);
    struct sockaddr *to = (struct sockaddr *)&from;
    uint8_t bad[600];
    size_t blen = make_answer(q, len, bad, 66, 0, 0, true);
    switch (f->trick) {
    case SILENT:
        return;
    case LOSE_TWO:
        if (f->asked <= 2) {
            return;
        }
        break;
    case FORGE_FIRST:
        sendto(fd, bad, blen, 0, to, flen);
        break;
    case WRONG_ID:
        bad[0] ^= 0xff;
        sendto(fd, bad, blen, 0, to, flen);
        break;
    case WRONG_QUESTION:
        bad[13] ^= 1;
        sendto(fd, bad, blen, 0, to, flen);
        break;
    case TRUNCATE:
        alen = make_answer(q, len, a, 1, 0x02, 0, false);
        break;
    case RCODE:
        alen = make_answer(q, len, a, 1, 0, f->rcode, false);
        break;
    case GARBAGE:
        alen = 13;
        break;
    case LATE:
        if (is_a) {
            f->late_to = from;
            memcpy(f->late, a, alen);
            f->late_len = alen;
        }
        break;
    case BOAST:
        a[6] = a[7] = 0xff;
        break;
    case LONG:
    case FLOOD:
        if (!is_a) {
            break;
        }
        send_many(f, q, len, to);
        return;
    case HONEST:
    default:
        break;
    }
    sendto(fd, a, alen, 0, to, flen);
}

static void on_stream(void *arg, int fd, unsigned what)
{
    struct fixture *f = arg;
    uint8_t q[514], a[602];
    ssize_t n = recv(fd, q, sizeof(q), 0);
    (void)what;
    if (n <= 14) {
        return;
    }
    size_t len = make_answer(q + 2, (size_t)n - 2, a + 2, 7, 0, 0, true);
    a[0] = (uint8_t)(len >> 8);
    a[1] = (uint8_t)len;
    assert_int_equal(send(fd, a, len + 2, 0), (ssize_t)len + 2);
    for (int i = 0; i < f->n_conns; i++) { /* one question each */
        if (f->conns[i] == fd) {
            assert_int_equal(loop_io_set(f->conn_io[i], 0), ERR_OK);
        }
    }
}

static void on_accept(void *arg, int fd, unsigned what)
{
    struct fixture *f = arg;
    (void)what;
    int conn = accept(fd, NULL, NULL), i = f->n_conns++;
    assert_true(conn >= 0 && i < 4);
    f->conns[i] = conn;
    assert_int_equal(
        loop_io_new(f->l, conn, LOOP_READ, on_stream, f, &f->conn_io[i]),
        ERR_OK);
}

static void on_watchdog(void *arg)
{
    (void)arg;
    fail_msg("the lookup did not end");
}

static void on_stop(void *arg)
{
    loop_stop(((struct fixture *)arg)->l);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sockaddr_in sin = {.sin_family = AF_INET};
    socklen_t len = sizeof(sin);
    *state = f;
    assert_int_equal(crypto_setup(), ERR_OK);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    f->tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    f->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(f->tcp, (struct sockaddr *)&sin, sizeof(sin)), 0);
    assert_int_equal(getsockname(f->tcp, (struct sockaddr *)&sin, &len), 0);
    assert_int_equal(bind(f->udp, (struct sockaddr *)&sin, sizeof(sin)), 0);
    assert_int_equal(listen(f->tcp, 8), 0);
    snprintf(f->server, sizeof(f->server), "127.0.0.1:%u", ntohs(sin.sin_port));
    assert_int_equal(loop_new(&f->l), ERR_OK);
    assert_int_equal(budget_init(&f->sockets, f->l, 8), ERR_OK);
    struct resolver_config cfg = {
        .sockets = &f->sockets, .up = &f->up, .down = &f->down};
    assert_int_equal(resolver_new(f->l, &cfg, &f->r), ERR_OK);
    assert_int_equal(
        loop_io_new(f->l, f->udp, LOOP_READ, on_question, f, &f->udp_io),
        ERR_OK);
    assert_int_equal(
        loop_io_new(f->l, f->tcp, LOOP_READ, on_accept, f, &f->tcp_io), ERR_OK);
    assert_int_equal(loop_timer_new(f->l, on_watchdog, f, &f->watchdog),
                     ERR_OK);
    assert_int_equal(loop_timer_new(f->l, on_stop, f, &f->stop), ERR_OK);
    f->region = region_new(1 << 20);
    return f->region ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(f->sockets.free, 8); /* every socket was given back */
    resolver_free(f->r);
    budget_fini(&f->sockets);
    loop_io_free(f->udp_io);
    loop_io_free(f->tcp_io);
    for (int i = 0; i < f->n_conns; i++) {
        loop_io_free(f->conn_io[i]);
        close(f->conns[i]);
    }
    loop_timer_free(f->watchdog);
    loop_timer_free(f->stop);
    loop_free(f->l);
    region_free(f->region);
    close(f->udp);
    close(f->tcp);
    free(f);
    return 0;
}

static void on_exchange(void *arg, const struct dns_exchange *x)
{
    struct fixture *f = arg;
    if (x->extra && f->n_extra < 8) {
        f->extra[f->n_extra++] = *x;
    } else if (!x->extra && f->n_main < 8) {
        f->main[f->n_main++] = *x;
    }
}

static void on_done(void *arg, const struct lookup_result *res)
{
    struct fixture *f = arg;
    f->done++;
    f->t_done = clock_mono_us();
    f->round_done = loop_now_us(f->l);
    str_copy(f->failure, sizeof(f->failure), res->failure ? res->failure : "");
    f->n_addrs = res->n_addrs;
    if (res->n_addrs > 0) {
        f->first = res->addrs[0];
    }
    assert_int_equal(res->internal, ERR_OK);
    send_late(f);
}

static void on_closed(void *arg)
{
    struct fixture *f = arg;
    f->closed++;
    f->t_closed = clock_mono_us();
    f->round_closed = loop_now_us(f->l);
    f->lookup = NULL;
    loop_stop(f->l);
}

static void ask(struct fixture *f, bool linger)
{
    struct lookup_request q = {
        .via = LOOKUP_UDP,
        .host = "www.example.com",
        .server = f->server,
        .linger = linger,
        .region = f->region,
        .on_exchange = on_exchange,
        .on_done = on_done,
        .on_closed = on_closed,
        .arg = f,
    };
    assert_int_equal(lookup_start(f->r, &q, &f->lookup), ERR_OK);
    assert_int_equal(f->done, 0); /* never from within the call */
    assert_int_equal(loop_timer_in(f->watchdog, 30 * US_PER_S), ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK);
    assert_int_equal(f->done, 1);
    assert_int_equal(f->closed, 1);
}

static const struct dns_exchange *of(const struct dns_exchange *x, size_t n,
                                     uint16_t type, const char *engine)
{
    for (size_t i = 0; i < n; i++) {
        if (x[i].type == type && strcmp(x[i].engine, engine) == 0) {
            return &x[i];
        }
    }
    fail_msg("no such exchange");
    return NULL;
}

static void both_types_are_asked_and_kept_with_their_bytes(void **state)
{
    struct fixture *f = *state;
    ask(f, true);
    assert_string_equal(f->failure, "");
    assert_int_equal(f->n_addrs, 1);
    assert_int_equal(f->first.b[3], 1);
    assert_int_equal(f->n_main, 2);
    assert_int_equal(f->n_extra, 0);
    const struct dns_exchange *a = of(f->main, 2, DNS_A, "udp");
    assert_null(a->failure);
    assert_true(a->raw.len > 12);
    assert_true(a->t >= a->t0);
    assert_int_equal(a->n_answers, 1);
    assert_int_equal(a->answers[0].ttl, 60);
    assert_string_equal(of(f->main, 2, DNS_AAAA, "udp")->failure,
                        "dns_no_answer");
    /* listening on does not delay the result */
    assert_true(f->t_closed - f->t_done >= 450000);
    assert_true(f->up > 0 && f->down > 0);
}

static void the_first_answer_counts_and_the_second_is_kept(void **state)
{
    struct fixture *f = *state;
    f->trick = FORGE_FIRST;
    ask(f, true);
    assert_int_equal(f->first.b[3], 66);
    const struct dns_exchange *x = of(f->extra, f->n_extra, DNS_A, "udp");
    assert_int_equal(x->answers[0].ip.b[3], 1);
    assert_true(x->extra);
}

static void an_answer_longer_than_512_bytes_is_read_in_full(void **state)
{
    struct fixture *f = *state;
    f->trick = LONG;
    ask(f, false);
    const struct dns_exchange *a = of(f->main, f->n_main, DNS_A, "udp");
    assert_null(a->failure);
    assert_true(a->raw.len > 900);
    assert_int_equal(a->n_answers, 60);
}

static void a_boasting_answer_is_the_servers_fault(void **state)
{
    struct fixture *f = *state;
    f->trick = BOAST;
    ask(f, false);
    assert_string_equal(f->failure, "dns_server_misbehaving");
}

static void of_a_flood_only_little_is_kept(void **state)
{
    struct fixture *f = *state;
    f->trick = FLOOD;
    ask(f, true);
    assert_true(f->n_addrs > 0);
    assert_true(region_used(f->region) < 256 * 1024);
}

static void a_late_answer_is_kept_too(void **state)
{
    struct fixture *f = *state;
    f->trick = LATE;
    ask(f, true);
    assert_int_equal(f->n_extra, 1);
    assert_true(f->extra[0].t - f->extra[0].t0 >= 90000);
}

static void nobody_listens_on_when_not_asked_to(void **state)
{
    struct fixture *f = *state;
    ask(f, false);
    assert_true(f->round_closed == f->round_done);
}

static void a_wrong_id_ends_the_query_and_the_truth_is_kept(void **state)
{
    struct fixture *f = *state;
    f->trick = WRONG_ID;
    ask(f, true);
    assert_string_equal(f->failure, "dns_reply_with_wrong_query_id");
    assert_int_equal(f->n_addrs, 0);
    const struct dns_exchange *x = of(f->extra, f->n_extra, DNS_A, "udp");
    assert_null(x->failure);
    assert_int_equal(x->answers[0].ip.b[3], 1);
}

static void an_answer_to_another_question_is_passed_over(void **state)
{
    struct fixture *f = *state;
    f->trick = WRONG_QUESTION;
    ask(f, true);
    assert_string_equal(f->failure, "");
    assert_int_equal(f->first.b[3], 1);
}

static void a_truncated_answer_is_asked_again_over_tcp(void **state)
{
    struct fixture *f = *state;
    f->trick = TRUNCATE;
    ask(f, true);
    assert_string_equal(f->failure, "");
    assert_int_equal(f->first.b[3], 7);
    const struct dns_exchange *udp = of(f->main, f->n_main, DNS_A, "udp");
    assert_true(udp->truncated);
    assert_null(udp->failure); /* never read as no answer */
    assert_int_equal(of(f->main, f->n_main, DNS_A, "tcp")->n_answers, 1);
}

static void rcodes_become_failures(void **state)
{
    static const struct {
        uint8_t rcode;
        const char *failure;
    } table[] = {{3, "dns_nxdomain_error"},
                 {2, "dns_servfail_error"},
                 {5, "dns_refused_error"},
                 {4, "dns_server_misbehaving"}};
    struct fixture *f = *state;
    f->trick = RCODE;
    for (size_t i = 0; i < 4; i++) {
        f->done = f->closed = 0;
        f->n_main = 0;
        f->rcode = table[i].rcode;
        ask(f, false);
        assert_string_equal(f->failure, table[i].failure);
        assert_int_equal(f->main[0].rcode, table[i].rcode);
    }
}

static void a_closed_port_is_a_refusal(void **state)
{
    struct fixture *f = *state;
    str_copy(f->server, sizeof(f->server), "127.0.0.1:9");
    ask(f, true);
    assert_string_equal(f->failure, "connection_refused");
}

static void silence_is_a_timeout_after_four_seconds(void **state)
{
    struct fixture *f = *state;
    int64_t t0 = clock_mono_us();
    f->trick = SILENT;
    ask(f, false);
    assert_string_equal(f->failure, "generic_timeout_error");
    assert_in_range(f->t_done - t0, 3900000, 20000000);
}

static void wait_for(struct fixture *f, struct lookup_request *q)
{
    q->via = LOOKUP_UDP;
    q->host = "www.example.com";
    q->server = f->server;
    q->region = f->region;
    q->on_exchange = on_exchange;
    q->on_done = on_done;
    q->on_closed = on_closed;
    q->arg = f;
    assert_int_equal(lookup_start(f->r, q, &f->lookup), ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK);
}

static void what_got_lost_is_asked_once_more(void **state)
{
    struct fixture *f = *state;
    struct lookup_request q = {.repeat_us = US_PER_S};
    f->trick = LOSE_TWO;
    wait_for(f, &q);
    assert_string_equal(f->failure, "");
    assert_int_equal(f->asked, 4);
    assert_int_equal(f->n_main, 4); /* each question stands in the record */
    assert_string_equal(f->main[0].failure, "generic_timeout_error");
    assert_string_equal(f->main[1].failure, "generic_timeout_error");
}

static void silence_is_asked_twice_and_no_more(void **state)
{
    struct fixture *f = *state;
    struct lookup_request q = {.repeat_us = US_PER_S};
    f->trick = SILENT;
    wait_for(f, &q);
    assert_string_equal(f->failure, "generic_timeout_error");
    assert_int_equal(f->asked, 4);
    assert_int_equal(f->n_main, 4);
}

static void a_question_may_ask_for_no_check_of_signatures(void **state)
{
    struct fixture *f = *state;
    struct lookup_request q = {.only_a = true, .unchecked = true};
    f->trick = HONEST;
    wait_for(f, &q);
    assert_int_equal(f->flags, 0x10);
    assert_true(f->main[0].unchecked);
    struct lookup_request plain = {.only_a = true};
    wait_for(f, &plain);
    assert_int_equal(f->flags, 0);
    assert_false(f->main[1].unchecked);
}

static void a_cancelled_lookup_calls_nobody(void **state)
{
    struct fixture *f = *state;
    struct lookup_request q = {.via = LOOKUP_UDP,
                               .host = "www.example.com",
                               .server = f->server,
                               .linger = true,
                               .region = f->region,
                               .on_done = on_done,
                               .arg = f};
    struct lookup *l;
    assert_int_equal(lookup_start(f->r, &q, &l), ERR_OK);
    lookup_cancel(l);
    assert_int_equal(f->done, 0);
    assert_int_equal(f->sockets.free, 8);
}

enum place {
    IN_RESULT,
    IN_DONE,
    IN_EXTRA,
    PLACES
};

struct canceller {
    struct fixture *f;
    enum place where;
    unsigned after; /* calls after it was cancelled */
};

static void cancel_here(struct canceller *c)
{
    c->after += !c->f->lookup;
    lookup_cancel(c->f->lookup);
    c->f->lookup = NULL;
    send_late(c->f);
    /* long enough for late answers and for the end of listening */
    assert_int_equal(loop_timer_in(c->f->stop, 700 * US_PER_MS), ERR_OK);
}

static void cancel_on_exchange(void *arg, const struct dns_exchange *x)
{
    struct canceller *c = arg;
    if (!c->f->lookup || c->where == (x->extra ? IN_EXTRA : IN_RESULT)) {
        cancel_here(c);
    }
}

static void cancel_on_done(void *arg, const struct lookup_result *res)
{
    struct canceller *c = arg;
    (void)res;
    if (!c->f->lookup || c->where == IN_DONE) {
        cancel_here(c);
    } else {
        send_late(c->f);
    }
}

static void count_closed(void *arg)
{
    ((struct canceller *)arg)->after++;
}

static void a_lookup_may_be_cancelled_by_whoever_it_calls(void **state)
{
    struct fixture *f = *state;
    f->trick = LATE;
    for (enum place where = IN_RESULT; where < PLACES; where++) {
        struct canceller c = {.f = f, .where = where};
        struct lookup_request q = {.via = LOOKUP_UDP,
                                   .host = "www.example.com",
                                   .server = f->server,
                                   .linger = true,
                                   .region = f->region,
                                   .on_exchange = cancel_on_exchange,
                                   .on_done = cancel_on_done,
                                   .on_closed = count_closed,
                                   .arg = &c};
        assert_int_equal(lookup_start(f->r, &q, &f->lookup), ERR_OK);
        assert_int_equal(loop_timer_in(f->watchdog, 30 * US_PER_S), ERR_OK);
        assert_int_equal(loop_run(f->l), ERR_OK);
        assert_null(f->lookup);
        assert_int_equal(c.after, 0);
        assert_int_equal(f->sockets.free, 8);
    }
}

static void lookups_wait_for_a_free_socket(void **state)
{
    struct fixture *f = *state;
    struct budget_wait w;
    assert_true(budget_take(&f->sockets, &w, 7, NULL, NULL));
    ask(f, false); /* A and AAAA one after the other */
    assert_int_equal(f->n_addrs, 1);
    budget_give(&f->sockets, 7);
}

static void names_in_the_hosts_file_are_not_asked_for(void **state)
{
    struct fixture *f = *state;
    char path[64];
    tmp_path(path, sizeof(path), "parallax-hosts-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(write(fd, "192.0.2.9 www.example.com\n", 26) == 26);
    close(fd);
    resolver_free(f->r);
    struct resolver_config cfg = {
        .hosts = path, .sockets = &f->sockets, .up = &f->up, .down = &f->down};
    assert_int_equal(resolver_new(f->l, &cfg, &f->r), ERR_OK);
    struct lookup_request q = {.via = LOOKUP_SYSTEM,
                               .host = "www.example.com",
                               .region = f->region,
                               .on_exchange = on_exchange,
                               .on_done = on_done,
                               .on_closed = on_closed,
                               .arg = f};
    assert_int_equal(lookup_start(f->r, &q, &f->lookup), ERR_OK);
    assert_int_equal(loop_run(f->l), ERR_OK);
    unlink(path);
    assert_int_equal(f->n_addrs, 1);
    assert_int_equal(f->first.b[3], 9);
    assert_int_equal(f->n_main, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_types_are_asked_and_kept_with_their_bytes),
        TEST(the_first_answer_counts_and_the_second_is_kept),
        TEST(an_answer_longer_than_512_bytes_is_read_in_full),
        TEST(a_boasting_answer_is_the_servers_fault),
        TEST(of_a_flood_only_little_is_kept),
        TEST(a_late_answer_is_kept_too),
        TEST(nobody_listens_on_when_not_asked_to),
        TEST(a_wrong_id_ends_the_query_and_the_truth_is_kept),
        TEST(an_answer_to_another_question_is_passed_over),
        TEST(a_truncated_answer_is_asked_again_over_tcp),
        TEST(rcodes_become_failures),
        TEST(a_closed_port_is_a_refusal),
        TEST(silence_is_a_timeout_after_four_seconds),
        TEST(what_got_lost_is_asked_once_more),
        TEST(silence_is_asked_twice_and_no_more),
        TEST(a_question_may_ask_for_no_check_of_signatures),
        TEST(a_cancelled_lookup_calls_nobody),
        TEST(a_lookup_may_be_cancelled_by_whoever_it_calls),
        TEST(lookups_wait_for_a_free_socket),
        TEST(names_in_the_hosts_file_are_not_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
