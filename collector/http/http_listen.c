// SPDX-License-Identifier: Apache-2.0
/* From "ADDR:PORT" to a socket that listens, and back to a URL. */
#include "collector/http/http_listen.h"

#include "base/str.h"
#include "wire/ip.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4096 /* who finds no place there tries again in a second */

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

/* ---- files as addresses -----------------------------------------------------
 */

/* A path is longer than an address may be: its directory is named by a
 * descriptor. */
static bool unix_address(const char *path, int dir, struct sockaddr_un *un)
{
    const char *slash = strrchr(path, '/');
    *un = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(un->sun_path, sizeof(un->sun_path), "/proc/self/fd/%d/%s",
                     dir, slash ? slash + 1 : path);
    return n > 0 && (size_t)n < sizeof(un->sun_path);
}

/* Takes away what is left of one that has ended; false if it lives. */
static bool clear_away(const struct sockaddr_un *un)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return false;
    }
    bool refused = connect(fd, (const struct sockaddr *)un, sizeof(*un)) != 0 &&
                   errno == ECONNREFUSED;
    close(fd);
    return refused && unlink(un->sun_path) == 0;
}

static int unix_socket(const struct sockaddr_un *un)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    const struct sockaddr *to = (const struct sockaddr *)un;
    int err = bind(fd, to, sizeof(*un)) == 0 ? 0 : errno;
    if (err == EADDRINUSE && clear_away(un)) {
        err = bind(fd, to, sizeof(*un)) == 0 ? 0 : errno;
    }
    if (err == 0 && listen(fd, BACKLOG) != 0) {
        err = errno;
    }
    if (err != 0) {
        close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

static enum err listen_unix(const char *path, int *out, struct diag *d)
{
    struct sockaddr_un un;
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) + 1 : 2;
    if (n >= sizeof(parent)) {
        return diag_set(d, ERR_INVAL, "%s: path too long", path);
    }
    memcpy(parent, slash ? path : "./", n);
    parent[n] = '\0';
    int dir = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool fits = dir >= 0 && unix_address(path, dir, &un);
    int fd = fits ? unix_socket(&un) : -1;
    int err = dir >= 0 && !fits ? ENAMETOOLONG : errno;
    if (dir >= 0) {
        close(dir);
    }
    if (fd < 0) {
        return diag_set(d, err == EADDRINUSE ? ERR_BUSY : err_from_errno(err),
                        "cannot listen on %s: %s", path, strerror(err));
    }
    *out = fd;
    return ERR_OK;
}

/* ---- outside ----------------------------------------------------------------
 */

enum err http_listen(const char *where, int *out, char url[HTTP_URL_MAX],
                     struct diag *d)
{
    struct sockaddr_storage ss;
    socklen_t len = 0;
    const size_t prefix = sizeof(HTTP_LISTEN_UNIX) - 1;
    if (strncmp(where, HTTP_LISTEN_UNIX, prefix) == 0) {
        str_copy(url, HTTP_URL_MAX, "unix");
        return listen_unix(where + prefix, out, d);
    }
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
