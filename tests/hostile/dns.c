// SPDX-License-Identifier: Apache-2.0
/* A DNS server for every name and every way to answer wrongly. */
#include "hostile.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TYPE_A     1
#define TYPE_CNAME 5
#define TYPE_AAAA  28
#define GOOD_ADDR  0x2d410303u /* 45.65.3.3, a site in order */
#define ROOM       65535

struct ask {
    int fd;
    bool tcp;
    struct sockaddr_in from;
    struct in_addr to;
    uint8_t q[600];
    size_t len, end; /* of the query; of its question */
    uint16_t type;
    char name[256], label[64];
};

struct msg {
    uint8_t p[ROOM];
    size_t n;
};

struct dns_trick {
    const char *name;
    void (*play)(const struct ask *a);
};

/* ---- writing ---------------------------------------------------------------
 */

static void send_from(const struct ask *a, const uint8_t *p, size_t n,
                      struct in_addr source)
{
    char control[CMSG_SPACE(sizeof(struct in_pktinfo))] = {0};
    struct iovec iov = {(void *)p, n};
    struct sockaddr_in to = a->from;
    struct msghdr m = {.msg_name = &to,
                       .msg_namelen = sizeof(to),
                       .msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof(control)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    struct in_pktinfo info = {.ipi_spec_dst = source};

    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof(info));
    memcpy(CMSG_DATA(c), &info, sizeof(info));
    sendmsg(a->fd, &m, 0);
}

static void send_raw(const struct ask *a, const uint8_t *p, size_t n)
{
    uint8_t len[2] = {(uint8_t)(n >> 8), (uint8_t)n};

    if (!a->tcp) {
        send_from(a, p, n, a->to);
        return;
    }
    if (send(a->fd, len, 2, MSG_NOSIGNAL | MSG_MORE) == 2) {
        send(a->fd, p, n, MSG_NOSIGNAL);
    }
}

static void send_msg(const struct ask *a, const struct msg *m)
{
    send_raw(a, m->p, m->n);
}

static struct msg *msg_new(const struct ask *a, unsigned flags,
                           unsigned answers)
{
    struct msg *m = calloc(1, sizeof(*m));

    if (!m) {
        abort();
    }
    memcpy(m->p, a->q, a->end);
    m->p[2] = (uint8_t)(flags >> 8);
    m->p[3] = (uint8_t)flags;
    m->p[6] = (uint8_t)(answers >> 8);
    m->p[7] = (uint8_t)answers;
    memset(m->p + 8, 0, 4);
    m->n = a->end;
    return m;
}

static void add(struct msg *m, const void *p, size_t n)
{
    if (n > sizeof(m->p) - m->n) {
        n = sizeof(m->p) - m->n;
    }
    memcpy(m->p + m->n, p, n);
    m->n += n;
}

static void add_rr(struct msg *m, unsigned type, const void *data, size_t n)
{
    uint8_t head[12] = {0xc0, 12, 0,  (uint8_t)type,     0,         1, 0,
                        0,    0,  60, (uint8_t)(n >> 8), (uint8_t)n};

    add(m, head, sizeof(head));
    add(m, data, n);
}

static void add_a(struct msg *m, uint32_t addr)
{
    uint32_t net = htonl(addr);

    add_rr(m, TYPE_A, &net, 4);
}

/* NOERROR with these addresses for A, empty for AAAA. */
static void answer_addrs(const struct ask *a, const uint32_t *addrs, size_t n)
{
    if (a->type != TYPE_A) {
        n = 0;
    }
    struct msg *m = msg_new(a, 0x8180, (unsigned)n);

    for (size_t i = 0; i < n; i++) {
        add_a(m, addrs[i]);
    }
    send_msg(a, m);
    free(m);
}

static void answer(const struct ask *a, uint32_t addr)
{
    answer_addrs(a, &addr, 1);
}

static void answer_rcode(const struct ask *a, unsigned rcode)
{
    struct msg *m = msg_new(a, 0x8180 | rcode, 0);

    send_msg(a, m);
    free(m);
}

/* ---- misbehaviours ---------------------------------------------------------
 */

static void dns_loop(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);
    uint8_t rr[] = {0xc0, 0,  0, TYPE_A, 0,  1,    0, 0,
                    0,    60, 0, 4,      45, 0x41, 3, 3};

    rr[1] = (uint8_t)m->n; /* the name is a pointer to itself */
    add(m, rr, sizeof(rr));
    send_msg(a, m);
    free(m);
}

