// SPDX-License-Identifier: Apache-2.0
#include "collector/api/route.h"

#include "collector/api/api_checkin.h"

#include "base/clock.h"
#include "collector/ingest/location.h"
#include "record/dictionary.h"

#include <string.h>
#include <strings.h>

#define BACKEND_VERSION "1.3.5"

/* ---- who asks ---------------------------------------------------------------
 */

enum err route_add_helper(struct service *s, struct region *r, const char *text,
                          struct diag *d)
{
    static const char cloudfront[] = "cloudfront:";
    struct route_helper h = {.address = text, .type = "https"};
    if (strncmp(text, cloudfront, sizeof(cloudfront) - 1) == 0) {
        h.address = text + sizeof(cloudfront) - 1;
        h.type = "cloudfront";
    }
    if (strncmp(h.address, "https://", 8) != 0 &&
        strncmp(h.address, "http://", 7) != 0) {
        return diag_set(d, ERR_INVAL, "test helper '%s' is not a URL", text);
    }
    if (s->n_helpers == ROUTE_MAX_HELPERS) {
        return diag_set(d, ERR_LIMIT, "more than %d test helpers",
                        ROUTE_MAX_HELPERS);
    }
    h.address = region_strdup(r, h.address);
    if (!h.address) {
        return ERR_NOMEM;
    }
    s->helpers[s->n_helpers++] = h;
    return ERR_OK;
}

