// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/late_record.h"

#include "base/calendar.h"
#include "base/json_out.h"
#include "net/headers.h"
#include "wire/ip.h"
#include "wire/url.h"

#include <string.h>

#define ADDRS_MAX  16 /* that are asked about */
#define AGAIN_MAX  12 /* further measurements, as the rules read */
#define PLACES     (3 * (AGAIN_MAX + 1))
#define ENDPOINT   56 /* text of one */
#define ANSWER_DOC 20000

/* ---- the request --------------------------------------------------------- */

static void add_headers(struct jw *w, bool https)
{
    static const char *const names[] = {"Accept", "Accept-Language",
                                        "User-Agent"};
    struct obs_header h[HEADERS_MAX];
    size_t n = headers_for(https, NULL, 0, h);
    jw_key(w, "http_request_headers");
    jw_obj(w);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct obs_header *one = headers_find(h, n, names[i]);
        if (one) {
            jw_key(w, names[i]);
            jw_arr(w);
            jw_str(w, one->value);
            jw_arr_end(w);
        }
    }
    jw_obj_end(w);
}

static size_t add_addr(struct ip *ips, size_t n, const struct json *text)
{
    struct ip ip;
    if (n == ADDRS_MAX || !ip_parse(json_str(text), &ip)) {
        return n;
    }
    for (size_t i = 0; i < n; i++) {
        if (ip_eq(&ips[i], &ip)) {
            return n;
        }
    }
    ips[n] = ip;
    return n + 1;
}

/* Addresses of the site's own name, before any redirect. */
static size_t find_addrs(const struct json *record, struct str host,
                         struct ip *ips)
{
    size_t n = 0;
    const struct json *list = json_path(record, "test_keys.queries");
    for (const struct json *q = json_first(list); q; q = json_next(q)) {
        const struct json *all = json_get(q, "answers");
        if (!str_ieq(json_str(json_get(q, "hostname")), host)) {
            continue;
        }
        for (const struct json *a = json_first(all); a; a = json_next(a)) {
            n = add_addr(ips, n, json_get(a, "ipv4"));
            n = add_addr(ips, n, json_get(a, "ipv6"));
        }
    }
    return n;
}

static void add_endpoints(struct jw *w, const struct url *url,
                          const struct ip *ips, size_t n)
{
    char text[ENDPOINT];
    jw_key(w, "tcp_connect");
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        ip_endpoint(&ips[i], url->explicit_port ? url->port : 443, text);
        jw_c(w, text);
        if (!url->explicit_port) {
            ip_endpoint(&ips[i], 80, text);
            jw_c(w, text);
        }
    }
    jw_arr_end(w);
}

enum err late_record_request(const struct json *record, const char *input,
                             struct buf *out)
{
    struct ip ips[ADDRS_MAX];
    struct url url;
    struct jw w;
    struct region *r = region_new((size_t)1 << 20);
    enum err e = r ? url_parse(r, str_c(input), &url, NULL) : ERR_NOMEM;
    if (e == ERR_OK) {
        size_t n = find_addrs(record, str_c(url.host), ips);
        jw_init(&w, out);
        jw_obj(&w);
        jw_kc(&w, "http_request", url.text);
        add_headers(&w, url.https);
        add_endpoints(&w, &url, ips, n);
        jw_kb(&w, "x_quic_enabled", false);
        jw_obj_end(&w);
        e = out->failed;
    }
    region_free(r);
    return e;
}

/* ---- the record with the answer ------------------------------------------ */

/* A value of the record that another one takes the place of. */
struct place {
    size_t from, to;
    struct str text;
};

static void add_place(const struct json_doc *doc, struct str text,
                      const struct json *value, struct str with,
                      struct place *at, size_t *n)
{
    struct str span = json_span(doc, value);
    size_t from = (size_t)(span.p - text.p), i = (*n)++;
    for (; i > 0 && at[i - 1].from > from; i--) {
        at[i] = at[i - 1];
    }
    at[i] = (struct place){from, from + span.len, with};
}

/* False: they are not as our probes write them. */
static bool add_places(const struct json_doc *doc, struct str text,
                       const struct json *keys, struct str request,
                       struct str answer, struct place *at, size_t *n)
{
    const struct json *asked = json_get(keys, "x_control_request");
    const struct json *control = json_get(keys, "control");
    const struct json *failure = json_get(keys, "control_failure");
    if (!asked || !json_is_null(asked) || !control || !json_is_null(control) ||
        !failure) {
        return false;
    }
    add_place(doc, text, asked, request, at, n);
    add_place(doc, text, control, answer, at, n);
    add_place(doc, text, failure, STR("null"), at, n);
    return true;
}

static struct str name_of(const struct json *keys)
{
    return json_str(
        json_get(json_first(json_get(keys, "queries")), "hostname"));
}

enum err late_record_with(const struct json_doc *doc, struct str text,
                          struct str request, struct str answer,
                          struct buf *out)
{
    struct place at[PLACES];
    size_t n = 0, entries = 0, from = 0;
    const struct json *keys = json_get(json_root(doc), "test_keys");
    if (!add_places(doc, text, keys, request, answer, at, &n)) {
        return ERR_PARSE;
    }
    struct str name = name_of(keys);
    const struct json *list = json_get(keys, "x_retest");
    for (const struct json *r = json_first(list); r && entries < AGAIN_MAX;
         r = json_next(r), entries++) {
        const struct json *again = json_get(r, "test_keys");
        if (str_eq_c(json_str(json_get(r, "kind")), "again") &&
            str_ieq(name_of(again), name)) {
            /* what is not as our probes write it stays as it is */
            (void)add_places(doc, text, again, request, answer, at, &n);
        }
    }
    for (size_t i = 0; i < n; i++) {
        buf_add_str(out, str_sub(text, from, at[i].from - from));
        buf_add_str(out, at[i].text);
        from = at[i].to;
    }
    return buf_add_str(out, str_sub(text, from, text.len - from));
}

enum err late_record_keep(int64_t asked_s, int64_t age_s, struct str request,
                          struct str answer, struct buf *out)
{
    char asked[24];
    static const struct json_limits limits = {.max_bytes = LATE_ANSWER_MAX,
                                              .max_nodes = ANSWER_DOC,
                                              .max_string = LATE_ANSWER_MAX,
                                              .max_depth = 16};
    struct json_doc *doc = NULL;
    struct diag d = {""};
    struct jw w;
    enum err e = json_parse(answer, &limits, &doc, &d);
    if (e == ERR_OK && !json_is_obj(json_root(doc))) {
        e = ERR_PARSE;
    }
    json_doc_free(doc);
    if (e != ERR_OK) {
        return e == ERR_NOMEM ? e : ERR_PARSE;
    }
    calendar_iso(asked, asked_s);
    jw_init(&w, out);
    jw_obj(&w);
    jw_kc(&w, "asked", asked);
    jw_ki(&w, "age", age_s);
    jw_key(&w, "x_control_request");
    jw_raw(&w, request);
    jw_key(&w, "control");
    jw_raw(&w, answer);
    jw_obj_end(&w);
    return out->failed;
}
