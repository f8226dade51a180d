// SPDX-License-Identifier: Apache-2.0
#include "collector/cmd/serve_listen.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "collector/api/route.h"
#include "collector/helpers/json_headers.h"
#include "collector/helpers/small_server.h"
#include "collector/helpers/tcp_echo.h"
#include "collector/http/http_listen.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ECHO_LIFETIME     (60 * US_PER_S)
#define HEADERS_LIFETIME  (20 * US_PER_S)
#define ADMIN_BODY        ((size_t)1 << 20)
#define ADMIN_CONNECTIONS 32
#define ADMIN_IDLE_S      30
#define ADMIN_SOCKET      "admin.sock"

/* ---- small servers ----------------------------------------------------------
 */

/* One of the two, by its settings. */
struct helper {
    const char *option; /* where it listens */
    const char *key;    /* what probes are told instead */
    enum service_kind kind;
    small_server_fn fn;
    int64_t lifetime_us;
};

static const struct helper echo_helper = {"echo-listen", "collector.tcp_echo",
                                          SERVICE_TCP_ECHO, tcp_echo,
                                          ECHO_LIFETIME};
static const struct helper headers_helper = {
    "headers-listen", "collector.json_headers", SERVICE_JSON_HEADERS,
    json_headers, HEADERS_LIFETIME};

/* "127.0.0.1:8080" to "127.0.0.1:0"; ERR_LIMIT: too long for an address. */
static enum err any_port(const char *listen, char out[64])
{
    const char *colon = strrchr(listen, ':');
    int host = colon ? (int)(colon - listen) : (int)strlen(listen);
    int n = snprintf(out, 64, "%.*s:0", host, listen);
    return n > 0 && n < 64 ? ERR_OK : ERR_LIMIT;
}

/* Tells probes where it is, unless it is on all addresses, of which none can be
 * told. OONI's client takes an echo without a port to be on port 80. */
static enum err tell_own(const struct helper *h, const char *url,
                         struct region *r, struct service *s, struct diag *d)
{
    struct ip ip;
    uint16_t port = 0;
    char text[64];
    if (!ip_endpoint_parse(str_c(url + strlen("http://")), &ip, &port)) {
        return ERR_INTERNAL;
    }
    if (ip_is_never(&ip) && !ip_is_loopback(&ip)) {
        log_warn("serve", "probes are not told of %s: set %s", url, h->key);
        return ERR_OK;
    }
    str_copy(text, sizeof(text), url);
    if (h->kind == SERVICE_TCP_ECHO && port == 80) {
        ip_format(&ip, text);
    } else if (h->kind == SERVICE_TCP_ECHO) {
        ip_endpoint(&ip, port, text);
    }
    return service_add_helper(s, r, h->kind, text, d);
}

static enum err tell(const struct helper *h, const struct opt_set *set,
                     const struct small_server *server, struct region *r,
                     struct service *s, struct diag *d)
{
    const char *const *told = NULL;
    size_t n = opt_list(set, h->key, &told);
    enum err e = ERR_OK;
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        e = service_add_helper(s, r, h->kind, told[i], d);
    }
    return n > 0 || !server ? e
                            : tell_own(h, small_server_url(server), r, s, d);
}

static enum err start(const struct helper *h, const struct opt_set *set,
                      struct loop *loop, unsigned max_connections,
                      struct small_server **out, struct diag *d)
{
    char beside[64];
    const char *where = opt_str(set, h->option);
    bool asked = where && where[0];
    if (asked && strcmp(where, "none") == 0) {
        return ERR_OK;
    }
    enum err e = asked ? ERR_OK : any_port(opt_str(set, "listen"), beside);
    struct small_server_config cfg = {.listen = asked ? where : beside,
                                      .loop = loop,
                                      .max_connections = max_connections,
                                      .lifetime_us = h->lifetime_us,
                                      .fn = h->fn};
    if (e == ERR_OK) {
        e = small_server_start(&cfg, out, d);
    }
    if (!asked && (e == ERR_INVAL || e == ERR_LIMIT)) {
        return diag_set(d, ERR_INVAL, "'%.80s' is not ADDR:PORT",
                        opt_str(set, "listen"));
    }
    return e;
}

