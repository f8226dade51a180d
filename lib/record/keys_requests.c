// SPDX-License-Identifier: Apache-2.0
#include "record/keys_requests.h"

#include "base/utf8.h"

#include <stdlib.h>

#define TRUNCATED_AT ((size_t)1 << 19) /* OONI's definition of a cut body */

struct header_ref {
    struct clean_text name;
    struct clean_text value;
    size_t order;
};

static int by_name(const void *a, const void *b)
{
    const struct header_ref *x = a, *y = b;
    int rc = str_cmp(x->name.s, y->name.s);
    if (rc != 0) {
        return rc;
    }
    return x->order < y->order ? -1 : 1;
}

/* headers_list has every value, the map the first of each name. `o`: what these
 * are the answer of, NULL for those of a request. False: a target of a redirect
 * among them is not what the server wrote. */
static bool write_headers(struct key_writer *c, const struct obs_http *o,
                          const struct obs_header *headers, size_t n)
{
    struct jw *w = c->w;
    bool changed = false;
    struct header_ref *refs =
        region_calloc(c->scratch, n ? n : 1, sizeof(*refs));
    if (!refs) {
        key_writer_fail(c, ERR_NOMEM);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        refs[i].name = key_writer_header_name(c, headers[i].name);
        refs[i].value = key_writer_header(c, o, &headers[i], &changed);
        refs[i].order = i;
    }
    qsort(refs, n, sizeof(*refs), by_name);
    jw_key(w, "headers_list");
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_arr(w);
        key_writer_name(c, refs[i].name);
        key_writer_value(c, refs[i].value);
        jw_arr_end(w);
    }
    jw_arr_end(w);
    jw_key(w, "headers");
    jw_obj(w);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && str_eq(refs[i].name.s, refs[i - 1].name.s)) {
            continue;
        }
        /* Two names that are not UTF-8 would be written as the same key. */
        if (!utf8_valid(refs[i].name.s)) {
            continue;
        }
        key_writer_key(c, refs[i].name);
        key_writer_value(c, refs[i].value);
    }
    jw_obj_end(w);
    return !changed;
}

static void write_http_request(struct key_writer *c, const struct obs_http *o)
{
    struct jw *w = c->w;
    jw_key(w, "request");
    jw_obj(w);
    jw_kc(w, "body", "");
    jw_kb(w, "body_is_truncated", false);
    /* there is no redirect in a request */
    (void)write_headers(c, NULL, o->req_headers, o->n_req_headers);
    jw_kc(w, "method", "GET");
    jw_key(w, "tor");
    jw_obj(w);
    jw_kn(w, "exit_ip");
    jw_kn(w, "exit_name");
    jw_kb(w, "is_tor", false);
    jw_obj_end(w);
    jw_kc(w, "x_transport", "tcp");
    key_writer_url(c, o);
    jw_obj_end(w);
}

/* False: the target of its redirect is not what the server wrote. */
static bool write_http_response(struct key_writer *c, const struct obs_http *o)
{
    struct jw *w = c->w;
    jw_key(w, "response");
    jw_obj(w);
    key_writer_bytes(c, "body", o->body);
    jw_kb(w, "body_is_truncated",
          o->body_truncated || o->body.len >= TRUNCATED_AT);
    jw_ki(w, "code", o->status);
    bool intact = write_headers(c, o, o->headers, o->n_headers);
    jw_obj_end(w);
    return intact;
}

static void write_one(struct key_writer *c, const struct obs_http *o)
{
    struct jw *w = c->w;
    jw_obj(w);
    jw_kc(w, "network", "tcp");
    key_writer_endpoint(c, "address", &o->ip, o->port);
    if (o->alpn) {
        key_writer_text(c, "alpn", o->alpn);
    }
    key_writer_failure(c, o->failure);
    write_http_request(c, o);
    bool intact = write_http_response(c, o);
    key_writer_times(w, o->t0, o->t);
    if (o->first > 0) {
        jw_key(w, "x_first");
        jw_seconds(w, o->first);
    }
    if (o->first > 0 && o->failure) {
        jw_key(w, "x_last");
        jw_seconds(w, o->last);
    }
    jw_ki(w, "x_received", (int64_t)o->received);
    if (o->leads_unlisted) {
        jw_kb(w, "x_leads_unlisted", true);
    }
    if (!intact) {
        jw_kc(w, "x_redirect", "scrubbed");
    }
    key_writer_tags(w, &o->tags);
    key_writer_id(w, o->id);
    jw_obj_end(w);
}

static void write_list(struct key_writer *c, const char *key, bool retried)
{
    struct jw *w = c->w;
    jw_key(w, key);
    jw_arr(w);
    for (size_t i = c->m->n_http; i > 0; i--) {
        if (c->m->http[i - 1].retried == retried) {
            write_one(c, &c->m->http[i - 1]);
        }
    }
    jw_arr_end(w);
}

void keys_requests(struct key_writer *c)
{
    bool any = false;
    for (size_t i = 0; i < c->m->n_http; i++) {
        any = any || c->m->http[i].retried;
    }
    write_list(c, "requests", false);
    if (any) {
        write_list(c, "x_retried", true);
    }
}