static void dns_pointer(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    add(m, "\xff\xff\0\x01\0\x01\0\0\0\x3c\0\x04\x2d\x41\x03\x03", 16);
    send_msg(a, m);
    free(m);
}

/* Names made of pointers to names made of pointers. */
static void dns_ladder(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 500);

    for (int i = 0; i < 500; i++) {
        uint8_t target[4] = {1, 'a', 0xc0, 12};
        size_t at = m->n - 4;

        if (i > 0) {
            target[2] = (uint8_t)(0xc0 | at >> 8);
            target[3] = (uint8_t)at;
        }
        add_rr(m, TYPE_CNAME, target, sizeof(target));
    }
    send_msg(a, m);
    free(m);
}

static void dns_64k(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8380, 4000);

    if (!a->tcp) {
        m->p[6] = m->p[7] = 0; /* truncated: come back over TCP */
    } else {
        m->p[2] = 0x81;
        for (int i = 0; i < 4000; i++) {
            add_a(m, GOOD_ADDR);
        }
        m->n = ROOM;
    }
    send_msg(a, m);
    free(m);
}

static void dns_64k_udp(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 4000);

    for (int i = 0; i < 4000; i++) {
        add_a(m, GOOD_ADDR);
    }
    m->n = 65000;
    send_msg(a, m);
    free(m);
}

static void dns_text_64k(const struct ask *a)
{
    struct msg *m = msg_new(a, a->tcp ? 0x8180 : 0x8380, a->tcp ? 2 : 0);
    uint8_t text[65000];

    if (a->tcp) {
        fill(text, sizeof(text), 4);
        add_rr(m, 16, text, sizeof(text));
        add_a(m, GOOD_ADDR);
    }
    send_msg(a, m);
    free(m);
}

static void dns_counts(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    memset(m->p + 6, 0xff, 6);
    add_a(m, GOOD_ADDR);
    send_msg(a, m);
    free(m);
}

static void dns_question(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    m->p[13] = 'x'; /* of the first label */
    add_a(m, GOOD_ADDR);
    send_msg(a, m);
    free(m);
}

static void dns_no_question(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    m->p[5] = 0;
    m->n = 12;
    add(m,
        "\x01"
        "a\0\0\x01\0\x01\0\0\0\x3c\0\x04\x2d\x41\x03\x03",
        17);
    send_msg(a, m);
    free(m);
}

static void dns_cname_self(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    add_rr(m, TYPE_CNAME, "\xc0\x0c", 2);
    send_msg(a, m);
    free(m);
}

static void dns_cname_pair(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 2);
    size_t at = m->n + 12;
    uint8_t p[] = {0xc0, (uint8_t)at, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 12};

    add_rr(m, TYPE_CNAME, "\x05other\0", 7);
    add(m, p, sizeof(p));
    send_msg(a, m);
    free(m);
}

static void dns_nul(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, a->type == TYPE_A ? 2 : 1);

    add_rr(m, TYPE_CNAME, "\x04g\0.\xff\x05\"\\\r\n\x1b\0", 12);
    if (a->type == TYPE_A) {
        add_a(m, GOOD_ADDR);
    }
    send_msg(a, m);
    free(m);
}

static void dns_long_name(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);
    uint8_t name[64 * 6 + 1] = {0};

    for (int i = 0; i < 6; i++) {
        memset(name + 64 * i, 'n', 64);
        name[64 * i] = 63;
    }
    add_rr(m, TYPE_CNAME, name, sizeof(name));
    send_msg(a, m);
    free(m);
}

static void dns_other_address(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    add_a(m, GOOD_ADDR);
    send_from(a, m->p, m->n, (struct in_addr){htonl(0x2d410042u)});
    free(m);
}

static void dns_truncated(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8380, 0);

    if (!a->tcp) { /* and no answer over TCP: closed */
        send_msg(a, m);
    }
    free(m);
}

static void dns_truncated_always(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8380, 0);

    send_msg(a, m);
    free(m);
}

static void dns_truncated_half(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    add_a(m, GOOD_ADDR);
    m->n -= 3; /* cut, and not said so */
    send_msg(a, m);
    free(m);
}

