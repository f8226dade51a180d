// SPDX-License-Identifier: Apache-2.0
// The lab's censor and what it reads off the wire, without a network.
#include "box.h"
#include "dnsforge.h"
#include "flow.h"
#include "lines.h"
#include "packet.h"
#include "sitelist.h"
#include "six.h"
#include "sni.h"
#include "tests/unit/tmp.h"
#include "util.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

// A lab's configuration lives as long as its process and has no end of its
// own, so that leak checking has nothing to say here.
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
    return 1;
}

static struct lab_conf *conf_of(const char *text)
{
    struct lab_conf *c = lab_alloc(1, sizeof(*c));
    lab_conf_init(c);
    if (!lab_lines_text(c, "t.lab", ".", text) || !lab_conf_finish(c) ||
        !lab_conf_settle(c)) {
        print_message("%s\n", c->error);
    }
    return c;
}

static void urls_give_hosts_as_browsers_ask_for_them(void **state)
{
    (void)state;
    char host[256];
    struct lab_port p;
    const char *u = "https://User:pw@B\xc3\xbc"
                    "cher.Example:8443/a?b";
    assert_true(lab_url_host(u, strlen(u), host, &p));
    assert_string_equal(host, "xn--bcher-kva.example");
    assert_int_equal(p.port, 8443);
    assert_true(p.tls);
    u = "http://a_b.example.";
    assert_true(lab_url_host(u, strlen(u), host, &p));
    assert_string_equal(host, "a_b.example");
    assert_int_equal(p.port, 80);
    u = "ftp://a.example/";
    assert_false(lab_url_host(u, strlen(u), host, &p));
    u = "https:///path";
    assert_false(lab_url_host(u, strlen(u), host, &p));
    u = "https://a.example:99999/";
    assert_false(lab_url_host(u, strlen(u), host, &p));
}

// A ClientHello with the name `www.example.com`, in one record.
static size_t hello(uint8_t *out)
{
    static const char name[] = "www.example.com";
    size_t n = sizeof(name) - 1;
    uint8_t b[256] = {3, 3};
    size_t at = 34;
    b[at++] = 0;            // session id
    at += 2, b[at - 1] = 2; // cipher suites
    b[at++] = 0x13, b[at++] = 1;
    b[at++] = 1, b[at++] = 0; // compression
    at += 2, b[at - 1] = (uint8_t)(n + 9);
    at += 2; // server_name
    at += 2, b[at - 1] = (uint8_t)(n + 5);
    at += 2, b[at - 1] = (uint8_t)(n + 3);
    b[at++] = 0;
    at += 2, b[at - 1] = (uint8_t)n;
    memcpy(b + at, name, n);
    at += n;
    uint8_t head[9] = {22, 3, 1, 0, (uint8_t)(at + 4), 1, 0, 0, (uint8_t)at};
    memcpy(out, head, 9);
    memcpy(out + 9, b, at);
    return at + 9;
}

static void a_server_name_is_found_once_all_of_it_is_there(void **state)
{
    (void)state;
    uint8_t p[512];
    char name[256];
    size_t n = hello(p);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(lab_sni_find(p, i, name), LAB_SNI_MORE);
    }
    assert_int_equal(lab_sni_find(p, n, name), LAB_SNI_FOUND);
    assert_string_equal(name, "www.example.com");
    assert_int_equal(lab_sni_find((const uint8_t *)"GET / ", 6, name),
                     LAB_SNI_NONE);
}

static void a_broken_hello_never_reads_beyond_its_end(void **state)
{
    (void)state;
    uint8_t good[512];
    char name[256];
    size_t n = hello(good);
    for (size_t i = 0; i < n; i++) {
        for (int v = 0; v < 256; v += 51) {
            // Exactly as large as it is, so that a sanitizer sees a read
            // behind it.
            uint8_t *p = lab_alloc(n, 1);
            memcpy(p, good, n);
            p[i] = (uint8_t)v;
            lab_sni_find(p, n, name);
            free(p);
        }
    }
}

static void a_host_header_is_found(void **state)
{
    (void)state;
    char name[256];
    const char *r = "GET / HTTP/1.1\r\nX: y\r\nHost: a.example:80\r\n\r\n";
    const uint8_t *p = (const uint8_t *)r;
    assert_int_equal(lab_http_host(p, 20, name), LAB_SNI_MORE);
    assert_int_equal(lab_http_host(p, strlen(r), name), LAB_SNI_FOUND);
    assert_string_equal(name, "a.example");
    r = "GET / HTTP/1.1\r\n\r\n";
    assert_int_equal(lab_http_host((const uint8_t *)r, strlen(r), name),
                     LAB_SNI_NONE);
}

