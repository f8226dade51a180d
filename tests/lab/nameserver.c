// SPDX-License-Identifier: Apache-2.0
#include "nameserver.h"

#include "dnsforge.h"
#include "util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KINDS   3
#define REFUSED 5

const char *lab_nameserver_addr(enum lab_zone_kind kind)
{
    static const char *const addr[] = {[LAB_ZONE_SILENT] = "127.55.0.1",
                                       [LAB_ZONE_LAME] = "127.55.0.2",
                                       [LAB_ZONE_RFC8020] = "127.55.0.3"};
    return kind < KINDS ? addr[kind] : NULL;
}

static int open_socket(const char *addr)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(LAB_NAMESERVER_PORT)};
    inet_pton(AF_INET, addr, &at.sin_addr);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
        lab_fail("name server %s: %s", addr, strerror(errno));
    }
    return fd;
}

static size_t answer(const struct lab_conf *c, enum lab_zone_kind kind,
                     const uint8_t *query, size_t len, uint8_t *out, size_t max)
{
    struct lab_question q;
    if (kind == LAB_ZONE_SILENT || !lab_dns_question(query, len, &q)) {
        return 0;
    }
    const struct lab_host *h = lab_host_find(c, q.name);
    bool known = kind == LAB_ZONE_RFC8020 && h && h->addrs;
    bool a = known && q.type == LAB_DNS_A;
    size_t n = lab_dns_forge(out, max, query, &q, !known || !a,
                             a ? (const uint8_t *)&h->addr[0] : NULL,
                             a ? sizeof(h->addr[0]) : 0);
    if (n) {
        out[2] |= 0x04; // with authority ...
        out[3] &= 0x7f; // ... and without recursion
        if (kind == LAB_ZONE_LAME) {
            out[2] &= (uint8_t)~0x04;
            out[3] = REFUSED;
        }
    }
    return n;
}

static void serve(const struct lab_conf *c, enum lab_zone_kind kind, int fd)
{
    uint8_t query[1500];
    uint8_t out[1500];
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    ssize_t len =
        recvfrom(fd, query, sizeof(query), 0, (struct sockaddr *)&from, &size);
    size_t n =
        len > 0 ? answer(c, kind, query, (size_t)len, out, sizeof(out)) : 0;
    if (n && sendto(fd, out, n, 0, (struct sockaddr *)&from, size) < 0) {
        lab_say("name server: %s", strerror(errno));
    }
}

_Noreturn void lab_nameserver(const struct lab_conf *c, int ready)
{
    struct pollfd fd[KINDS];
    for (int i = 0; i < KINDS; i++) {
        fd[i] = (struct pollfd){
            .fd = open_socket(lab_nameserver_addr((enum lab_zone_kind)i)),
            .events = POLLIN};
    }
    if (write(ready, "r", 1) != 1) {
        lab_fail("name servers: nobody waits for them");
    }
    for (;;) {
        if (poll(fd, KINDS, -1) < 0 && errno != EINTR) {
            lab_fail("name servers: poll: %s", strerror(errno));
        }
        for (int i = 0; i < KINDS; i++) {
            if (fd[i].revents & POLLIN) {
                serve(c, (enum lab_zone_kind)i, fd[i].fd);
            }
        }
    }
}