static void dns_tcp_silence(const struct ask *a)
{
    if (a->tcp) {
        nap_ms(LIFE_S * 500);
    } else {
        dns_truncated(a);
    }
}

static void dns_tcp_drip(const struct ask *a)
{
    if (!a->tcp) {
        dns_truncated(a);
        return;
    }
    for (int i = 0; i < 20; i++) {
        if (send(a->fd, "", 1, MSG_NOSIGNAL) != 1) {
            return;
        }
        nap_ms(400);
    }
}

static void dns_tcp_short(const struct ask *a)
{
    static const uint8_t announced[] = {0xff, 0xff, 'a', 'b', 'c'};

    if (!a->tcp) {
        dns_truncated(a);
    } else {
        send(a->fd, announced, sizeof(announced), MSG_NOSIGNAL);
    }
}

static void dns_tcp_zero(const struct ask *a)
{
    char zeros[4096] = {0};

    if (!a->tcp) {
        dns_truncated(a);
        return;
    }
    for (int i = 0; i < 2000; i++) {
        if (send(a->fd, zeros, sizeof(zeros), MSG_NOSIGNAL) <= 0) {
            return;
        }
    }
}

static void dns_edns(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, a->type == TYPE_A ? 1 : 0);

    if (a->type == TYPE_A) {
        add_a(m, GOOD_ADDR);
    }
    m->p[11] = 5;
    for (int i = 0; i < 5; i++) { /* version 255, options that overrun */
        add(m, "\0\0\x29\xff\xff\0\xff\xff\xff\0\x04\xff\xff\xff\xff", 15);
    }
    send_msg(a, m);
    free(m);
}

static void dns_edns_rcode(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 0);

    m->p[11] = 1;
    add(m, "\0\0\x29\x10\0\x01\0\0\0\0\0", 11); /* BADVERS */
    send_msg(a, m);
    free(m);
}

static void dns_wrong_id(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    m->p[0] ^= 0xff;
    add_a(m, GOOD_ADDR);
    send_msg(a, m);
    free(m);
}

static void dns_wrong_ids(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    add_a(m, 0x0a000001u);
    for (unsigned i = 1; i < 150; i++) {
        m->p[0] = (uint8_t)(a->q[0] ^ (i >> 8));
        m->p[1] = (uint8_t)(a->q[1] ^ i);
        send_msg(a, m);
    }
    free(m);
    answer(a, GOOD_ADDR);
}

static void dns_flood(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    add_a(m, GOOD_ADDR);
    send_msg(a, m);
    m->n = 60000;
    for (int i = 0; i < 2000; i++) {
        send_msg(a, m);
    }
    free(m);
}

static void dns_refused(const struct ask *a)
{
    answer_rcode(a, 5);
}

static void dns_servfail(const struct ask *a)
{
    answer_rcode(a, 2);
}

static void dns_rcode_15(const struct ask *a)
{
    answer_rcode(a, 15);
}

static void dns_empty(const struct ask *a)
{
    send_raw(a, a->q, 0);
}

static void dns_short(const struct ask *a)
{
    send_raw(a, a->q, 3);
}

static void dns_garbage(const struct ask *a)
{
    uint8_t p[512];

    fill(p, sizeof(p), 6);
    memcpy(p, a->q, 2);
    p[2] = 0x81;
    p[3] = 0x80;
    send_raw(a, p, sizeof(p));
}

static void dns_echo(const struct ask *a)
{
    send_raw(a, a->q, a->len); /* the question is no answer */
}

static void dns_opcode(const struct ask *a)
{
    struct msg *m = msg_new(a, 0xf980, 1);

    add_a(m, GOOD_ADDR);
    send_msg(a, m);
    free(m);
}

static void dns_delayed(const struct ask *a)
{
    nap_ms(1500);
    answer(a, GOOD_ADDR);
}

static void dns_slow(const struct ask *a)
{
    nap_ms(4300);
    answer(a, GOOD_ADDR);
}

static void dns_late(const struct ask *a)
{
    nap_ms(12000); /* the lookup ended 2 s ago */
    answer(a, GOOD_ADDR);
}

static void dns_silence(const struct ask *a)
{
    (void)a;
}

static void dns_rdlength(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    add_rr(m, a->type, "abc", 3);
    send_msg(a, m);
    free(m);
}

