// SPDX-License-Identifier: Apache-2.0
#include "collector/cmd/serve_check.h"

#include "base/fs.h"
#include "base/log.h"
#include "collector/api/api_checkin.h"
#include "collector/http/http_listen.h"
#include "wire/ip.h"
#include "wire/url.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define ROOM      ((off_t)512 << 10) /* the index's log, and its memory */
#define ROOM_FILE "room"

/* What stands behind "cloudfront:", or all of it. */
static const char *behind_front(const char *helper)
{
    static const char front[] = "cloudfront:";
    return strncmp(helper, front, sizeof(front) - 1) == 0
               ? helper + sizeof(front) - 1
               : helper;
}

/* Also by a name that every machine has for itself (RFC 6761, 6.3). The old
 * ways to write an address, 127.1 or 2130706433, make no URL. */
static bool host_is_here(const struct url *url)
{
    static const char local[] = "localhost";
    struct str host = str_c(url->host);
    if (host.len > 0 && host.p[host.len - 1] == '.') {
        host.len--;
    }
    size_t n = sizeof(local) - 1;
    struct str end = host.len > n ? str_sub(host, host.len - n, n) : host;
    bool below = host.len == n || (host.len > n && end.p[-1] == '.');
    return (url->literal.family != 0 && ip_is_never(&url->literal)) ||
           (below && str_ieq_c(end, local));
}

static bool only_here(const char *helper, struct region *r)
{
    struct url url;
    return url_parse(r, str_c(behind_front(helper)), &url, NULL) == ERR_OK &&
           host_is_here(&url);
}

bool serve_check_alone(const struct opt_set *set, struct region *r)
{
    const char *const *items = NULL;
    if (opt_list(set, "collector.trusted_proxy", &items) == 0) {
        return false;
    }
    size_t n = opt_list(set, "collector.test_helpers", &items), here = 0;
    for (size_t i = 0; i < n; i++) {
        here += only_here(items[i], r);
    }
    return here == n;
}

enum err serve_check_reach(const struct opt_set *set, struct region *r,
                           struct diag *d)
{
    const char *listen = opt_str(set, "listen");
    const char *const *helpers = NULL;
    size_t n = opt_list(set, "collector.test_helpers", &helpers);
    struct ip ip;
    uint16_t port;
    if (!ip_endpoint_parse(str_c(listen), &ip, &port) || ip_is_loopback(&ip)) {
        return ERR_OK; /* what it cannot be told from is told elsewhere */
    }
    for (size_t i = 0; i < n; i++) {
        if (only_here(helpers[i], r)) {
            return diag_set(d, ERR_INVAL,
                            "probes cannot reach %.100s: on %s, "
                            "collector.test_helpers must name controls by "
                            "their public URL",
                            helpers[i], listen);
        }
    }
    return n > 0 ? ERR_OK
                 : diag_set(d, ERR_INVAL,
                            "on %s, collector.test_helpers must name controls "
                            "that probes can reach",
                            listen);
}

static enum err check_urls(const struct opt_set *set, struct region *r,
                           struct diag *d)
{
    const char *const *helpers = NULL;
    size_t n = opt_list(set, "collector.test_helpers", &helpers);
    const char *own = opt_str(set, "collector.public_url");
    struct url url;
    if (own && own[0] && url_parse(r, str_c(own), &url, NULL) != ERR_OK) {
        return diag_set(d, ERR_INVAL,
                        "collector.public_url: '%.100s' is not a URL", own);
    }
    for (size_t i = 0; i < n; i++) {
        if (url_parse(r, str_c(behind_front(helpers[i])), &url, NULL) !=
            ERR_OK) {
            return diag_set(d, ERR_INVAL,
                            "collector.test_helpers: '%.100s' is not a URL",
                            helpers[i]);
        }
    }
    return ERR_OK;
}

static enum err check_tests(const struct opt_set *set, struct diag *d)
{
    const char *const *tests = NULL;
    size_t n = opt_list(set, "collector.tests_off", &tests);
    for (size_t i = 0; i < n; i++) {
        if (!api_checkin_has_test(tests[i])) {
            return diag_set(d, ERR_INVAL,
                            "collector.tests_off: there is no test '%.60s' "
                            "that probes could be told not to run",
                            tests[i]);
        }
    }
    return ERR_OK;
}

enum err serve_check_values(const struct opt_set *set, struct region *r,
                            struct diag *d)
{
    const char *admin = opt_str(set, "admin-listen");
    struct ip ip;
    uint16_t port;
    enum err e = check_urls(set, r, d);
    if (e == ERR_OK) {
        e = check_tests(set, d);
    }
    if (e == ERR_OK && admin && ip_endpoint_parse(str_c(admin), &ip, &port) &&
        !ip_is_loopback(&ip)) {
        e = diag_set(d, ERR_INVAL,
                     "collector.admin_listen: whoever reaches %.60s would read "
                     "all records: a loopback address or " HTTP_LISTEN_UNIX
                     "PATH is needed",
                     admin);
    }
    return e;
}

void serve_check_room(const char *data)
{
    char path[PATH_MAX];
    if (fs_join(path, sizeof(path), data, ROOM_FILE) != ERR_OK) {
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && posix_fallocate(fd, 0, ROOM) != 0) {
        log_warn("serve", "the disk is full");
        unlink(path);
    }
    if (fd >= 0) {
        close(fd);
    }
}

bool serve_check_free_room(const char *data)
{
    char path[PATH_MAX];
    return fs_join(path, sizeof(path), data, ROOM_FILE) == ERR_OK &&
           unlink(path) == 0;
}
