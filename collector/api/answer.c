// SPDX-License-Identifier: Apache-2.0
/* The JSON of errors. */
#include "collector/api/answer.h"

#include "base/json_out.h"

void answer_missing(struct http_req *req, const char *const *keys, size_t n)
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

void answer_busy(struct http_req *req)
{
    http_reply_field(req, "Retry-After", "10");
    http_answer_detail(req, 503, "Cannot store now, try again later");
}

void answer_refusal(struct http_req *req, const struct refusal *why)
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