static void dns_rdlength_long(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    add(m, "\xc0\x0c\0\x01\0\x01\0\0\0\x3c\xff\xff\x01\x02\x03\x04", 16);
    send_msg(a, m);
    free(m);
}

static void dns_class(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 1);

    add(m, "\xc0\x0c\0\x01\0\x03\0\0\0\x3c\0\x04\x2d\x41\x03\x03", 16);
    send_msg(a, m);
    free(m);
}

static void dns_other_type(const struct ask *a)
{
    struct msg *m = msg_new(a, 0x8180, 2);

    add_rr(m, 16, "\x03txt", 4);
    add_rr(m, 255, "any", 3);
    send_msg(a, m);
    free(m);
}

static void dns_private(const struct ask *a)
{
    answer(a, 0x0a000001u);
}

static void dns_loopback(const struct ask *a)
{
    answer(a, 0x7f000001u);
}

static void dns_zero(const struct ask *a)
{
    answer(a, 0);
}

static void dns_broadcast(const struct ask *a)
{
    answer(a, 0xffffffffu);
}

static void dns_multicast(const struct ask *a)
{
    answer(a, 0xe0000001u);
}

static void dns_many(const struct ask *a)
{
    uint32_t addrs[200];

    for (uint32_t i = 0; i < 200; i++) {
        addrs[i] = 0x2d41c800u + i;
    }
    answer_addrs(a, addrs, 200);
}

static const struct dns_trick tricks[] = {
    {"dns-loop", dns_loop},
    {"dns-pointer", dns_pointer},
    {"dns-ladder", dns_ladder},
    {"dns-64k", dns_64k},
    {"dns-64k-udp", dns_64k_udp},
    {"dns-text-64k", dns_text_64k},
    {"dns-counts", dns_counts},
    {"dns-question", dns_question},
    {"dns-no-question", dns_no_question},
    {"dns-cname-self", dns_cname_self},
    {"dns-cname-pair", dns_cname_pair},
    {"dns-nul", dns_nul},
    {"dns-long-name", dns_long_name},
    {"dns-other-address", dns_other_address},
    {"dns-truncated", dns_truncated},
    {"dns-truncated-always", dns_truncated_always},
    {"dns-truncated-half", dns_truncated_half},
    {"dns-tcp-silence", dns_tcp_silence},
    {"dns-tcp-drip", dns_tcp_drip},
    {"dns-tcp-short", dns_tcp_short},
    {"dns-tcp-zero", dns_tcp_zero},
    {"dns-edns", dns_edns},
    {"dns-edns-rcode", dns_edns_rcode},
    {"dns-wrong-id", dns_wrong_id},
    {"dns-wrong-ids", dns_wrong_ids},
    {"dns-flood", dns_flood},
    {"dns-refused", dns_refused},
    {"dns-servfail", dns_servfail},
    {"dns-rcode-15", dns_rcode_15},
    {"dns-empty", dns_empty},
    {"dns-short", dns_short},
    {"dns-garbage", dns_garbage},
    {"dns-echo", dns_echo},
    {"dns-opcode", dns_opcode},
    {"dns-delayed", dns_delayed},
    {"dns-slow", dns_slow},
    {"dns-late", dns_late},
    {"dns-silence", dns_silence},
    {"dns-rdlength", dns_rdlength},
    {"dns-rdlength-long", dns_rdlength_long},
    {"dns-class", dns_class},
    {"dns-other-type", dns_other_type},
    {"dns-private", dns_private},
    {"dns-loopback", dns_loopback},
    {"dns-zero", dns_zero},
    {"dns-broadcast", dns_broadcast},
    {"dns-multicast", dns_multicast},
    {"dns-many", dns_many},
    {NULL, NULL},
};

/* ---- the server ------------------------------------------------------------
 */

static bool read_question(struct ask *a)
{
    size_t at = 12, n = 0;

    if (a->len < 17) {
        return false;
    }
    while (at < a->len && a->q[at] != 0) {
        size_t label = a->q[at];
        if (label > 63 || at + label + 6 > a->len || n + label + 2 > 255) {
            return false;
        }
        for (size_t i = 1; i <= label; i++) {
            a->name[n++] = (char)tolower(a->q[at + i]);
        }
        a->name[n++] = '.';
        at += label + 1;
    }
    if (n == 0) {
        return false;
    }
    a->name[n - 1] = '\0';
    a->type = (uint16_t)(a->q[at + 1] << 8 | a->q[at + 2]);
    a->end = at + 5;
    size_t first = strcspn(a->name, ".");
    if (first >= sizeof(a->label)) {
        return false;
    }
    memcpy(a->label, a->name, first);
    a->label[first] = '\0';
    return true;
}