enum err serve_listen_helpers(struct serve_listen *l, const struct opt_set *set,
                              struct loop *loop, unsigned max_connections,
                              struct region *r, struct service *s,
                              struct diag *d)
{
    enum err e = start(&echo_helper, set, loop, max_connections, &l->echo, d);
    if (e == ERR_OK) {
        e = tell(&echo_helper, set, l->echo, r, s, d);
    }
    if (e == ERR_OK) {
        e = start(&headers_helper, set, loop, max_connections, &l->headers, d);
    }
    return e == ERR_OK ? tell(&headers_helper, set, l->headers, r, s, d) : e;
}

/* ---- for those who run the collector ----------------------------------------
 */

/* Where it is to be; "" nowhere. */
static enum err admin_address(struct serve_listen *l, const char *asked,
                              const char *data)
{
    const size_t prefix = sizeof(HTTP_LISTEN_UNIX) - 1;
    if (strcmp(asked, "none") == 0) {
        return ERR_OK;
    }
    if (asked[0]) {
        bool fits =
            str_copy(l->admin, sizeof(l->admin), asked) < sizeof(l->admin);
        return fits ? ERR_OK : ERR_LIMIT;
    }
    str_copy(l->admin, sizeof(l->admin), HTTP_LISTEN_UNIX);
    return fs_join(l->admin + prefix, sizeof(l->admin) - prefix, data,
                   ADMIN_SOCKET);
}

enum err serve_listen_admin_open(struct serve_listen *l,
                                 const struct opt_set *set, struct diag *d)
{
    const char *asked = opt_str(set, "admin-listen");
    char url[HTTP_URL_MAX];
    struct diag why = {{0}};
    int fd = -1;
    asked = asked ? asked : "";
    enum err e = admin_address(l, asked, opt_str(set, "data"));
    if (e == ERR_OK && l->admin[0]) {
        e = http_listen(l->admin, &fd, url, &why);
    }
    if (e == ERR_OK) {
        l->admin_fd = fd;
        return ERR_OK;
    }
    l->admin[0] = '\0'; /* it is not ours */
    const char *words = why.text[0] ? why.text : err_str(e);
    if (asked[0]) {
        return diag_set(d, e, "%s", words);
    }
    log_warn("serve", "no listener for those who run this: %s", words);
    return ERR_OK;
}

enum err serve_listen_admin(struct serve_listen *l, struct service *s,
                            struct diag *d)
{
    struct http_config cfg = {.listen = l->admin,
                              .listening = l->admin_fd,
                              .threads = 1,
                              .max_body = ADMIN_BODY,
                              .max_body_total = ADMIN_CONNECTIONS * ADMIN_BODY,
                              .max_connections = ADMIN_CONNECTIONS,
                              .idle_s = ADMIN_IDLE_S,
                              .request_s = ADMIN_IDLE_S,
                              .fn = route_admin_handle,
                              .arg = s};
    if (l->admin_fd <= 0) {
        return ERR_OK;
    }
    l->admin_fd = 0; /* the server's now */
    return http_server_start(&cfg, &l->admin_server, d);
}

void serve_listen_stop(struct serve_listen *l)
{
    const size_t prefix = sizeof(HTTP_LISTEN_UNIX) - 1;
    small_server_stop(l->echo);
    small_server_stop(l->headers);
    http_server_stop(l->admin_server);
    if (l->admin_fd > 0) {
        close(l->admin_fd);
    }
    if (strncmp(l->admin, HTTP_LISTEN_UNIX, prefix) == 0 &&
        unlink(l->admin + prefix) != 0) {
        log_debug("serve", "%s is left behind", l->admin);
    }
}
