// SPDX-License-Identifier: Apache-2.0
/* From "ADDR:PORT" to a socket that listens, and back to a URL. */
#include "collector/http/http_listen.h"

#include "base/str.h"
#include "wire/ip.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024

/* "127.0.0.1:0" and "[::1]:8080"; the port may be 0. */
static bool parse_listen(const char *text, struct sockaddr_storage *ss,
                         socklen_t *len)
{
    const char *colon = strrchr(text, ':');
    int64_t port = 0;
    if (!colon || str_to_i64(str_c(colon + 1), 0, 65535, &port) != ERR_OK) {
        return false;
    }
    struct str host = {text, (size_t)(colon - text)};
    if (host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']') {
        host = str_sub(host, 1, host.len - 2);
    }
    struct ip ip;
    if (!ip_parse(host, &ip)) {
        return false;
    }
    memset(ss, 0, sizeof(*ss));
    if (ip.family == 4) {
        struct sockaddr_in *a = (struct sockaddr_in *)ss;
        a->sin_family = AF_INET;
        a->sin_port = htons((uint16_t)port);
        memcpy(&a->sin_addr, ip.b, 4);
        *len = sizeof(*a);
    } else {
        struct sockaddr_in6 *a = (struct sockaddr_in6 *)ss;
        a->sin6_family = AF_INET6;
        a->sin6_port = htons((uint16_t)port);
        memcpy(&a->sin6_addr, ip.b, 16);
        *len = sizeof(*a);
    }
    return true;
}

static void write_url(const struct sockaddr_storage *ss, char url[HTTP_URL_MAX])
{
    struct ip ip = {0};
    uint16_t port;
    if (ss->ss_family == AF_INET) {
        const struct sockaddr_in *a = (const struct sockaddr_in *)ss;
        ip.family = 4;
        memcpy(ip.b, &a->sin_addr, 4);
        port = ntohs(a->sin_port);
    } else {
        const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)ss;
        ip.family = 6;
        memcpy(ip.b, &a->sin6_addr, 16);
        port = ntohs(a->sin6_port);
    }
    char endpoint[56];
    ip_endpoint(&ip, port, endpoint);
    snprintf(url, HTTP_URL_MAX, "http://%s", endpoint);
}

enum err http_listen(const char *where, int *out, char url[HTTP_URL_MAX],
                     struct diag *d)
{
    struct sockaddr_storage ss;
    socklen_t len = 0;
    if (!parse_listen(where, &ss, &len)) {
        return diag_set(d, ERR_INVAL, "'%s' is not ADDR:PORT", where);
    }
    int fd =
        socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&ss, len) != 0 ||
        listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&ss, &len) != 0) {
        int err = errno;
        if (fd >= 0) {
            close(fd);
        }
        return diag_set(d, err == EADDRINUSE ? ERR_BUSY : err_from_errno(err),
                        "cannot listen on %s: %s", where, strerror(err));
    }
    *out = fd;
    write_url(&ss, url);
    return ERR_OK;
}