static const uint8_t query[] = {0x12, 0x34, 1,   0, 0, 1,   0,   0,
                                0,    0,    0,   0, 3, 'W', 'w', 'w',
                                2,    'e',  'x', 0, 0, 1,   0,   1};

static void a_forged_answer_keeps_id_question_and_case(void **state)
{
    (void)state;
    struct lab_question q;
    assert_true(lab_dns_question(query, sizeof(query), &q));
    assert_string_equal(q.name, "www.ex");
    assert_int_equal(q.type, LAB_DNS_A);
    uint8_t out[128];
    static const uint8_t addr[4] = {10, 10, 34, 35};
    size_t n = lab_dns_forge(out, sizeof(out), query, &q, false, addr, 4);
    assert_int_equal(n, sizeof(query) + 16);
    assert_memory_equal(out, query, 2);
    assert_memory_equal(out + 12, query + 12, sizeof(query) - 12);
    assert_int_equal(out[2] & 0x80, 0x80);
    assert_int_equal(out[7], 1);
    assert_memory_equal(out + n - 4, addr, 4);
    n = lab_dns_forge(out, sizeof(out), query, &q, true, NULL, 0);
    assert_int_equal(n, sizeof(query));
    assert_int_equal(out[3] & 15, 3);
    assert_int_equal(lab_dns_forge(out, 20, query, &q, true, NULL, 0), 0);
    for (size_t i = 0; i < sizeof(query); i++) {
        assert_false(lab_dns_question(query, i, &q));
    }
}

static void a_packet_made_is_a_packet_read(void **state)
{
    (void)state;
    uint8_t out[LAB_PACKET_MAX];
    struct lab_packet p;
    struct lab_packet like = {.src = inet_addr("1.2.3.4"),
                              .dst = inet_addr("5.6.7.8"),
                              .sport = 443,
                              .dport = 40000,
                              .seq = 0xfffffff0,
                              .ack = 7,
                              .ttl = 63,
                              .flags = LAB_TCP_RST | LAB_TCP_ACK};
    size_t n = lab_packet_tcp(out, &like, "abc", 3);
    assert_true(lab_packet_parse(&p, out, n));
    assert_int_equal(p.sport, 443);
    assert_int_equal(p.seq, 0xfffffff0);
    assert_int_equal(p.flags, LAB_TCP_RST | LAB_TCP_ACK);
    assert_int_equal(p.len, 3);
    assert_memory_equal(p.data, "abc", 3);
    for (size_t i = 0; i < n; i++) {
        assert_false(lab_packet_parse(&p, out, i));
    }
    assert_int_equal(lab_packet_tcp(out, &like, NULL, LAB_PACKET_MAX), 0);
}

struct sent {
    int n;
    uint8_t last[LAB_PACKET_MAX];
    size_t len;
    int64_t after_us;
};

static void on_send(void *arg, int64_t after_us, const void *packet, size_t len)
{
    struct sent *s = arg;
    s->n++;
    s->after_us = after_us;
    s->len = len;
    memcpy(s->last, packet, len);
}

struct box_test {
    struct lab_conf *conf;
    struct lab_truth *truth;
    struct lab_box *box;
    struct sent sent;
    char path[64];
    uint32_t seq;
    int64_t now;
};

static void box_open(struct box_test *t, const char *scenario)
{
    *t = (struct box_test){.conf = conf_of(scenario), .seq = 100, .now = 1};
    char name[32];
    snprintf(name, sizeof(name), "test_lab.%d", (int)getpid());
    tmp_path(t->path, sizeof(t->path), name);
    t->truth = lab_truth_open(t->path);
    t->box = lab_box_new(t->conf, t->truth, on_send, &t->sent);
}

static void box_close(struct box_test *t)
{
    lab_box_free(t->box);
    lab_truth_close(t->truth);
    unlink(t->path);
    free(t->conf);
}

