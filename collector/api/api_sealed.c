// SPDX-License-Identifier: Apache-2.0
/* Boxes are opened by a process that alone has the key; then they are uploads
 * like all others. */
#include "collector/api/api_sealed.h"

#include "base/clock.h"
#include "collector/api/answer.h"

#include <stdlib.h>

struct unsealed {
    struct http_req *req;
    struct buf plain;
};

static void give_back(struct unsealed *u)
{
    buf_fini(&u->plain);
    free(u);
}

static void sealed_done(void *arg, const struct ingest_result *res)
{
    struct unsealed *u = arg;
    struct http_req *req = u->req;
    struct jw w;
    if (res->outcome == INGEST_BUSY) {
        answer_busy(req);
    } else if (res->outcome == INGEST_REFUSED) {
        answer_refusal(req, res->refusal);
    } else {
        jw_init(&w, &req->reply.body);
        jw_obj(&w);
        jw_kc(&w, "measurement_uid", res->uid);
        jw_obj_end(&w);
        http_answer(req, 200);
    }
    give_back(u);
}

/* The report that it would have been sent under. */
static bool make_report(struct str open, struct http_req *req,
                        struct ingest_upload *up)
{
    struct json_doc *doc = NULL;
    char id[REPORT_ID_MAX];
    enum err e = json_parse(open, &json_default_limits, &doc, NULL);
    const struct json *root = e == ERR_OK ? json_root(doc) : NULL;
    bool good = json_is_obj(root);
    if (good) {
        report_id_make(json_cstr(json_get(root, "probe_cc")),
                       json_cstr(json_get(root, "probe_asn")),
                       json_cstr(json_get(root, "test_name")),
                       clock_wall_us() / US_PER_S, id);
        up->report_id = region_strdup(req->region, id);
        up->has_path = true;
        good = up->report_id && report_id_parse(str_c(id), &up->path);
    }
    json_doc_free(doc);
    return good;
}

static void refuse(struct service *s, struct http_req *req, enum err e)
{
    if (e == ERR_NOTFOUND) {
        http_answer_detail(req, 409, "sealed with a key that is not here");
    } else if (e == ERR_PARSE) {
        ingest_count_refused(s->ingest, REFUSAL_FORMAT);
        http_answer_detail(req, 400, "not a sealed record");
    } else {
        answer_busy(req);
    }
}

void api_sealed(struct service *s, struct http_req *req)
{
    struct str open, body;
    if (!s->opener) {
        http_answer_detail(req, 404, "Not Found");
        return;
    }
    struct unsealed *u = calloc(1, sizeof(*u));
    if (!u) {
        answer_busy(req);
        return;
    }
    u->req = req;
    buf_init(&u->plain, SEALED_MAX);
    struct ingest_upload up = {
        .form = INGEST_REPORT, .done = sealed_done, .arg = u};
    enum err e = opener_open(s->opener, req->body, &u->plain, &open, &body);
    if (e == ERR_OK && !make_report(open, req, &up)) {
        e = ERR_PARSE;
    }
    if (e != ERR_OK) {
        refuse(s, req, e);
        give_back(u);
        return;
    }
    up.body = body;
    up.coding = compress_is_dcz(body) ? COMPRESS_DCZ : COMPRESS_ZSTD;
    if (!service_submit(s, req, &up)) {
        give_back(u);
    }
}
