// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/observe_http.h"
#include "base/base64.h"
#include "base/crypto.h"
#include "record/scrub_url.h"
#include "verdict/read/field.h"
#include "verdict/read/observe_old.h"
#include <stdlib.h>

#define REQUESTS "test_keys.requests"
#define RETRIED  "test_keys.x_retried"

static void free_bytes(void *p)
{
    free(p);
}

/* A plain string, or {"format":"base64","data":...}; decoded bytes belong to
 * the region. */
static enum err read_maybe_binary(struct region *r, const struct json *n,
                                  struct at at, struct str *out, struct diag *d)
{
    struct str data;
    if (!json_is_obj(n)) {
        return field_str(n, at, out, d);
    }
    enum err e = field_str(json_get(n, "data"), at, &data, d);
    if (e) {
        return e;
    }
    if (!str_eq_c(json_str(json_get(n, "format")), "base64")) {
        return field_fail(at, "want format base64", d);
    }
    struct buf b;
    buf_init(&b, data.len + 1);
    e = base64_decode(data, &b);
    if (e) {
        buf_fini(&b);
        return e == ERR_PARSE ? field_fail(at, "bad base64", d) : e;
    }
    size_t len;
    uint8_t *bytes = buf_take(&b, &len);
    e = bytes ? region_on_free(r, free_bytes, bytes) : ERR_OK;
    if (e) {
        free(bytes);
        return e;
    }
    *out = (struct str){(const char *)bytes, len};
    return ERR_OK;
}

static enum err read_headers_list(const struct json *arr, size_t i,
                                  struct diag *d)
{
    struct at at = AT_I(REQUESTS, i, "response.headers_list");
    enum err e = field_arr(arr, at, SIZE_MAX, d);
    for (const struct json *h = json_first(arr); h && !e; h = json_next(h)) {
        if (!json_is_arr(h) || json_len(h) != 2 ||
            !json_is_str(json_first(h))) {
            e = field_fail(at, "want pairs of name and value", d);
        }
    }
    return e;
}

static enum err read_response(struct observations *o, const struct json *n,
                              size_t i, struct vhttp *out, struct diag *d)
{
    enum err e = field_obj(n, AT_I(REQUESTS, i, "response"), 64, d);
    if (!e) {
        e = field_i64(json_get(n, "code"), AT_I(REQUESTS, i, "response.code"),
                      &out->status, d);
    }
    if (!e) {
        e = field_bool(json_get(n, "body_is_truncated"),
                       AT_I(REQUESTS, i, "response.body_is_truncated"),
                       &out->truncated, d);
    }
    if (!e) {
        e = read_maybe_binary(o->r, json_get(n, "body"),
                              AT_I(REQUESTS, i, "response.body"), &out->body,
                              d);
    }
    if (!e) {
        e = read_headers_list(json_get(n, "headers_list"), i, d);
    }
    if (!e) {
        e = field_obj(json_get(n, "headers"),
                      AT_I(REQUESTS, i, "response.headers"), SIZE_MAX, d);
    }
    if (!e) {
        out->headers_list = json_get(n, "headers_list");
        out->headers = json_get(n, "headers");
        out->got_headers = out->status > 0;
    }
    return e;
}

static bool final_status(int64_t status)
{
    int64_t class = status / 100;
    return class == 2 || class == 4 || class == 5;
}

/* One entry of the list. */
struct request {
    struct outcome result;
    int64_t id;
    double t0, t, first, last;
    int64_t received;
    bool h2;
    struct vhttp resp;
};

static enum err read_transfer(const struct json *n, size_t i,
                              struct request *out, struct diag *d)
{
    enum err e = json_is_obj(n)
                     ? ERR_OK
                     : field_fail(AT_I(REQUESTS, i, NULL), "want an object", d);
    if (!e) {
        e = field_outcome(json_get(n, "failure"), AT_I(REQUESTS, i, "failure"),
                          &out->result, d);
    }
    if (!e) {
        e = field_i64(json_get(n, "transaction_id"),
                      AT_I(REQUESTS, i, "transaction_id"), &out->id, d);
    }
    if (!e) {
        e = field_num(json_get(n, "t0"), AT_I(REQUESTS, i, "t0"), &out->t0, d);
    }
    if (!e) {
        e = field_num(json_get(n, "t"), AT_I(REQUESTS, i, "t"), &out->t, d);
    }
    if (!e) {
        e = field_num(json_get(n, "x_first"), AT_I(REQUESTS, i, "x_first"),
                      &out->first, d);
    }
    if (!e) {
        e = field_num(json_get(n, "x_last"), AT_I(REQUESTS, i, "x_last"),
                      &out->last, d);
    }
    if (!e) {
        e = field_i64(json_get(n, "x_received"),
                      AT_I(REQUESTS, i, "x_received"), &out->received, d);
    }
    return e;
}