static struct lab_verdict client_says(struct box_test *t, uint16_t port,
                                      uint8_t flags, const void *p, size_t len)
{
    uint8_t out[LAB_PACKET_MAX];
    struct lab_packet like = {.src = inet_addr("130.192.91.211"),
                              .dst = inet_addr("93.184.216.34"),
                              .sport = 50000,
                              .dport = port,
                              .seq = t->seq,
                              .ack = 900,
                              .ttl = 64,
                              .flags = flags};
    size_t n = lab_packet_tcp(out, &like, p, len);
    t->seq += (uint32_t)len + (flags & LAB_TCP_SYN ? 1 : 0);
    return lab_box_packet(t->box, out, n, true, t->now++);
}

static struct lab_verdict server_says(struct box_test *t, uint16_t port,
                                      size_t len)
{
    uint8_t out[LAB_PACKET_MAX];
    static const char zeros[1400];
    struct lab_packet like = {.src = inet_addr("93.184.216.34"),
                              .dst = inet_addr("130.192.91.211"),
                              .sport = port,
                              .dport = 50000,
                              .ttl = 64,
                              .flags = LAB_TCP_ACK};
    size_t n = lab_packet_tcp(out, &like, zeros, len);
    return lab_box_packet(t->box, out, n, false, t->now++);
}

static void a_name_cut_over_segments_out_of_order_is_reset(void **state)
{
    (void)state;
    struct box_test t;
    uint8_t p[512];
    size_t n = hello(p);
    box_open(&t, "rst sni www.example.com\n");
    client_says(&t, 443, LAB_TCP_SYN, NULL, 0);
    uint32_t first = t.seq;
    t.seq = first + 30;
    client_says(&t, 443, LAB_TCP_ACK, p + 30, n - 30);
    assert_int_equal(t.sent.n, 0);
    t.seq = first;
    struct lab_verdict v = client_says(&t, 443, LAB_TCP_ACK, p, 30);
    assert_false(v.drop);
    assert_int_equal(t.sent.n, 1);
    struct lab_packet f;
    assert_true(lab_packet_parse(&f, t.sent.last, t.sent.len));
    assert_int_equal(f.flags, LAB_TCP_RST | LAB_TCP_ACK);
    assert_int_equal(f.seq, 900);
    assert_int_equal(f.ttl, 63);
    assert_true(t.sent.after_us < t.conf->rtt_us);
    box_close(&t);
}

static void a_dropped_name_silences_both_directions(void **state)
{
    (void)state;
    struct box_test t;
    uint8_t p[512];
    size_t n = hello(p);
    box_open(&t, "drop sni www.example.com\n");
    assert_false(client_says(&t, 443, LAB_TCP_SYN, NULL, 0).drop);
    assert_false(server_says(&t, 443, 0).drop);
    assert_true(client_says(&t, 443, LAB_TCP_ACK, p, n).drop);
    assert_true(server_says(&t, 443, 10).drop);
    assert_true(client_says(&t, 443, LAB_TCP_ACK, "x", 1).drop);
    // A new connection on the same ports starts afresh.
    t.seq += 5000;
    assert_false(client_says(&t, 443, LAB_TCP_SYN, NULL, 0).drop);
    assert_int_equal(t.sent.n, 0);
    box_close(&t);
}

static void a_name_may_be_dropped_towards_one_side(void **state)
{
    (void)state;
    struct box_test t;
    uint8_t p[512];
    size_t n = hello(p);
    box_open(&t, "drop sni www.example.com ttl 7 to client\n");
    client_says(&t, 443, LAB_TCP_SYN, NULL, 0);
    assert_false(server_says(&t, 443, 0).drop);
    assert_false(client_says(&t, 443, LAB_TCP_ACK, p, n).drop);
    assert_true(server_says(&t, 443, 10).drop);
    assert_false(client_says(&t, 443, LAB_TCP_ACK, "x", 1).drop);
    assert_int_equal(t.sent.n, 0);
    box_close(&t);

    box_open(&t, "drop http /one 93.184.216.34 ttl copy to server\n");
    client_says(&t, 80, LAB_TCP_SYN, NULL, 0);
    assert_true(client_says(&t, 80, LAB_TCP_ACK, "GET /one", 8).drop);
    assert_false(server_says(&t, 80, 10).drop);
    assert_true(client_says(&t, 80, LAB_TCP_ACK, NULL, 0).drop);
    box_close(&t);

    box_open(&t, "drop sni www.example.com to both\n");
    client_says(&t, 443, LAB_TCP_SYN, NULL, 0);
    assert_true(client_says(&t, 443, LAB_TCP_ACK, p, n).drop);
    assert_true(server_says(&t, 443, 10).drop);
    box_close(&t);
}

