// SPDX-License-Identifier: Apache-2.0
/* Reading the settings of the service, telling who asks, handing on what is
 * sent. */
#include "collector/api/service.h"

#include "base/log.h"
#include "collector/api/answer.h"

#include <stdatomic.h>
#include <string.h>
#include <strings.h>

/* What stands behind "http://", or NULL. */
static const char *behind_scheme(const char *url)
{
    return strncmp(url, "http://", 7) == 0    ? url + 7
           : strncmp(url, "https://", 8) == 0 ? url + 8
                                              : NULL;
}

/* "ADDR", "ADDR:PORT" or "[ADDR]:PORT", up to the first slash. */
static bool parse_host(const char *text, struct ip *ip)
{
    struct str host = str_c(text);
    uint16_t port = 0;
    host = str_sub(host, 0, str_find_char(host, '/'));
    return ip_parse(host, ip) || ip_endpoint_parse(host, ip, &port);
}

enum err service_add_helper(struct service *s, struct region *r,
                            enum service_kind kind, const char *text,
                            struct diag *d)
{
    static const char cloudfront[] = "cloudfront:";
    struct service_helper h = {.kind = kind, .address = text};
    if (kind == SERVICE_WEB_CONNECTIVITY &&
        strncmp(text, cloudfront, sizeof(cloudfront) - 1) == 0) {
        h.address = text + sizeof(cloudfront) - 1;
        h.cloudfront = true;
    }
    struct ip ip;
    bool echo = kind == SERVICE_TCP_ECHO;
    const char *host = echo ? h.address : behind_scheme(h.address);
    bool is_address = host && parse_host(host, &ip);
    if (!host || (echo && !is_address)) {
        return diag_set(d, ERR_INVAL, "test helper '%s' is not %s", text,
                        echo ? "an address" : "a URL");
    }
    h.local =
        kind != SERVICE_WEB_CONNECTIVITY && is_address && ip_is_loopback(&ip);
    if (s->n_helpers == SERVICE_MAX_HELPERS) {
        return diag_set(d, ERR_LIMIT, "more than %d test helpers",
                        SERVICE_MAX_HELPERS);
    }
    h.address = region_strdup(r, h.address);
    if (!h.address) {
        return ERR_NOMEM;
    }
    s->helpers[s->n_helpers++] = h;
    return ERR_OK;
}

enum err service_add_proxy(struct service *s, const char *text, struct diag *d)
{
    if (s->n_proxies == SERVICE_MAX_PROXIES) {
        return diag_set(d, ERR_LIMIT, "more than %d trusted proxies",
                        SERVICE_MAX_PROXIES);
    }
    if (!ip_parse(str_c(text), &s->proxies[s->n_proxies])) {
        return diag_set(d, ERR_INVAL, "trusted proxy '%s' is not an address",
                        text);
    }
    s->n_proxies++;
    return ERR_OK;
}

/* The last element of the last X-Forwarded-For is what our proxy wrote; what
 * stands before it is whatever the client liked to send. */
static bool forwarded(const struct http_req *req, struct ip *ip)
{
    struct str last = {NULL, 0};
    for (size_t i = 0; i < req->n_headers; i++) {
        if (strcasecmp(req->headers[i].name, "X-Forwarded-For") != 0) {
            continue;
        }
        struct str rest = str_c(req->headers[i].value);
        while (str_next(&rest, ',', &last)) {
        }
    }
    uint16_t port = 0;
    last = str_trim(last);
    bool bracketed = str_starts(last, "[") && str_ends(last, "]");
    return ip_parse(bracketed ? str_sub(last, 1, last.len - 2) : last, ip) ||
           ip_endpoint_parse(last, ip, &port);
}

static bool is_proxy(const struct service *s, const struct ip *peer)
{
    for (size_t i = 0; i < s->n_proxies; i++) {
        if (ip_eq(&s->proxies[i], peer)) {
            return true;
        }
    }
    return false;
}

/* Of a network that is nobody's in particular (RFC 1918, 3927, 4193, 4291,
 * 6598), or that nobody sends from or can be told apart in (1112, 1122, 2544,
 * 4380). */
static bool is_local(const struct ip *ip)
{
    const uint8_t *b = ip->b;
    if (ip->family == 6) {
        static const uint8_t teredo[] = {0x20, 0x01, 0, 0};
        return (b[0] & 0xfe) == 0xfc ||
               (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || b[0] == 0xff ||
               memcmp(b, teredo, sizeof(teredo)) == 0;
    }
    return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
           (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
           (b[0] == 100 && (b[1] & 0xc0) == 64) || b[0] == 0 || b[0] >= 224 ||
           (b[0] == 198 && (b[1] & 0xfe) == 18);
}

const char *service_source(const struct service *s, const struct http_req *req)
{
    struct ip ip;
    char text[IP_TEXT_MAX];
    if (!ip_parse(str_c(req->peer), &ip)) {
        return NULL;
    }
    bool told = is_proxy(s, &ip);
    if (told && !forwarded(req, &ip)) {
        return NULL;
    }
    ip = ip_essence(&ip);
    if (told && is_local(&ip)) {
        return NULL; /* a proxy before ours, or whatever somebody invented */
    }
    ip_format(&ip, text);
    return region_strdup(req->region, text);
}

/* How many hops the headers tell of. */
static size_t hops(const struct http_req *req)
{
    size_t n = 0;
    for (size_t i = 0; i < req->n_headers; i++) {
        const char *name = req->headers[i].name;
        if (strcasecmp(name, "Via") == 0 ||
            strcasecmp(name, "Forwarded") == 0) {
            return SIZE_MAX; /* somebody, however many */
        }
        if (strcasecmp(name, "X-Forwarded-For") != 0) {
            continue;
        }
        struct str rest = str_c(req->headers[i].value), one;
        while (str_next(&rest, ',', &one)) {
            n++;
        }
    }
    return n;
}

const char *service_client(const struct service *s, const struct http_req *req)
{
    const char *source = service_source(s, req);
    struct ip ip;
    bool told = ip_parse(str_c(req->peer), &ip) && is_proxy(s, &ip);
    size_t expected = told ? 1 : 0;
    return source && hops(req) == expected && ip_parse(str_c(source), &ip) &&
                   !ip_is_special(&ip)
               ? source
               : NULL;
}

bool service_is_local(const struct service *s, const struct http_req *req)
{
    struct ip peer;
    if (!ip_parse(str_c(req->peer), &peer) || !ip_is_loopback(&peer) ||
        hops(req) > 0) {
        return false;
    }
    return !is_proxy(s, &peer);
}

/* Said once: whoever reads the log will see it. */
static void warn_of_proxy(const struct service *s, const struct http_req *req)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    struct ip peer;
    if (hops(req) == 0 || !ip_parse(str_c(req->peer), &peer) ||
        is_proxy(s, &peer) || !ip_is_special(&peer) ||
        atomic_flag_test_and_set(&said)) {
        return;
    }
    log_warn("serve",
             "uploads come through a proxy at %s that is not in "
             "collector.trusted_proxy: all observers count as one",
             req->peer);
}

bool service_submit(struct service *s, struct http_req *req,
                    struct ingest_upload *up)
{
    warn_of_proxy(s, req);
    if (!up->body.p) {
        up->body = req->body;
    }
    up->source = service_source(s, req);
    up->relayed = !service_client(s, req);
    http_defer(req);
    if (ingest_submit(s->ingest, up) != ERR_OK) {
        answer_busy(req);
        return false;
    }
    return true;
}
