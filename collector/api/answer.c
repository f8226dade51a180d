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

static void answer_invalid(struct http_req *req, const char *type,
                           const char *where, const char *key, const char *msg)
{
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_key(&w, "detail");
    jw_arr(&w);
    jw_obj(&w);
    jw_kc(&w, "type", type);
    jw_key(&w, "loc");
    jw_arr(&w);
    jw_c(&w, where);
    if (key) {
        jw_c(&w, key);
    }
    jw_arr_end(&w);
    jw_kc(&w, "msg", msg);
    jw_obj_end(&w);
    jw_arr_end(&w);
    jw_obj_end(&w);
    http_answer(req, 422);
}

void answer_invalid_json(struct http_req *req, const char *msg)
{
    answer_invalid(req, "json_invalid", "body", NULL, msg);
}

void answer_invalid_key(struct http_req *req, const char *key, const char *msg)
{
    answer_invalid(req, "value_error", "body", key, msg);
}

void answer_invalid_query(struct http_req *req, const char *key,
                          const char *msg)
{
    answer_invalid(req, "value_error", "query", key, msg);
}

void answer_busy(struct http_req *req)
{
    http_reply_field(req, "Retry-After", "10");
    http_answer_detail(req, 503, "Cannot store now, try again later");
}

static void add_key(struct jw *w, const struct refusal *why)
{
    if (why->key[0]) {
        jw_kc(w, "key", why->key);
    }
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
    add_key(&w, why);
    jw_obj_end(&w);
    http_answer(req, why->reason == REFUSAL_TOO_LARGE ? 413 : 400);
}

void answer_refusal_as(struct http_req *req, const char *text,
                       const struct refusal *why)
{
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_kc(&w, "detail", text);
    jw_kc(&w, "message", why->d.text);
    add_key(&w, why);
    jw_obj_end(&w);
    http_answer(req, 400);
}