// The only line of truth.jsonl that has `words`, without what comes before
// them; to be freed.
static char *truth_of(struct box_test *t, const char *words)
{
    size_t len = 0;
    lab_truth_flush(t->truth);
    char *all = lab_file_read(t->path, 1 << 20, &len);
    assert_non_null(all);
    char *at = strstr(all, words);
    assert_non_null(at);
    assert_null(strstr(at + 1, words));
    char *line = lab_strdup(at);
    line[strcspn(line, "\n")] = 0;
    free(all);
    return line;
}

static void the_truth_about_an_icmp_error_is_the_error(void **state)
{
    (void)state;
    struct box_test t;
    box_open(&t, "unreachable 93.184.216.34\nhop 3\n");
    assert_true(client_says(&t, 443, LAB_TCP_SYN, NULL, 0).drop);
    assert_int_equal(t.sent.n, 1);
    char *line = truth_of(&t, "\"to\":\"client\"");
    assert_string_equal(line, "\"to\":\"client\",\"volunteer\":0,"
                              "\"proto\":\"icmp\",\"src\":\"185.191.181.1\","
                              "\"dst\":\"130.192.91.211\",\"type\":3,"
                              "\"code\":1,\"ttl\":62,\"len\":28}");
    free(line);
    line = truth_of(&t, "\"proto\":\"tcp\"");
    assert_non_null(strstr(line, "\"dport\":443"));
    free(line);
    box_close(&t);
}

static void the_truth_about_icmp_for_ipv6_is_icmpv6(void **state)
{
    (void)state;
    struct box_test t;
    box_open(&t, "ipv6 on\nunreachable 93.184.216.34\n");
    lab_truth_conf(t.truth, t.conf);
    uint8_t out[LAB_PACKET_MAX];
    struct lab_packet like = {.src = t.conf->volunteer[0].shadow,
                              .dst = inet_addr("93.184.216.34"),
                              .sport = 50000,
                              .dport = 443,
                              .ttl = 64,
                              .flags = LAB_TCP_SYN};
    size_t n = lab_packet_tcp(out, &like, NULL, 0);
    assert_true(lab_box_packet(t.box, out, n, true, 1).drop);
    char *line = truth_of(&t, "\"proto\":\"icmpv6\"");
    assert_non_null(strstr(line, "\"dst\":\"2e64:65::82c0:5bd3\",\"type\":1,"
                                 "\"code\":0,"));
    free(line);
    box_close(&t);
}

static void the_first_match_wins_and_stays(void **state)
{
    (void)state;
    struct box_test t;
    box_open(&t, "page http /one 93.184.216.34:80\n"
                 "drop http /two 93.184.216.34\n");
    client_says(&t, 80, LAB_TCP_SYN, NULL, 0);
    assert_false(client_says(&t, 80, LAB_TCP_ACK, "GET /one", 8).drop);
    assert_int_equal(t.sent.n, 1);
    assert_true(server_says(&t, 80, 100).drop);
    assert_false(client_says(&t, 80, LAB_TCP_ACK, " /two", 5).drop);
    assert_int_equal(t.sent.n, 2);
    box_close(&t);
}

static void a_frozen_connection_stops_after_its_bytes(void **state)
{
    (void)state;
    struct box_test t;
    uint8_t p[512];
    size_t n = hello(p);
    box_open(&t, "freeze sni *.example.com after 2kb\n");
    client_says(&t, 443, LAB_TCP_SYN, NULL, 0);
    assert_false(client_says(&t, 443, LAB_TCP_ACK, p, n).drop);
    assert_false(server_says(&t, 443, 1400).drop);
    assert_true(server_says(&t, 443, 1400).drop);
    assert_true(client_says(&t, 443, LAB_TCP_ACK, NULL, 0).drop);
    box_close(&t);
}

// Of TCP or UDP in an IPv6 packet.
static void assert_sum(const uint8_t *p, size_t n)
{
    uint32_t acc = (uint32_t)(n - 40) + p[6];
    for (size_t i = 8; i < n; i++) {
        acc += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    }
    while (acc >> 16) {
        acc = (acc & 0xffff) + (acc >> 16);
    }
    assert_int_equal(acc, 0xffff);
}

