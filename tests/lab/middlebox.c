// SPDX-License-Identifier: Apache-2.0
#include "middlebox.h"

#include "box.h"
#include "six.h"
#include "util.h"

// The kernel's headers define again what came before, unless it did.
#include <netinet/in.h>

#include <errno.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_LEN 65536u
#define RCVBUF    (8 << 20)

// Something to do at a time: let a packet go on, or send a forged one.
struct event {
    int64_t due_us;
    uint64_t order; // first come, first served at the same time
    int queue;      // -1: a packet of ours
    uint32_t id;
    uint8_t *packet;
    size_t len;
};

struct queue {
    struct middlebox *m;
    struct nfq_handle *h;
    struct nfq_q_handle *q;
    int number;
};

struct middlebox {
    struct lab_box *box;
    struct lab_truth *truth;
    struct queue queue[2];
    struct event *heap;
    size_t events, cap;
    uint64_t order;
    const struct lab_conf *c;
    int64_t now; // when the packet came that is looked at
    int raw;
    int raw6;
    uint64_t unsent;
};

static bool before(const struct event *a, const struct event *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void heap_push(struct middlebox *m, struct event e)
{
    e.order = m->order++;
    m->heap = lab_grow(m->heap, m->events, &m->cap, sizeof(*m->heap));
    size_t i = m->events++;
    while (i && before(&e, &m->heap[(i - 1) / 2])) {
        m->heap[i] = m->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    m->heap[i] = e;
}

static struct event heap_pop(struct middlebox *m)
{
    struct event top = m->heap[0];
    struct event last = m->heap[--m->events];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= m->events) {
            break;
        }
        if (child + 1 < m->events &&
            before(&m->heap[child + 1], &m->heap[child])) {
            child++;
        }
        if (!before(&m->heap[child], &last)) {
            break;
        }
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = last;
    m->heap[m->events].packet = NULL; // it has another owner now
    return top;
}

// A packet for the raw sockets; `packet` is copied.
static void send_later(struct middlebox *m, int64_t due_us, const void *packet,
                       size_t len)
{
    struct event e = {.due_us = due_us, .queue = -1, .len = len};
    e.packet = lab_alloc(len, 1);
    memcpy(e.packet, packet, len);
    heap_push(m, e);
}

// Counted from the same moment as the way of the packet that gave rise to it:
// however late we are, it overtakes what only that one calls for.
static void send_forged(void *arg, int64_t after_us, const void *packet,
                        size_t len)
{
    struct middlebox *m = arg;
    send_later(m, m->now + after_us, packet, len);
}

// A volunteer's IPv6 packet: goes on as the IPv4 one it stands for.
static void on_six(struct middlebox *m, const uint8_t *raw, size_t len)
{
    uint8_t out[LAB_SIX_MAX];
    int volunteer = -1;
    size_t n = lab_six_up(m->c, raw, len, out, sizeof(out), &volunteer);
    if (!n) {
        return;
    }
    struct lab_verdict v = lab_box_packet(m->box, out, n, true, m->now);
    if (!v.drop) {
        send_later(m, m->now + v.after_us, out, n);
    }
}

// What the world says to a volunteer's shadow; it becomes IPv6 when sent.
static bool is_for_six(const struct middlebox *m, const uint8_t *raw,
                       size_t len)
{
    uint32_t dst = 0;
    if (len >= 20) {
        memcpy(&dst, raw + 16, 4);
    }
    return lab_six_shadow(m->c, dst) >= 0;
}

static int on_packet(struct nfq_q_handle *qh, struct nfgenmsg *msg,
                     struct nfq_data *data, void *arg)
{
    (void)msg;
    struct queue *q = arg;
    struct nfqnl_msg_packet_hdr *head = nfq_get_msg_packet_hdr(data);
    unsigned char *payload = NULL;
    int len = nfq_get_payload(data, &payload);
    if (!head || len < 0) {
        return 0;
    }
    uint32_t id = ntohl(head->packet_id);
    int64_t now = lab_now_us();
    q->m->now = now;
    if (len && payload[0] >> 4 == 6) {
        on_six(q->m, payload, (size_t)len);
        nfq_set_verdict(qh, id, NF_DROP, 0, NULL);
        return 0;
    }
    struct lab_verdict v = lab_box_packet(q->m->box, payload, (size_t)len,
                                          q->number == LAB_QUEUE_UP, now);
    if (!v.drop && is_for_six(q->m, payload, (size_t)len)) {
        if (payload[8] > LAB_HOPS) {
            payload[8] = (unsigned char)(payload[8] - LAB_HOPS);
            send_later(q->m, now + v.after_us, payload, (size_t)len);
        }
        v.drop = true;
    }
    if (v.drop) {
        nfq_set_verdict(qh, id, NF_DROP, 0, NULL);
    } else if (v.after_us <= 0) {
        nfq_set_verdict(qh, id, NF_ACCEPT, 0, NULL);
    } else {
        heap_push(q->m, (struct event){.due_us = now + v.after_us,
                                       .queue = q->number,
                                       .id = id});
    }
    return 0;
}

static void queue_open(struct middlebox *m, int number)
{
    struct queue *q = &m->queue[number];
    q->m = m;
    q->number = number;
    q->h = nfq_open();
    if (!q->h) {
        lab_fail("NFQUEUE: %s", strerror(errno));
    }
    q->q = nfq_create_queue(q->h, (uint16_t)number, on_packet, q);
    if (!q->q || nfq_set_mode(q->q, NFQNL_COPY_PACKET, 0xffff) < 0) {
        lab_fail("NFQUEUE %d: %s", number, strerror(errno));
    }
    nfq_set_queue_maxlen(q->q, QUEUE_LEN);
    int fd = nfq_fd(q->h);
    int size = RCVBUF;
    int one = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size))) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    }
    // A burst too long for the socket costs packets, as a line would; it
    // must not cost the socket.
    setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &one, sizeof(one));
}

