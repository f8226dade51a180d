// SPDX-License-Identifier: Apache-2.0
/* What `serve` listens on beside its public address: the small servers that
 * OONI's tests talk to, and the listener of those who run the collector. Used
 * by cmd_serve.c.
 */
#ifndef PARALLAX_COLLECTOR_CMD_SERVE_LISTEN_H
#define PARALLAX_COLLECTOR_CMD_SERVE_LISTEN_H

#include "cli/opt.h"
#include "collector/api/service.h"
#include "collector/http/http_server.h"

#include <limits.h>

/* Rows of the command's options. */
#define SERVE_LISTEN_OPTIONS                                                     \
    {.name = "admin-listen",                                                     \
     .key = "collector.admin_listen",                                            \
     .kind = OPT_STR,                                                            \
     .arg = "unix:PATH|ADDR:PORT",                                               \
     .help =                                                                     \
         "where stored records and /metrics are given out (default: the socket " \
         "admin.sock in DIR); 'none' nowhere"},                                  \
        {.name = "echo-listen",                                                  \
         .key = "collector.echo_listen",                                         \
         .kind = OPT_STR,                                                        \
         .arg = "ADDR:PORT",                                                     \
         .help = "where bytes come back, OONI's tcp-echo (default: the "         \
                 "address of --listen, any port); 'none' nowhere"},              \
        {.name = "headers-listen",                                               \
         .key = "collector.headers_listen",                                      \
         .kind = OPT_STR,                                                        \
         .arg = "ADDR:PORT",                                                     \
         .help = "where headers come back, OONI's http-return-json-headers "     \
                 "(default: likewise); 'none' nowhere"},                         \
        {.key = "collector.tcp_echo",                                            \
         .kind = OPT_LIST,                                                       \
         .arg = "ADDR[:PORT]",                                                   \
         .help = "addresses of echoes told to probes (default: our own)"},       \
    {                                                                            \
        .key = "collector.json_headers", .kind = OPT_LIST, .arg = "URL",         \
        .help = "mirrors of headers told to probes (default: our own)"           \
    }

struct small_server;

struct serve_listen {
    struct small_server *echo, *headers;
    struct http_server *admin_server;
    int admin_fd;         /* listens, and nobody serves yet; or 0 */
    char admin[PATH_MAX]; /* where it listens, "" nowhere */
};

/* Starts the small servers on the loop, at most `max_connections` each, and
 * adds them, or those that the settings name, to the service's helpers. Caller
 * stops *l, also after an error. */
MUST_USE enum err
serve_listen_helpers(struct serve_listen *l, const struct opt_set *set,
                     struct loop *loop, unsigned max_connections,
                     struct region *r, struct service *s, struct diag *d);
/* Listens for those who run the collector: before the sandbox, which lets
 * nobody make a socket of that kind. One that was not asked for and cannot be
 * had is named in the log and no error. */
MUST_USE enum err serve_listen_admin_open(struct serve_listen *l,
                                          const struct opt_set *set,
                                          struct diag *d);
/* Serves there, with a thread of its own. */
MUST_USE enum err serve_listen_admin(struct serve_listen *l, struct service *s,
                                     struct diag *d);
void serve_listen_stop(struct serve_listen *l);

#endif