enum err route_add_proxy(struct service *s, const char *text, struct diag *d)
{
    if (s->n_proxies == ROUTE_MAX_PROXIES) {
        return diag_set(d, ERR_LIMIT, "more than %d trusted proxies",
                        ROUTE_MAX_PROXIES);
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

const char *route_source(const struct service *s, const struct http_req *req)
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

/* ---- errors as FastAPI words them -------------------------------------------
 */

static void answer_missing(struct http_req *req, const char *const *keys,
                           size_t n)
{
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_key(&w, "detail");
    jw_arr(&w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(&w);
        jw_kc(&w, "type", "missing");
        jw_key(&w, "loc");
        jw_arr(&w);
        jw_c(&w, "body");
        jw_c(&w, keys[i]);
        jw_arr_end(&w);
        jw_kc(&w, "msg", "Field required");
        jw_obj_end(&w);
    }
    jw_arr_end(&w);
    jw_obj_end(&w);
    http_answer(req, 422);
}

void answer_invalid_json(struct http_req *req, const char *msg)
{
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_key(&w, "detail");
    jw_arr(&w);
    jw_obj(&w);
    jw_kc(&w, "type", "json_invalid");
    jw_key(&w, "loc");
    jw_arr(&w);
    jw_c(&w, "body");
    jw_arr_end(&w);
    jw_kc(&w, "msg", msg);
    jw_obj_end(&w);
    jw_arr_end(&w);
    jw_obj_end(&w);
    http_answer(req, 422);
}

static void answer_busy(struct http_req *req)
{
    http_reply_field(req, "Retry-After", "10");
    http_answer_detail(req, 503, "Cannot store now, try again later");
}

/* {"detail":{"error":...,"message":...}} */
static void answer_refusal(struct http_req *req, const struct refusal *why)
{
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_key(&w, "detail");
    jw_obj(&w);
    jw_kc(&w, "error", refusal_name(why->reason));
    jw_kc(&w, "message", why->d.text);
    jw_obj_end(&w);
    jw_obj_end(&w);
    http_answer(req, why->reason == REFUSAL_TOO_LARGE ? 413 : 400);
}

/* ---- POST /report -----------------------------------------------------------
 */

static void open_report(struct service *s, struct http_req *req)
{
    static const char *const required[] = {
        "data_format_version", "format",          "software_name",
        "software_version",    "test_start_time", "test_version"};
    (void)s;
    struct json_doc *doc = NULL;
    struct diag d = {{0}};
    enum err e = json_parse(req->body, &json_default_limits, &doc, &d);
    if (e != ERR_OK || !json_is_obj(json_root(doc))) {
        answer_invalid_json(req, e != ERR_OK ? d.text : "not an object");
        json_doc_free(doc);
        return;
    }
    const struct json *root = json_root(doc);
    const char *missing[sizeof(required) / sizeof(required[0])];
    size_t n = 0;
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        if (!json_is_str(json_get(root, required[i]))) {
            missing[n++] = required[i];
        }
    }
    if (n > 0) {
        json_doc_free(doc);
        answer_missing(req, missing, n);
        return;
    }
    char id[REPORT_ID_MAX];
    report_id_make(json_cstr(json_get(root, "probe_cc")),
                   json_cstr(json_get(root, "probe_asn")),
                   json_cstr(json_get(root, "test_name")),
                   clock_wall_us() / US_PER_S, id);
    json_doc_free(doc);
    char dictionary[RECORD_DICTIONARY_NAME];
    record_dictionary_name(dictionary);
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_kc(&w, "backend_version", BACKEND_VERSION);
    jw_kc(&w, "report_id", id);
    jw_key(&w, "supported_formats");
    jw_arr(&w);
    jw_c(&w, "yaml");
    jw_c(&w, "json");
    jw_arr_end(&w);
    jw_key(&w, "x_dictionaries");
    jw_arr(&w);
    jw_c(&w, dictionary);
    jw_arr_end(&w);
    jw_obj_end(&w);
    http_answer(req, 200);
}

/* ---- POST /report/{id} ------------------------------------------------------
 */

static void report_done(void *arg, const struct ingest_result *res)
{
    struct http_req *req = arg;
    if (res->outcome == INGEST_BUSY) {
        answer_busy(req);
        return;
    }
    if (res->outcome == INGEST_REFUSED) {
        enum refusal_reason why = res->refusal->reason;
        if (why == REFUSAL_FORMAT) {
            http_answer_detail(req, 400, "Incorrect format");
        } else if (why == REFUSAL_INCONSISTENT) {
            http_answer_detail(req, 400, "Inconsistent measurement");
        } else if (why == REFUSAL_ENCODING) {
            http_answer_detail(req, 415, "Content-Encoding not supported");
        } else {
            answer_refusal(req, res->refusal);
        }
        return;
    }
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_kc(&w, "measurement_uid", res->uid);
    jw_obj_end(&w);
    http_answer(req, 200);
}

static void submit(struct service *s, struct http_req *req,
                   struct ingest_upload *up)
{
    up->body = req->body;
    up->source = route_source(s, req);
    up->arg = req;
    http_defer(req);
    if (ingest_submit(s->ingest, up) != ERR_OK) {
        answer_busy(req);
    }
}

static void update_report(struct service *s, struct http_req *req,
                          const char *id)
{
    struct ingest_upload up = {
        .form = INGEST_REPORT, .report_id = id, .done = report_done};
    if (!report_id_parse(str_c(id), &up.path)) {
        ingest_count_refused(s->ingest, REFUSAL_REPORT_ID);
        http_answer_detail(req, 400, "Incorrect format");
        return;
    }
    up.has_path = true;
    const char *encoding = http_header(req, "Content-Encoding");
    if (encoding && strcasecmp(encoding, "zstd") == 0) {
        up.coding = COMPRESS_ZSTD;
    } else if (encoding && strcasecmp(encoding, "dcz") == 0) {
        up.coding = COMPRESS_DCZ;
    } else if (encoding && strcasecmp(encoding, "identity") != 0) {
        ingest_count_refused(s->ingest, REFUSAL_ENCODING);
        http_answer_detail(req, 415, "Content-Encoding not supported");
        return;
    }
    submit(s, req, &up);
}

/* ---- POST /api/v1/submit_measurement ----------------------------------------
 */

struct submission {
    struct http_req *req;
    char report_id[REPORT_ID_MAX];
    const char *credential_error; /* NULL: none were given */
};

static void submit_done(void *arg, const struct ingest_result *res)
{
    struct submission *sub = arg;
    struct http_req *req = sub->req;
    if (res->outcome == INGEST_BUSY) {
        answer_busy(req);
        return;
    }
    if (res->outcome == INGEST_REFUSED) {
        answer_refusal(req, res->refusal);
        return;
    }
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_kc(&w, "measurement_uid", res->uid);
    jw_kc(&w, "verification_status", "unverified");
    jw_kn(&w, "submit_response");
    jw_kc(&w, "protocol_version", "0.1.0");
    jw_kc(&w, "error", sub->credential_error);
    jw_kc(&w, "report_id", sub->report_id);
    jw_obj_end(&w);
    http_answer(req, 200);
}

static void submit_measurement(struct service *s, struct http_req *req)
{
    struct json_doc *doc = NULL;
    struct diag d = {{0}};
    struct submission *sub = region_alloc(req->region, sizeof(*sub));
    enum err e = json_parse(req->body, &json_default_limits, &doc, &d);
    const struct json *root = e == ERR_OK ? json_root(doc) : NULL;
    if (!json_is_str(json_get(root, "content")) || !sub) {
        ingest_count_refused(s->ingest, REFUSAL_FORMAT);
        answer_invalid_json(req,
                            e != ERR_OK ? d.text : "content: not a string");
        json_doc_free(doc);
        return;
    }
    /* Records are taken whether or not credentials come with them; there is
     * no manifest here that any could be checked against. */
    if (!json_is_null(json_get(root, "nym")) ||
        !json_is_null(json_get(root, "zkp_request")) ||
        !json_is_null(json_get(root, "manifest_version"))) {
        sub->credential_error = "manifest_not_found";
    }
    json_doc_free(doc);
    sub->req = req;
    report_id_make(NULL, NULL, "web_connectivity", clock_wall_us() / US_PER_S,
                   sub->report_id);
    struct ingest_upload up = {.form = INGEST_SUBMIT,
                               .report_id = sub->report_id,
                               .done = submit_done};
    up.body = req->body;
    up.source = route_source(s, req);
    up.arg = sub;
    http_defer(req);
    if (ingest_submit(s->ingest, &up) != ERR_OK) {
        answer_busy(req);
    }
}

/* ---- the rest ---------------------------------------------------------------
 */

static void close_report(struct http_req *req)
{
    buf_add_c(&req->reply.body, "{}");
    http_answer(req, 200);
}

static void health(struct service *s, struct http_req *req)
{
    bool ok = !ingest_broken(s->ingest);
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_kc(&w, "status", ok ? "ok" : "fail");
    jw_key(&w, "errors");
    jw_arr(&w);
    if (!ok) {
        jw_c(&w, "the disk has failed: nothing is stored any more");
    }
    jw_arr_end(&w);
    jw_kc(&w, "version", PARALLAX_VERSION);
    jw_kc(&w, "build_label", PARALLAX_VERSION);
    jw_obj_end(&w);
    http_answer(req, ok ? 200 : 503);
}

static void not_allowed(struct http_req *req, const char *allowed)
{
    http_reply_field(req, "Allow", allowed);
    http_answer_detail(req, 405, "Method Not Allowed");
}

struct route {
    const char *path;
    const char *method;
    void (*fn)(struct service *s, struct http_req *req);
};

static const struct route routes[] = {
    {"/report", "POST", open_report},
    {"/api/v1/check-in", "POST", checkin_handle},
    {"/api/v1/test-helpers", "GET", checkin_test_helpers},
    {"/api/v1/submit_measurement", "POST", submit_measurement},
    {"/health", "GET", health},
};

/* /report/{id} and /report/{id}/close */
static void route_report(struct service *s, struct http_req *req)
{
    const char *id = req->path + strlen("/report/");
    const char *slash = strchr(id, '/');
    if (slash && strcmp(slash, "/close") != 0) {
        http_answer_detail(req, 404, "Not Found");
    } else if (strcmp(req->method, "POST") != 0) {
        not_allowed(req, "POST");
    } else if (slash) {
        close_report(req);
    } else {
        update_report(s, req, id);
    }
}

void route_handle(void *arg, struct http_req *req)
{
    struct service *s = arg;
    if (strncmp(req->path, "/report/", strlen("/report/")) == 0) {
        route_report(s, req);
        return;
    }
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        const struct route *r = &routes[i];
        if (strcmp(req->path, r->path) != 0) {
            continue;
        }
        bool head = strcmp(req->method, "HEAD") == 0;
        if (strcmp(head ? "GET" : req->method, r->method) != 0) {
            not_allowed(req, r->method);
        } else {
            r->fn(s, req);
        }
        return;
    }
    http_answer_detail(req, 404, "Not Found");
}
