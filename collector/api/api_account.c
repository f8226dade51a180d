// SPDX-License-Identifier: Apache-2.0
/* Answers that have the form of an account and no content. */
#include "collector/api/api_account.h"

#include "base/calendar.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/hex.h"
#include "collector/api/answer.h"

#define RANDOM_BYTES 16
#define TOKEN_S      (7 * DAY_S)

static void add_random(struct jw *w, const char *key)
{
    uint8_t bytes[RANDOM_BYTES];
    char hex[2 * RANDOM_BYTES + 1];
    crypto_random(bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), hex);
    jw_kc(w, key, hex);
}

/* The request's object, or NULL: then it is answered. Caller frees *doc. */
static const struct json *read_object(struct http_req *req,
                                      struct json_doc **doc)
{
    struct diag d = {{0}};
    enum err e = json_parse(req->body, &json_default_limits, doc, &d);
    if (e == ERR_OK && json_is_obj(json_root(*doc))) {
        return json_root(*doc);
    }
    answer_invalid_json(req, e != ERR_OK ? d.text : "not an object");
    return NULL;
}

void api_account_register(struct service *s, struct http_req *req)
{
    static const char *const required[] = {
        "password",      "platform",         "probe_asn",      "probe_cc",
        "software_name", "software_version", "supported_tests"};
    const char *missing[sizeof(required) / sizeof(required[0])];
    size_t n = 0;
    struct json_doc *doc = NULL;
    (void)s; /* nobody is remembered */
    const struct json *root = read_object(req, &doc);
    for (size_t i = 0; root && i < sizeof(required) / sizeof(required[0]);
         i++) {
        if (json_is_null(json_get(root, required[i]))) {
            missing[n++] = required[i];
        }
    }
    if (root && n > 0) {
        answer_missing(req, missing, n);
    } else if (root) {
        struct jw w;
        jw_init(&w, &req->reply.body);
        jw_obj(&w);
        add_random(&w, "client_id");
        jw_obj_end(&w);
        http_answer(req, 200);
    }
    json_doc_free(doc);
}

void api_account_login(struct service *s, struct http_req *req)
{
    struct json_doc *doc = NULL;
    (void)s; /* nobody is remembered */
    const struct json *root = read_object(req, &doc);
    if (root && (!json_is_str(json_get(root, "username")) ||
                 !json_is_str(json_get(root, "password")))) {
        http_answer_detail(req, 401, "Missing credentials");
    } else if (root) {
        char expire[24];
        calendar_iso(expire, clock_wall_us() / US_PER_S + TOKEN_S);
        struct jw w;
        jw_init(&w, &req->reply.body);
        jw_obj(&w);
        add_random(&w, "token");
        jw_kc(&w, "expire", expire);
        jw_obj_end(&w);
        http_answer(req, 200);
    }
    json_doc_free(doc);
}

void api_account_update(struct service *s, struct http_req *req)
{
    (void)s; /* nobody is remembered */
    buf_add_c(&req->reply.body, "{\"status\":\"ok\"}");
    http_answer(req, 200);
}
