// SPDX-License-Identifier: Apache-2.0
/* The table of paths. */
#include "collector/api/route.h"

#include "collector/api/answer.h"
#include "collector/api/api_checkin.h"
#include "collector/api/api_health.h"
#include "collector/api/api_report.h"
#include "collector/api/api_submit.h"

#include <string.h>

struct route {
    const char *path; /* `{id}` stands for any text without a slash */
    const char *method;
    void (*fn)(struct service *s, struct http_req *req);
};

static const struct route routes[] = {
    {"/report", "POST", api_report_open},
    {"/report/{id}", "POST", api_report_update},
    {"/report/{id}/close", "POST", api_report_close},
    {"/api/v1/check-in", "POST", api_checkin},
    {"/api/v1/test-helpers", "GET", api_checkin_test_helpers},
    {"/api/v1/submit_measurement", "POST", api_submit},
    {"/health", "GET", api_health},
};

/* Does the path fit? *id is then what stands at `{id}`. */
static bool fits(const char *pattern, const char *path, struct str *id)
{
    static const char mark[] = "{id}";
    const char *at = strstr(pattern, mark);
    *id = STR("");
    if (!at) {
        return strcmp(pattern, path) == 0;
    }
    size_t before = (size_t)(at - pattern);
    if (strncmp(pattern, path, before) != 0) {
        return false;
    }
    *id = (struct str){path + before, strcspn(path + before, "/")};
    return strcmp(at + sizeof(mark) - 1, id->p + id->len) == 0;
}

static void call(const struct route *r, struct service *s, struct http_req *req,
                 struct str id)
{
    bool head = strcmp(req->method, "HEAD") == 0;
    if (strcmp(head ? "GET" : req->method, r->method) != 0) {
        http_reply_field(req, "Allow", r->method);
        http_answer_detail(req, 405, "Method Not Allowed");
        return;
    }
    req->id = region_strndup(req->region, id.p, id.len);
    if (!req->id) {
        answer_busy(req);
        return;
    }
    r->fn(s, req);
}

void route_handle(void *arg, struct http_req *req)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        struct str id;
        if (fits(routes[i].path, req->path, &id)) {
            call(&routes[i], arg, req, id);
            return;
        }
    }
    http_answer_detail(req, 404, "Not Found");
}
