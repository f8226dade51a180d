// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a test-helper request. What is read stays within its limits,
 * and the answer about it is one JSON value. */
#include "base/json.h"
#include "collector/control/control_answer.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_headers(const struct control_request *q)
{
    for (size_t i = 0; i < q->n_headers; i++) {
        struct str v = q->headers[i].value;
        if (v.len == 0 || memchr(v.p, '\n', v.len) ||
            memchr(v.p, '\r', v.len) || memchr(v.p, '\0', v.len)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct region *r = region_new((size_t)1 << 20);
    struct control_request q;
    struct diag d = {{0}};
    if (!r) {
        return 0;
    }
    enum err e = control_request_parse(
        r, (struct str){(const char *)data, size}, &q, &d);
    if (e == ERR_PARSE && d.text[0] == '\0') {
        abort();
    }
    if (e == ERR_OK) {
        if (q.n_addrs > CONTROL_ADDRS_MAX || q.n_headers > 3) {
            abort();
        }
        check_headers(&q);
        struct obs_header alt = {"Alt-Svc", q.n_headers ? q.headers[0].value
                                                        : STR("h3=\"x")};
        struct obs_http http = {.url = q.url.text,
                                .status = 200,
                                .headers = &alt,
                                .n_headers = 1,
                                .body = {(const char *)data, size},
                                .body_bytes = size};
        struct measurement m = {.http = &http, .n_http = 1};
        struct buf out;
        struct json_doc *doc = NULL;
        buf_init(&out, (size_t)4 << 20);
        if (control_answer_write(&out, &q, &m, NULL) != ERR_OK ||
            json_parse(buf_str(&out), &json_default_limits, &doc, &d) !=
                ERR_OK) {
            abort();
        }
        json_doc_free(doc);
        buf_fini(&out);
    }
    region_free(r);
    return 0;
}
