// SPDX-License-Identifier: Apache-2.0
/* One measurement, its record as text in a string. Credentials that come with
 * it are answered as OONI's server answers those it does not know. */
#include "collector/api/api_submit.h"

#include "collector/api/answer.h"

struct submission {
    struct http_req *req;
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
    jw_kc(&w, "report_id", res->report_id);
    jw_obj_end(&w);
    http_answer(req, 200);
}

void api_submit(struct service *s, struct http_req *req)
{
    struct json_doc *doc = NULL;
    struct diag d = {{0}};
    struct submission *sub = region_alloc(req->region, sizeof(*sub));
    enum err e = json_parse(req->body, &json_default_limits, &doc, &d);
    const struct json *root = e == ERR_OK ? json_root(doc) : NULL;
    if (!sub) {
        answer_busy(req);
        json_doc_free(doc);
        return;
    }
    if (!json_is_str(json_get(root, "content"))) {
        ingest_count_refused(s->ingest, REFUSAL_FORMAT);
        if (e == ERR_OK) {
            answer_invalid_key(req, "content", "content: not a string");
        } else {
            answer_invalid_json(req, d.text);
        }
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
    struct ingest_upload up = {
        .form = INGEST_SUBMIT, .done = submit_done, .arg = sub};
    (void)service_submit(s, req, &up); /* it is answered either way */
}