static void *play(void *arg)
{
    struct ask *a = arg;

    for (const struct dns_trick *t = tricks; t->name; t++) {
        if (strcmp(t->name, a->label) == 0) {
            t->play(a);
        }
    }
    free(a);
    return NULL;
}

static bool is_trick(const char *label)
{
    return strncmp(label, "dns-", 4) == 0;
}

static void respond(const struct ask *a)
{
    uint32_t addrs[CUTS];
    size_t n = 0;
    const char *domain = strstr(a->name, "." DOMAIN);

    if (strcmp(a->name, "whoami.v4.powerdns.org") == 0) {
        answer(a, 0x82c05bd3u);
    } else if (domain && web_find(a->name, addrs, &n)) {
        answer_addrs(a, addrs, n);
    } else {
        answer_rcode(a, 3);
    }
}

static void *serve_udp(void *arg)
{
    int fd = *(int *)arg;
    char control[256];
    pthread_t thread;

    for (;;) {
        struct ask *a = calloc(1, sizeof(*a));
        struct iovec iov = {a ? a->q : NULL, sizeof(a->q)};
        struct msghdr m = {.msg_name = a ? &a->from : NULL,
                           .msg_namelen = sizeof(a->from),
                           .msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof(control)};
        ssize_t n = recvmsg(fd, &m, 0);

        if (!a || n <= 0) {
            free(a);
            continue;
        }
        a->fd = fd;
        a->len = (size_t)n;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
            if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
                struct in_pktinfo info;
                memcpy(&info, CMSG_DATA(c), sizeof(info));
                a->to = info.ipi_addr;
            }
        }
        if (!read_question(a)) {
            free(a);
        } else if (is_trick(a->label) &&
                   pthread_create(&thread, NULL, play, a) == 0) {
            pthread_detach(thread);
        } else {
            respond(a);
            free(a);
        }
    }
    return NULL;
}

static void *serve_one_tcp(void *arg)
{
    int fd = *(int *)arg;
    struct ask *a = calloc(1, sizeof(*a));
    uint8_t len[2];

    free(arg);
    if (a && recv(fd, len, 2, MSG_WAITALL) == 2) {
        a->fd = fd;
        a->tcp = true;
        a->len = (size_t)(len[0] << 8 | len[1]);
        if (a->len <= sizeof(a->q) &&
            recv(fd, a->q, a->len, MSG_WAITALL) == (ssize_t)a->len &&
            read_question(a)) {
            if (is_trick(a->label)) {
                play(a);
                a = NULL;
            } else {
                respond(a);
            }
        }
    }
    free(a);
    close(fd);
    return NULL;
}

static void *serve_tcp(void *arg)
{
    int listener = *(int *)arg;
    pthread_t thread;

    for (;;) {
        int fd = accept(listener, NULL, NULL);
        int *own = malloc(sizeof(*own));
        struct timeval life = {LIFE_S, 0};

        if (fd < 0 || !own) {
            free(own);
            continue;
        }
        *own = fd;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &life, sizeof(life));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &life, sizeof(life));
        if (pthread_create(&thread, NULL, serve_one_tcp, own) == 0) {
            pthread_detach(thread);
        }
    }
    return NULL;
}

void dns_list(void)
{
    for (const struct dns_trick *t = tricks; t->name; t++) {
        printf("http://%s." DOMAIN "/\n", t->name);
    }
}

bool dns_start(void)
{
    static int udp, tcp;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(53)};
    int on = 1;
    pthread_t thread;

    udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(udp, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
    setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    return bind(udp, (struct sockaddr *)&any, sizeof(any)) == 0 &&
           bind(tcp, (struct sockaddr *)&any, sizeof(any)) == 0 &&
           listen(tcp, 512) == 0 &&
           pthread_create(&thread, NULL, serve_udp, &udp) == 0 &&
           pthread_create(&thread, NULL, serve_tcp, &tcp) == 0;
}
