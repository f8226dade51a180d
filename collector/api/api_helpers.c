// SPDX-License-Identifier: Apache-2.0
/* Lists of helpers, new and old. */
#include "collector/api/api_helpers.h"

#include "base/json.h"
#include "collector/api/answer.h"

#include <string.h>

#define NET_TESTS_MAX 64

/* By the names that tests ask for them. */
static const char *const kinds[SERVICE_KINDS] = {
    [SERVICE_WEB_CONNECTIVITY] = "web-connectivity",
    [SERVICE_TCP_ECHO] = "tcp-echo",
    [SERVICE_JSON_HEADERS] = "http-return-json-headers",
    [SERVICE_DNS] = "dns",
    [SERVICE_SSL] = "ssl",
    [SERVICE_TRACEROUTE] = "traceroute",
};

/* One of ours that answers nobody would only cost each probe its time. */
static bool is_told(const struct service *s, const struct http_req *req,
                    const struct service_helper *h, enum service_kind kind)
{
    bool gone = s->own_control && kind == SERVICE_WEB_CONNECTIVITY &&
                strcmp(h->address, s->own_control) == 0 &&
                atomic_load(&s->control_down);
    return h->kind == kind && !gone && (!h->local || service_is_local(s, req));
}

static void write_helper(struct jw *w, const struct service_helper *h)
{
    bool legacy = h->kind != SERVICE_WEB_CONNECTIVITY;
    jw_obj(w);
    jw_kc(w, "address", h->address);
    jw_kc(w, "type",
          legacy          ? "legacy"
          : h->cloudfront ? "cloudfront"
                          : "https");
    if (h->cloudfront) {
        struct str host = str_c(h->address);
        size_t at = str_find(host, STR("://"));
        host = at == SIZE_MAX ? host : str_sub(host, at + 3, SIZE_MAX);
        jw_ks(w, "front", str_sub(host, 0, str_find_char(host, '/')));
    }
    jw_obj_end(w);
}

static void write_kind(const struct service *s, const struct http_req *req,
                       struct jw *w, enum service_kind kind)
{
    jw_key(w, kinds[kind]);
    jw_arr(w);
    for (size_t i = 0; i < s->n_helpers; i++) {
        if (is_told(s, req, &s->helpers[i], kind)) {
            write_helper(w, &s->helpers[i]);
        }
    }
    jw_arr_end(w);
}

void api_helpers_write(const struct service *s, const struct http_req *req,
                       struct jw *w)
{
    jw_obj(w);
    for (int kind = 0; kind < SERVICE_KINDS; kind++) {
        write_kind(s, req, w, (enum service_kind)kind);
    }
    jw_obj_end(w);
}

void api_helpers(struct service *s, struct http_req *req)
{
    struct jw w;
    jw_init(&w, &req->reply.body);
    api_helpers_write(s, req, &w);
    http_answer(req, 200);
}

/* ---- where to send ----------------------------------------------------------
 */

/* What the settings say, or else the name that we were asked by. */
static const char *own_url(const struct service *s, const struct http_req *req)
{
    const char *host = http_header(req, "Host");
    if (s->public_url) {
        return s->public_url;
    }
    const char *url =
        host ? region_printf(req->region, "http://%s", host) : NULL;
    return url ? url : "";
}

static void write_collectors(const struct service *s,
                             const struct http_req *req, struct jw *w)
{
    jw_arr(w);
    jw_obj(w);
    jw_kc(w, "address", own_url(s, req));
    jw_kc(w, "type", "https");
    jw_obj_end(w);
    jw_arr_end(w);
}

void api_helpers_collectors(struct service *s, struct http_req *req)
{
    struct jw w;
    jw_init(&w, &req->reply.body);
    write_collectors(s, req, &w);
    http_answer(req, 200);
}

/* One address for each kind that there is, as the oldest clients want it. */
static void write_first_of_each(const struct service *s,
                                const struct http_req *req, struct jw *w)
{
    jw_key(w, "test-helpers");
    jw_obj(w);
    for (int kind = 0; kind < SERVICE_KINDS; kind++) {
        for (size_t i = 0; i < s->n_helpers; i++) {
            if (is_told(s, req, &s->helpers[i], (enum service_kind)kind)) {
                jw_kc(w, kinds[kind], s->helpers[i].address);
                break;
            }
        }
    }
    jw_obj_end(w);
}

static void write_net_test(const struct service *s, const struct http_req *req,
                           struct jw *w, const struct json *test)
{
    jw_obj(w);
    jw_ks(w, "name", json_str(json_get(test, "name")));
    jw_ks(w, "version", json_str(json_get(test, "version")));
    jw_kc(w, "collector", own_url(s, req));
    jw_key(w, "collector-alternate");
    write_collectors(s, req, w);
    jw_kn(w, "input-hashes");
    write_first_of_each(s, req, w);
    jw_key(w, "test-helpers-alternate");
    api_helpers_write(s, req, w);
    jw_obj_end(w);
}

/* Each with a name and a version? */
static bool net_tests_ok(const struct json *tests)
{
    size_t n = json_is_arr(tests) ? json_len(tests) : 0;
    if (n == 0 || n > NET_TESTS_MAX) {
        return false;
    }
    for (const struct json *t = json_first(tests); t; t = json_next(t)) {
        if (!json_is_str(json_get(t, "name")) ||
            !json_is_str(json_get(t, "version"))) {
            return false;
        }
    }
    return true;
}

void api_helpers_bouncer(struct service *s, struct http_req *req)
{
    struct json_doc *doc = NULL;
    enum err e = json_parse(req->body, &json_default_limits, &doc, NULL);
    const struct json *tests =
        e == ERR_OK ? json_get(json_root(doc), "net-tests") : NULL;
    if (!net_tests_ok(tests)) {
        http_answer_detail(req, 400, "invalid net-tests request");
        json_doc_free(doc);
        return;
    }
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_key(&w, "net-tests");
    jw_arr(&w);
    for (const struct json *t = json_first(tests); t; t = json_next(t)) {
        write_net_test(s, req, &w, t);
    }
    jw_arr_end(&w);
    jw_obj_end(&w);
    http_answer(req, 200);
    json_doc_free(doc);
}