static void raw_open(struct middlebox *m)
{
    int one = 1;
    m->raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (m->raw < 0 ||
        setsockopt(m->raw, IPPROTO_IP, IP_HDRINCL, &one, sizeof(one)) != 0) {
        lab_fail("raw socket: %s", strerror(errno));
    }
    m->raw6 = -1;
    if (lab_six_on(m->c)) {
        m->raw6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
        if (m->raw6 < 0) {
            lab_fail("raw socket for IPv6: %s", strerror(errno));
        }
    }
}

static void send_six(struct middlebox *m, int volunteer, const struct event *e)
{
    uint8_t out[LAB_SIX_MAX];
    struct sockaddr_in6 to = {.sin6_family = AF_INET6};
    size_t n =
        lab_six_down(m->c, volunteer, e->packet, e->len, out, sizeof(out));
    memcpy(&to.sin6_addr, out + 24, 16);
    if (n &&
        sendto(m->raw6, out, n, 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
        m->unsent++;
    }
}

static void run_event(struct middlebox *m, struct event *e)
{
    if (e->queue >= 0) {
        nfq_set_verdict(m->queue[e->queue].q, e->id, NF_ACCEPT, 0, NULL);
        return;
    }
    struct sockaddr_in to = {.sin_family = AF_INET};
    memcpy(&to.sin_addr, e->packet + 16, 4);
    int volunteer = lab_six_shadow(m->c, to.sin_addr.s_addr);
    if (volunteer >= 0) {
        send_six(m, volunteer, e);
    } else if (sendto(m->raw, e->packet, e->len, 0, (struct sockaddr *)&to,
                      sizeof(to)) < 0) {
        m->unsent++;
    }
    free(e->packet);
}

static void drain(struct queue *q)
{
    char buf[0x10000 + 4096] __attribute__((aligned(8)));
    int fd = nfq_fd(q->h);
    for (int i = 0; i < 64; i++) {
        ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
        if (n <= 0) {
            return;
        }
        nfq_handle_packet(q->h, buf, (int)n);
    }
}

// false: the lab is over.
static bool turn(struct middlebox *m, int control)
{
    int64_t now = lab_now_us();
    while (m->events && m->heap[0].due_us <= now) {
        struct event e = heap_pop(m);
        run_event(m, &e);
    }
    struct pollfd fd[3] = {{nfq_fd(m->queue[0].h), POLLIN, 0},
                           {nfq_fd(m->queue[1].h), POLLIN, 0},
                           {control, POLLIN, 0}};
    struct timespec wait = {0};
    if (m->events) {
        int64_t us = m->heap[0].due_us - lab_now_us();
        us = us > 0 ? us : 0;
        wait.tv_sec = us / 1000000;
        wait.tv_nsec = us % 1000000 * 1000;
    }
    if (!m->events) {
        lab_truth_flush(m->truth);
    }
    if (ppoll(fd, 3, m->events ? &wait : NULL, NULL) < 0 && errno != EINTR) {
        lab_fail("poll: %s", strerror(errno));
    }
    drain(&m->queue[0]);
    drain(&m->queue[1]);
    if (fd[2].revents) {
        char byte;
        if (read(control, &byte, 1) != 1) {
            return false;
        }
        lab_box_start(m->box, lab_now_us());
    }
    return true;
}

// What the kernel threw away because we were too slow is a defect of the
// lab, not of the line: it is said.
static void report_lost(const struct middlebox *m)
{
    FILE *f = fopen("/proc/net/netfilter/nfnetlink_queue", "re");
    unsigned number, pid, waiting, mode, range;
    unsigned long full, nobuf;
    unsigned long lost = 0;
    while (f && fscanf(f, "%u %u %u %u %u %lu %lu %*u %*u", &number, &pid,
                       &waiting, &mode, &range, &full, &nobuf) == 7) {
        lost += full + nobuf;
    }
    if (f) {
        fclose(f);
    }
    if (lost || m->unsent) {
        lab_say("the middlebox lost %lu packets and could not send %llu", lost,
                (unsigned long long)m->unsent);
    }
}

void lab_middlebox(const struct lab_conf *c, const char *dir, int ready,
                   int control)
{
    struct middlebox m = {0};
    char *path = lab_printf("%s/truth.jsonl", dir);
    m.c = c;
    m.truth = lab_truth_open(path);
    lab_truth_conf(m.truth, c);
    free(path);
    m.box = lab_box_new(c, m.truth, send_forged, &m);
    raw_open(&m);
    queue_open(&m, LAB_QUEUE_UP);
    queue_open(&m, LAB_QUEUE_DOWN);
    prctl(PR_SET_TIMERSLACK, 1000UL);
    if (write(ready, "r", 1) != 1) {
        lab_fail("middlebox: nobody waits for it");
    }
    while (turn(&m, control)) {
    }
    report_lost(&m);
    lab_truth_close(m.truth);
    lab_box_free(m.box);
    nfq_destroy_queue(m.queue[0].q);
    nfq_destroy_queue(m.queue[1].q);
    nfq_close(m.queue[0].h);
    nfq_close(m.queue[1].h);
    close(m.raw);
    if (m.raw6 >= 0) {
        close(m.raw6);
    }
    free(m.heap);
}