static void a_packet_goes_over_as_ipv6_and_comes_back(void **state)
{
    (void)state;
    struct lab_conf *c = conf_of("ipv6 on\n");
    const struct lab_volunteer *v = &c->volunteer[0];
    struct lab_packet like = {.src = inet_addr("93.184.216.34"),
                              .dst = v->shadow,
                              .sport = 443,
                              .dport = 40000,
                              .ttl = 59,
                              .flags = LAB_TCP_ACK};
    uint8_t four[LAB_PACKET_MAX];
    uint8_t six[LAB_PACKET_MAX];
    uint8_t back[LAB_PACKET_MAX];
    size_t n = lab_packet_tcp(four, &like, "abc", 3);
    size_t m = lab_six_down(c, 0, four, n, six, sizeof(six));
    assert_int_equal(m, n + 20);
    assert_int_equal(six[7], 59);
    assert_memory_equal(six + 24, v->addr6, 16);
    assert_sum(six, m);
    assert_int_equal(lab_six_down(c, 0, four, n, six, m - 1), 0);

    // The same words from the volunteer to the server.
    uint8_t swap[16];
    memcpy(swap, six + 8, 16);
    memcpy(six + 8, six + 24, 16);
    memcpy(six + 24, swap, 16);
    int who = -1;
    assert_int_equal(lab_six_up(c, six, m, back, sizeof(back), &who), n);
    assert_int_equal(who, 0);
    struct lab_packet p;
    assert_true(lab_packet_parse(&p, back, n));
    assert_int_equal(p.src, v->shadow);
    assert_int_equal(p.dst, like.src);
    assert_memory_equal(p.data, "abc", 3);
    for (size_t i = 0; i < m; i++) {
        assert_int_equal(lab_six_up(c, six, i, back, sizeof(back), &who), 0);
    }
    six[24] ^= 1; // nobody's address
    assert_int_equal(lab_six_up(c, six, m, back, sizeof(back), &who), 0);
    free(c);
}

static void a_wrong_checksum_stays_wrong(void **state)
{
    (void)state;
    struct lab_conf *c = conf_of("ipv6 on\n");
    struct lab_packet like = {.src = inet_addr("93.184.216.34"),
                              .dst = c->volunteer[0].shadow,
                              .sport = 53,
                              .dport = 40000,
                              .ttl = 59};
    uint8_t four[LAB_PACKET_MAX];
    uint8_t good[LAB_PACKET_MAX];
    uint8_t bad[LAB_PACKET_MAX];
    size_t n = lab_packet_udp(four, &like, "abcd", 4);
    assert_true(lab_six_down(c, 0, four, n, good, sizeof(good)) > 0);
    four[27] ^= 4;
    assert_true(lab_six_down(c, 0, four, n, bad, sizeof(bad)) > 0);
    assert_memory_not_equal(good + 46, bad + 46, 2);
    free(c);
}

static void a_portal_leaves_http_and_the_resolver(void **state)
{
    (void)state;
    struct box_test t;
    box_open(&t, "portal 10.0.0.1\n");
    assert_true(client_says(&t, 443, LAB_TCP_SYN, NULL, 0).drop);
    assert_false(client_says(&t, 80, LAB_TCP_SYN, NULL, 0).drop);
    box_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_give_hosts_as_browsers_ask_for_them),
        cmocka_unit_test(a_server_name_is_found_once_all_of_it_is_there),
        cmocka_unit_test(a_broken_hello_never_reads_beyond_its_end),
        cmocka_unit_test(a_host_header_is_found),
        cmocka_unit_test(a_forged_answer_keeps_id_question_and_case),
        cmocka_unit_test(a_packet_made_is_a_packet_read),
        cmocka_unit_test(a_name_cut_over_segments_out_of_order_is_reset),
        cmocka_unit_test(a_dropped_name_silences_both_directions),
        cmocka_unit_test(a_name_may_be_dropped_towards_one_side),
        cmocka_unit_test(the_truth_about_an_icmp_error_is_the_error),
        cmocka_unit_test(the_truth_about_icmp_for_ipv6_is_icmpv6),
        cmocka_unit_test(the_first_match_wins_and_stays),
        cmocka_unit_test(a_frozen_connection_stops_after_its_bytes),
        cmocka_unit_test(a_packet_goes_over_as_ipv6_and_comes_back),
        cmocka_unit_test(a_wrong_checksum_stays_wrong),
        cmocka_unit_test(a_portal_leaves_http_and_the_resolver),
    };
    return cmocka_run_group_tests_name("lab", tests, NULL, NULL);
}
