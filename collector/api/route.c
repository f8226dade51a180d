// SPDX-License-Identifier: Apache-2.0
/* The table of paths. */
#include "collector/api/route.h"

#include "collector/api/answer.h"
#include "collector/api/api_account.h"
#include "collector/api/api_checkin.h"
#include "collector/api/api_geolookup.h"
#include "collector/api/api_handout.h"
#include "collector/api/api_health.h"
#include "collector/api/api_helpers.h"
#include "collector/api/api_metrics.h"
#include "collector/api/api_raw.h"
#include "collector/api/api_report.h"
#include "collector/api/api_sealed.h"
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
    {"/api/v1/test-helpers", "GET", api_helpers},
    {"/api/v1/collectors", "GET", api_helpers_collectors},
    {"/bouncer/net-tests", "POST", api_helpers_bouncer},
    {"/api/v1/parallax/sealed", "POST", api_sealed},
    {"/api/v1/submit_measurement", "POST", api_submit},
    {"/api/v1/register", "POST", api_account_register},
    {"/api/v1/login", "POST", api_account_login},
    {"/api/v1/update/{id}", "PUT", api_account_update},
    {"/api/v1/geolookup", "POST", api_geolookup},
    {"/api/v1/test-list/urls", "GET", api_handout_urls},
    {"/api/v1/test-list/tor-targets", "GET", api_handout_tor_targets},
    {"/api/v1/test-list/psiphon-config", "GET", api_handout_psiphon_config},
    {"/api/v2/ooniprobe/vpn-config/{id}", "GET", api_handout_vpn_config},
    {"/health", "GET", api_health},
};

static const struct route admin_routes[] = {
    {"/api/v1/raw_measurement", "GET", api_raw},
    {"/api/v1/measurement/{id}", "GET", api_raw_by_path},
    {"/health", "GET", api_health},
    {"/metrics", "GET", api_metrics},
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

static void find(const struct route *list, size_t n, struct service *s,
                 struct http_req *req)
{
    for (size_t i = 0; i < n; i++) {
        struct str id;
        if (fits(list[i].path, req->path, &id)) {
            call(&list[i], s, req, id);
            return;
        }
    }
    http_answer_detail(req, 404, "Not Found");
}

void route_handle(void *arg, struct http_req *req)
{
    find(routes, sizeof(routes) / sizeof(routes[0]), arg, req);
}

void route_admin_handle(void *arg, struct http_req *req)
{
    find(admin_routes, sizeof(admin_routes) / sizeof(admin_routes[0]), arg,
         req);
}
