// SPDX-License-Identifier: Apache-2.0
/* Opening, filling and closing reports. */
#include "collector/api/api_report.h"

#include "collector/api/answer.h"

#include "base/clock.h"
#include "record/dictionary.h"

#include <strings.h>

#define BACKEND_VERSION                                                        \
    "1.3.5" /* of OONI's collector, whose protocol this is */

/* ---- POST /report -----------------------------------------------------------
 */

/* Answers and is true if some are missing. */
static bool answered_missing(struct http_req *req, const struct json *root)
{
    static const char *const required[] = {
        "data_format_version", "format",          "software_name",
        "software_version",    "test_start_time", "test_version"};
    const char *missing[sizeof(required) / sizeof(required[0])];
    size_t n = 0;
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        if (!json_is_str(json_get(root, required[i]))) {
            missing[n++] = required[i];
        }
    }
    if (n > 0) {
        answer_missing(req, missing, n);
    }
    return n > 0;
}

static void answer_opened(struct http_req *req, const char *id)
{
    char dictionary[DICTIONARY_NAME_MAX];
    dictionary_name(dictionary);
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

void api_report_open(struct service *s, struct http_req *req)
{
    (void)s; /* nothing is kept of it */
    struct json_doc *doc = NULL;
    struct diag d = {{0}};
    enum err e = json_parse(req->body, &json_default_limits, &doc, &d);
    const struct json *root = e == ERR_OK ? json_root(doc) : NULL;
    if (!json_is_obj(root)) {
        answer_invalid_json(req, e != ERR_OK ? d.text : "not an object");
    } else if (!answered_missing(req, root)) {
        char id[REPORT_ID_MAX];
        report_id_make(json_cstr(json_get(root, "probe_cc")),
                       json_cstr(json_get(root, "probe_asn")),
                       json_cstr(json_get(root, "test_name")),
                       clock_wall_us() / US_PER_S, id);
        answer_opened(req, id);
    }
    json_doc_free(doc);
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
            answer_refusal_as(req, "Incorrect format", res->refusal);
        } else if (why == REFUSAL_INCONSISTENT) {
            answer_refusal_as(req, "Inconsistent measurement", res->refusal);
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

/* One thing and then another: which is only one way to read two headers. */
static bool packed_twice(const struct http_req *req)
{
    size_t n = 0;
    for (size_t i = 0; i < req->n_headers; i++) {
        n += strcasecmp(req->headers[i].name, "Content-Encoding") == 0;
    }
    return n > 1;
}

void api_report_update(struct service *s, struct http_req *req)
{
    const char *id = req->id;
    struct ingest_upload up = {.form = INGEST_REPORT,
                               .report_id = id,
                               .done = report_done,
                               .arg = req};
    if (!report_id_parse(str_c(id), &up.path)) {
        struct refusal why = {0};
        /* always ERR_PARSE: that it is refused is known already */
        (void)refusal_set(&why, REFUSAL_REPORT_ID, "report_id",
                          "not an id of a report");
        ingest_count_refused(s->ingest, why.reason);
        answer_refusal_as(req, "Incorrect format", &why);
        return;
    }
    up.has_path = true;
    const char *encoding = http_header(req, "Content-Encoding");
    if (encoding && packed_twice(req)) {
        encoding = "";
    }
    if (encoding && strcasecmp(encoding, "zstd") == 0) {
        up.coding = COMPRESS_ZSTD;
    } else if (encoding && strcasecmp(encoding, "dcz") == 0) {
        up.coding = COMPRESS_DCZ;
    } else if (encoding && strcasecmp(encoding, "identity") != 0) {
        ingest_count_refused(s->ingest, REFUSAL_ENCODING);
        http_answer_detail(req, 415, "Content-Encoding not supported");
        return;
    }
    (void)service_submit(s, req, &up); /* it is answered either way */
}

/* ---- POST /report/{id}/close ------------------------------------------------
 */

void api_report_close(struct service *s, struct http_req *req)
{
    (void)s; /* nothing is kept of it */
    buf_add_c(&req->reply.body, "{}");
    http_answer(req, 200);
}
