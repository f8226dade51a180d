// SPDX-License-Identifier: Apache-2.0
/* Reading the settings of the service, telling who asks, handing on what is
 * sent. */
#include "collector/api/service.h"

#include "collector/api/answer.h"

#include <string.h>
#include <strings.h>

enum err service_add_helper(struct service *s, struct region *r,
                            const char *text, struct diag *d)
{
    static const char cloudfront[] = "cloudfront:";
    struct service_helper h = {.address = text};
    if (strncmp(text, cloudfront, sizeof(cloudfront) - 1) == 0) {
        h.address = text + sizeof(cloudfront) - 1;
        h.cloudfront = true;
    }
    if (strncmp(h.address, "https://", 8) != 0 &&
        strncmp(h.address, "http://", 7) != 0) {
        return diag_set(d, ERR_INVAL, "test helper '%s' is not a URL", text);
    }
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
static const char *forwarded(const struct http_req *req)
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
    struct ip ip;
    last = str_trim(last);
    return ip_parse(last, &ip) ? region_strndup(req->region, last.p, last.len)
                               : NULL;
}

const char *service_source(const struct service *s, const struct http_req *req)
{
    struct ip peer;
    if (!ip_parse(str_c(req->peer), &peer)) {
        return NULL;
    }
    for (size_t i = 0; i < s->n_proxies; i++) {
        if (ip_eq(&s->proxies[i], &peer)) {
            return forwarded(req);
        }
    }
    return req->peer;
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
    size_t expected = source == req->peer ? 0 : 1;
    return source && hops(req) == expected && ip_parse(str_c(source), &ip) &&
                   !ip_is_special(&ip)
               ? source
               : NULL;
}

void service_submit(struct service *s, struct http_req *req,
                    struct ingest_upload *up)
{
    up->body = req->body;
    up->source = service_source(s, req);
    up->relayed = !service_client(s, req);
    http_defer(req);
    if (ingest_submit(s->ingest, up) != ERR_OK) {
        answer_busy(req);
    }
}
