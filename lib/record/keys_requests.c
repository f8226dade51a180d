// SPDX-License-Identifier: Apache-2.0
#include "record/keys_requests.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define TRUNCATED_AT ((size_t)1 << 19) /* OONI's definition of a cut body */

struct header_ref {
    const char *name;
    struct str value;
    size_t order;
};

static int by_name(const void *a, const void *b)
{
    const struct header_ref *x = a, *y = b;
    int rc = strcmp(x->name, y->name);
    if (rc != 0) {
        return rc;
    }
    return x->order < y->order ? -1 : 1;
}

/* headers_list has every value, the map the first of each name. */
static void write_headers(struct key_writer *c,
                          const struct obs_header *headers, size_t n)
{
    struct jw *w = c->w;
    struct header_ref *refs =
        region_calloc(c->scratch, n ? n : 1, sizeof(*refs));
    if (!refs) {
        key_writer_fail(c, ERR_NOMEM);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        refs[i].name = headers[i].name;
        refs[i].value = key_writer_clean(c, headers[i].value);
        refs[i].order = i;
    }
    qsort(refs, n, sizeof(*refs), by_name);
    jw_key(w, "headers_list");
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_arr(w);
        jw_c(w, refs[i].name);
        jw_maybe_binary(w, refs[i].value);
        jw_arr_end(w);
    }
    jw_arr_end(w);
    jw_key(w, "headers");
    jw_obj(w);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && strcmp(refs[i].name, refs[i - 1].name) == 0) {
            continue;
        }
        /* Two names that are not UTF-8 would be written as the same key. */
        if (!utf8_valid(str_c(refs[i].name))) {
            continue;
        }
        jw_key(w, refs[i].name);
        jw_maybe_binary(w, refs[i].value);
    }
    jw_obj_end(w);
}

static void write_http_request(struct key_writer *c, const struct obs_http *o)
{
    struct jw *w = c->w;
    jw_key(w, "request");
    jw_obj(w);
    jw_kc(w, "body", "");
    jw_kb(w, "body_is_truncated", false);
    write_headers(c, o->req_headers, o->n_req_headers);
    jw_kc(w, "method", "GET");
    jw_key(w, "tor");
    jw_obj(w);
    jw_kn(w, "exit_ip");
    jw_kn(w, "exit_name");
    jw_kb(w, "is_tor", false);
    jw_obj_end(w);
    jw_kc(w, "x_transport", "tcp");
    jw_ks(w, "url", key_writer_without_own(c, o->url));
    jw_obj_end(w);
}

static void write_http_response(struct key_writer *c, const struct obs_http *o)
{
    struct jw *w = c->w;
    jw_key(w, "response");
    jw_obj(w);
    jw_key(w, "body");
    jw_maybe_binary(w, key_writer_clean(c, o->body));
    jw_kb(w, "body_is_truncated",
          o->body_truncated || o->body.len >= TRUNCATED_AT);
    jw_ki(w, "code", o->status);
    write_headers(c, o->headers, o->n_headers);
    jw_obj_end(w);
}

void keys_requests(struct key_writer *c)
{
    struct jw *w = c->w;
    jw_key(w, "requests");
    jw_arr(w);
    for (size_t i = c->m->n_http; i > 0; i--) {
        const struct obs_http *o = &c->m->http[i - 1];
        jw_obj(w);
        jw_kc(w, "network", "tcp");
        key_writer_endpoint(c, "address", &o->ip, o->port);
        if (o->alpn) {
            jw_kc(w, "alpn", o->alpn);
        }
        key_writer_failure(c, o->failure);
        write_http_request(c, o);
        write_http_response(c, o);
        key_writer_times(w, o->t0, o->t);
        if (o->first > 0) {
            jw_key(w, "x_first");
            jw_seconds(w, o->first);
        }
        jw_ki(w, "x_received", (int64_t)o->received);
        if (o->leads_unlisted) {
            jw_kb(w, "x_leads_unlisted", true);
        }
        key_writer_tags(w, &o->tags);
        key_writer_id(w, o->id);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}
