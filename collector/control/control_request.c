// SPDX-License-Identifier: Apache-2.0
/* Reading what OONI's probes and ours ask a test helper. The bytes come from
 * anyone: everything in them is bounded. */
#include "collector/control/control_request.h"

#include "base/hex.h"
#include "base/json.h"

#include <string.h>

#define HEADER_VALUE_MAX 1024

static const struct json_limits request_limits = {
    .max_bytes = CONTROL_BODY_MAX,
    .max_nodes = 4096,
    .max_string = 16384,
    .max_depth = 8,
};

static void read_addrs(const struct json *list, struct control_request *out)
{
    const struct json *n = json_is_arr(list) ? json_first(list) : NULL;
    for (; n; n = json_next(n)) {
        struct ip ip;
        uint16_t port; /* ports follow from the URL, not from the request */
        bool known = false;
        if (!ip_endpoint_parse(json_str(n), &ip, &port)) {
            continue;
        }
        for (size_t i = 0; i < out->n_addrs; i++) {
            known = known || ip_eq(&out->addrs[i], &ip);
        }
        if (!known && out->n_addrs < CONTROL_ADDRS_MAX) {
            out->addrs[out->n_addrs++] = ip;
        }
    }
}

static bool header_value_ok(struct str v)
{
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.p[i];
        if (c < 0x20 || c == 0x7f) {
            return false;
        }
    }
    return v.len > 0 && v.len <= HEADER_VALUE_MAX;
}

/* Only three headers are honoured; a value may be a list or a string. */
static enum err read_headers(struct region *r, const struct json *map,
                             struct control_request *out)
{
    static const char *const names[] = {"Accept", "Accept-Language",
                                        "User-Agent"};
    for (size_t i = 0; i < 3; i++) {
        const struct json *n = json_is_obj(map) ? json_first(map) : NULL;
        while (n && !str_ieq_c(json_key(n), names[i])) {
            n = json_next(n);
        }
        struct str v = json_str(json_is_arr(n) ? json_first(n) : n);
        if (!header_value_ok(v)) {
            continue;
        }
        v = region_str(r, v);
        if (!v.p) {
            return ERR_NOMEM;
        }
        out->headers[out->n_headers++] = (struct obs_header){names[i], v};
    }
    return ERR_OK;
}

enum err control_request_parse(struct region *r, struct str body,
                               struct control_request *out, struct diag *d)
{
    struct json_doc *doc = NULL;
    struct control_request q = {.nonce = ""};
    enum err e = json_parse(body, &request_limits, &doc, d);
    if (e != ERR_OK) {
        return e == ERR_LIMIT ? ERR_PARSE : e;
    }
    const struct json *root = json_root(doc);
    const struct json *url = json_get(root, "http_request");
    if (!json_is_str(url)) {
        e = diag_set(d, ERR_PARSE, "http_request: not a string");
    }
    if (e == ERR_OK) {
        struct str text = region_str(r, json_str(url));
        e = text.p ? url_parse(r, text, &q.url, d)
                   : diag_set(d, ERR_PARSE, "http_request: empty");
        e = e == ERR_LIMIT ? ERR_PARSE : e;
    }
    if (e == ERR_OK) {
        read_addrs(json_get(root, "tcp_connect"), &q);
        e = read_headers(r, json_get(root, "http_request_headers"), &q);
    }
    struct str nonce = json_str(json_path(root, "x_parallax.nonce"));
    uint8_t bytes[CONTROL_NONCE_LEN / 2];
    int64_t tries = 0;
    if (json_i64(json_path(root, "x_parallax.tries"), &tries) && tries > 0) {
        q.tries =
            tries < CONTROL_TRIES_MAX ? (unsigned)tries : CONTROL_TRIES_MAX;
    }
    if (e == ERR_OK && nonce.len == CONTROL_NONCE_LEN &&
        hex_decode(nonce, bytes, sizeof(bytes)) == ERR_OK) {
        memcpy(q.nonce, nonce.p, CONTROL_NONCE_LEN);
    }
    json_doc_free(doc);
    if (e == ERR_OK) {
        *out = q;
    }
    return e;
}

bool control_request_allowed(const struct control_request *q)
{
    return q->url.literal.family == 0 || !ip_is_special(&q->url.literal);
}
