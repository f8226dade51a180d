// SPDX-License-Identifier: Apache-2.0
#include "collector/cmd/serve_check.h"

#include "base/fs.h"
#include "base/log.h"
#include "wire/ip.h"
#include "wire/url.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define ROOM      ((off_t)512 << 10) /* the index's log, and its memory */
#define ROOM_FILE "room"

static bool only_here(const char *helper, struct region *r)
{
    static const char front[] = "cloudfront:";
    struct url url;
    if (strncmp(helper, front, sizeof(front) - 1) == 0) {
        helper += sizeof(front) - 1;
    }
    return url_parse(r, str_c(helper), &url, NULL) == ERR_OK &&
           (strcmp(url.host, "localhost") == 0 ||
            (url.literal.family != 0 && ip_is_never(&url.literal)));
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