/* Scrubbing took something out of the target of its redirect. */
static bool is_changed(const struct json *n, const struct vhttp *resp)
{
    struct str location;
    return str_eq_c(json_str(json_get(n, "x_redirect")), "scrubbed") ||
           (vhttp_header(resp, "location", &location) &&
            scrub_url_was_changed(location));
}

static void put(struct vendpoint *end, const struct request *q)
{
    end->doubtful =
        end->doubtful ||
        (end->http.known && outcome_ok(end->http) != outcome_ok(q->result));
    end->stage = VSTAGE_HTTP;
    end->http = q->result;
    end->resp = q->resp;
    end->resp.final = outcome_ok(q->result) && final_status(q->resp.status);
    end->http_t0 = q->t0;
    end->http_t = q->t;
    end->first = q->first;
    end->last = q->last;
    end->received = q->received;
    end->h2 = q->h2;
}

static enum err read_request(struct observations *o, const struct json *n,
                             size_t i, size_t total, struct diag *d)
{
    struct request q = {.id = 0};
    const struct json *req = json_get(n, "request");
    enum err e = read_transfer(n, i, &q, d);
    if (!e) {
        e = field_obj(req, AT_I(REQUESTS, i, "request"), 64, d);
    }
    if (!e) {
        e = field_str(json_get(req, "url"), AT_I(REQUESTS, i, "request.url"),
                      &q.resp.url, d);
    }
    if (!e) {
        e = read_response(o, json_get(n, "response"), i, &q.resp, d);
    }
    if (e) {
        return e;
    }
    q.resp.changed = is_changed(n, &q.resp);
    q.h2 = str_eq_c(json_str(json_get(n, "alpn")), "h2");
    if (o->old) {
        struct old_request old = {.entry = n,
                                  .url = q.resp.url,
                                  .result = q.result,
                                  .depth = (int)(total - 1 - i)};
        e = observe_old_request(o, &old, &q.id, d);
    } else {
        o->legacy = o->legacy || q.id == 0;
    }
    struct vendpoint *end = e ? NULL : observations_endpoint(o, q.id);
    if (end) {
        put(end, &q);
    }
    return e;
}

/* Requests without an answer that were made again, which is what counts. */
static enum err read_retried(struct observations *o, const struct json *arr,
                             struct diag *d)
{
    enum err e = field_arr(arr, AT_KEY(RETRIED, NULL), OBS_MAX_REQUESTS, d);
    size_t i = 0;
    for (const struct json *n = json_first(arr); n && !e;
         n = json_next(n), i++) {
        struct outcome result = {0};
        int64_t id = 0;
        e = json_is_obj(n)
                ? field_outcome(json_get(n, "failure"),
                                AT_I(RETRIED, i, "failure"), &result, d)
                : field_fail(AT_I(RETRIED, i, NULL), "want an object", d);
        if (!e) {
            e = field_i64(json_get(n, "transaction_id"),
                          AT_I(RETRIED, i, "transaction_id"), &id, d);
        }
        struct vendpoint *end = e ? NULL : observations_endpoint(o, id);
        if (end) {
            end->retried = result;
        }
    }
    return e;
}

enum err observe_http(struct observations *o, const struct json *tk,
                      struct diag *d)
{
    const struct json *arr = json_get(tk, "requests");
    enum err e = field_arr(arr, AT_KEY(REQUESTS, NULL), OBS_MAX_REQUESTS, d);
    size_t i = 0;
    for (const struct json *n = json_first(arr); n && !e; n = json_next(n)) {
        e = read_request(o, n, i++, json_len(arr), d);
    }
    return e ? e : read_retried(o, json_get(tk, "x_retried"), d);
}
