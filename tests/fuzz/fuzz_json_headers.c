// SPDX-License-Identifier: Apache-2.0
/* Any bytes as the head of a request, in two pieces: what comes back is one
 * answer whose body is JSON, however they were cut, and an echo is what came.
 */
#include "base/json.h"
#include "collector/helpers/json_headers.h"
#include "collector/helpers/small_server.h"
#include "collector/helpers/tcp_echo.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(struct buf *out)
{
    static const char end[] = "\r\n\r\n";
    struct str text = buf_str(out);
    size_t at = str_find(text, STR("\r\n\r\n"));
    if (at == SIZE_MAX || !str_starts(text, "HTTP/1.1 ")) {
        abort();
    }
    struct str body = str_sub(text, at + strlen(end), SIZE_MAX);
    struct json_doc *doc = NULL;
    if (str_starts(text, "HTTP/1.1 200 ") &&
        json_parse(body, &json_default_limits, &doc, NULL) == ERR_PARSE) {
        abort();
    }
    json_doc_free(doc);
}

static void echo(const uint8_t *data, size_t size)
{
    struct buf in, out;
    buf_init(&in, SMALL_SERVER_IN_MAX);
    buf_init(&out, SMALL_SERVER_OUT_MAX);
    buf_add(&in, data, size);
    if (tcp_echo(&in, &out) || in.len != 0 || out.len != size ||
        (size > 0 && memcmp(out.p, data, size) != 0)) {
        abort();
    }
    buf_fini(&in);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > SMALL_SERVER_IN_MAX) {
        return 0;
    }
    size_t cut = data[0] % size;
    struct buf in, out;
    buf_init(&in, SMALL_SERVER_IN_MAX);
    buf_init(&out, SMALL_SERVER_OUT_MAX);
    buf_add(&in, data, cut);
    bool done = json_headers(&in, &out);
    if (!done) {
        buf_add(&in, data + cut, size - cut);
        done = json_headers(&in, &out);
    }
    if (done) {
        check_answer(&out);
    } else if (out.len != 0) {
        abort();
    }
    buf_fini(&in);
    buf_fini(&out);
    echo(data, size);
    return 0;
}
