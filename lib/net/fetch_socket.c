// SPDX-License-Identifier: Apache-2.0
/* The connection of a transfer. */
#include "net/fetch_socket.h"
#include "net/memory.h"
#include "record/failure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HELD_TIMES 2 /* once there may be no room in a queue */
#define SYN_SENT   2 /* of the states that the kernel tells of */

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t size,
                    void *arg)
{
    struct fetch *t = arg;

    (void)easy;
    (void)data;
    memory_check_errno(); /* also told of what a library below gave up on */
    if (t->req.https) {
        return 0; /* counted below TLS */
    }
    if (type == CURLINFO_HEADER_IN || type == CURLINFO_DATA_IN) {
        fetch_notes_io(t, false, size);
    } else if (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT) {
        fetch_notes_io(t, true, size);
    }
    return 0;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *a)
{
    struct fetch *t = arg;

    (void)purpose;
    if (t->res.granted) {
        /* the peer refused the stream, and libcurl would try elsewhere */
        t->asks_again = true;
        return CURL_SOCKET_BAD;
    }
    t->res.tcp.t0 = fetch_notes_now(t);
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    a->protocol);
    if (fd < 0) {
        t->socket_errno = errno;
        enum err e = failure_internal(errno);
        if (e != ERR_OK) {
            fetch_notes_internal(t, e, "socket");
        }
        return CURL_SOCKET_BAD;
    }
    return fd;
}

/* What was to be said was sent again several times, and the kernel, which
 * counts what of that is on its way, counts nothing: so it is where a firewall
 * of this machine drops what would leave, before a capture could see it. */
static bool was_held(const struct tcp_info *info)
{
    return info->tcpi_unacked > 0 && info->tcpi_retransmits >= HELD_TIMES &&
           info->tcpi_retrans == 0;
}

void fetch_socket_note_held(struct fetch *t)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    if (t->transfer.fd == CURL_SOCKET_BAD ||
        getsockopt(t->transfer.fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
        !was_held(&info)) {
        return;
    }
    if (t->res.tcp.failure && info.tcpi_state == SYN_SENT) {
        t->res.tcp.sent = SENT_NO;
    } else if (!t->res.tcp.failure && info.tcpi_bytes_acked <= 1 &&
               info.tcpi_bytes_received == 0) {
        t->res.tcp.held = HELD_DATA;
    }
}

static int on_close_socket(void *arg, curl_socket_t fd)
{
    struct fetch *t = arg;
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof(ss);
    struct tcp_info info = {0};
    socklen_t info_len = sizeof(info);

    if (t && getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_len) == 0) {
        t->socket_in = info.tcpi_bytes_received;
    }
    if (t && t->stage == FETCH_TCP && t->closed_us == 0) {
        t->closed_us = fetch_notes_now(t);
    }
    if (t && t->res.local_port == 0 &&
        getsockname(fd, (struct sockaddr *)&ss, &len) == 0) {
        if (ss.ss_family == AF_INET) {
            const struct sockaddr_in *in = (const struct sockaddr_in *)&ss;
            t->res.local_ip.family = 4;
            memcpy(t->res.local_ip.b, &in->sin_addr, 4);
            t->res.local_port = ntohs(in->sin_port);
        } else if (ss.ss_family == AF_INET6) {
            const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&ss;
            t->res.local_ip.family = 6;
            memcpy(t->res.local_ip.b, &in->sin6_addr, 16);
            t->res.local_port = ntohs(in->sin6_port);
        }
    }
    return close(fd);
}

/* Whatever the URL says, this address is connected to. */
static bool set_address(struct fetch *t)
{
    char endpoint[56], pin[64];

    ip_endpoint(&t->req.ip, t->req.port, endpoint);
    str_copy(pin, sizeof(pin), "::");
    str_copy(pin + 2, sizeof(pin) - 2, endpoint);
    t->connect_to = curl_slist_append(NULL, pin);
    if (!t->connect_to) {
        return false;
    }
    curl_easy_setopt(t->transfer.easy, CURLOPT_CONNECT_TO, t->connect_to);
    return true;
}

bool fetch_socket_set(struct fetch *t)
{
    CURL *c = t->transfer.easy;

    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 120L); /* ours are shorter */
    curl_easy_setopt(c, CURLOPT_SERVER_RESPONSE_TIMEOUT, 600L);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(c, CURLOPT_CLOSESOCKETDATA, t);
    curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(c, CURLOPT_DEBUGDATA, t);
    return set_address(t);
}

void fetch_socket_fini(struct fetch *t)
{
    curl_slist_free_all(t->connect_to);
}
