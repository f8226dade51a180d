// SPDX-License-Identifier: Apache-2.0
#include "collector/api/api_raw.h"

#include "base/clock.h"
#include "base/log.h"
#include "collector/api/answer.h"
#include "collector/store/view.h"

static void answer_record(struct service *s, struct http_req *req,
                          const char *uid)
{
    enum err e = view_get(s->store, VIEW_INTERNAL, clock_wall_us() / US_PER_S,
                          uid, &req->reply.body);
    if (e == ERR_OK) {
        http_answer(req, 200);
        return;
    }
    buf_clear(&req->reply.body);
    if (e == ERR_NOTFOUND) {
        http_answer_detail(req, 404, "Measurement not found");
        return;
    }
    log_error("raw", "a record cannot be read: %s", err_str(e));
    http_answer_detail(req, 500, "The record cannot be read");
}

void api_raw(struct service *s, struct http_req *req)
{
    const char *uid = http_query(req, "measurement_uid");
    if (!uid) {
        answer_invalid_query(req, "measurement_uid",
                             "measurement_uid: missing");
        return;
    }
    answer_record(s, req, uid);
}

void api_raw_by_path(struct service *s, struct http_req *req)
{
    answer_record(s, req, req->id);
}
