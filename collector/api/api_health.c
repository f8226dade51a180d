// SPDX-License-Identifier: Apache-2.0
/* Health, in the words of OONI's services. */
#include "collector/api/api_health.h"

void api_health(struct service *s, struct http_req *req)
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
