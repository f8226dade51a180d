// SPDX-License-Identifier: Apache-2.0
/* The request of a transfer, and its response. */
#include "net/fetch_page.h"
#include "net/headers.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_LINES_MAX   1000
#define HEAD_BYTES_MAX   ((size_t)256 * 1024)
#define FOLD_BYTES_MAX   ((size_t)1024 * 1024)
#define HEAD_LINE_MAX    ((size_t)90 * 1024) /* libcurl's is 100 KiB */
#define RATIO_MAX        100
#define RATIO_FREE_BYTES ((uint64_t)64 * 1024)

/* ---- the request --------------------------------------------------------- */

static int header_order(const void *a, const void *b)
{
    const struct obs_header *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static bool is_sent(const struct fetch *t, const struct obs_header *h)
{
    return headers_suits(h->name,
                         t->req.https && strcmp(t->res.tls.alpn, "h2") == 0);
}

/* What libcurl is about to send, as records show it: sorted by name. */
static bool note_request(struct fetch *t)
{
    struct obs_http *http = &t->res.http;
    const struct fetch_request *q = &t->req;
    struct obs_header *h =
        region_calloc(q->region, q->n_headers + 1, sizeof(*h));
    const char *from = strstr(q->url, "://");
    size_t n = 1;

    if (!h || !from) {
        return false;
    }
    from += 3;
    h[0] = (struct obs_header){"Host", {from, strcspn(from, "/?#")}};
    for (size_t i = 0; i < q->n_headers; i++) {
        if (!is_sent(t, &q->headers[i])) {
            continue;
        }
        h[n].name = headers_canonical(q->region, str_c(q->headers[i].name));
        h[n].value = region_str(q->region, q->headers[i].value);
        if (!h[n++].name) {
            return false;
        }
    }
    qsort(h, n, sizeof(*h), header_order);
    http->req_headers = h;
    http->n_req_headers = n;
    return true;
}

static bool add_slist(struct curl_slist **list, const char *text)
{
    struct curl_slist *more = curl_slist_append(*list, text);

    if (!more) {
        return false;
    }
    *list = more;
    return true;
}

/* Only now that the version of HTTP is known; libcurl reads them when it sends.
 */
static bool set_headers(struct fetch *t)
{
    for (size_t i = 0; i < t->req.n_headers; i++) {
        const struct obs_header *h = &t->req.headers[i];
        if (!is_sent(t, h)) {
            continue;
        }
        char *line = region_printf(t->req.region, "%s: " STR_FMT, h->name,
                                   STR_ARG(h->value));
        if (!line) {
            return false;
        }
        if (!add_slist(&t->headers, line)) {
            return false;
        }
        if (str_ieq_c(str_c(h->name), "accept-encoding")) {
            /* this way libcurl decodes; it sends the line of the list, which
             * stands in its place among the others */
            curl_easy_setopt(t->transfer.easy, CURLOPT_ACCEPT_ENCODING,
                             strchr(line, ' ') + 1);
        }
    }
    curl_easy_setopt(t->transfer.easy, CURLOPT_HTTPHEADER, t->headers);
    return true;
}

void fetch_page_begin(struct fetch *t)
{
    t->res.granted = true;
    t->res.has_http = true;
    t->res.http = (struct obs_http){
        .t0 = fetch_notes_now(t),
        .ip = t->req.ip,
        .port = t->req.port,
        .url = t->req.url,
        .alpn = t->req.https ? t->res.tls.alpn : NULL,
    };
    fetch_notes_event(t, "http_transaction_start");
    if (!note_request(t) || !set_headers(t)) {
        fetch_notes_internal(t, ERR_NOMEM, "request headers");
    }
    int64_t idle = t->req.idle_us, all = t->req.http_us;
    fetch_notes_stage(t, FETCH_HTTP, idle > 0 && idle < all ? idle : all);
}

/* ---- the response -------------------------------------------------------- */

static size_t on_body(char *p, size_t one, size_t n, void *arg)
{
    struct fetch *t = arg;
    size_t room = t->req.keep_bytes - t->body.len;
    size_t keep = n < room ? n : room;

    (void)one;
    t->decoded += n;
    if (buf_add(&t->body, p, keep) != ERR_OK) {
        fetch_notes_internal(t, ERR_NOMEM, "body");
        return 0;
    }
    if (t->decoded >= t->req.count_bytes ||
        (t->req.wire_bytes > 0 && t->res.received >= t->req.wire_bytes)) {
        t->res.enough = true;
        return 0;
    }
    if (t->decoded > RATIO_FREE_BYTES && t->res.received > 0 &&
        t->decoded / RATIO_MAX > t->res.received) {
        t->res.enough = true;
        t->res.http.body_truncated = true;
        return 0;
    }
    return n;
}

static bool add_header(struct fetch *t, struct str line)
{
    size_t colon = str_find_char(line, ':');

    if (t->n_head > 0 && (line.p[0] == ' ' || line.p[0] == '\t')) {
        struct obs_header *h = &t->head[t->n_head - 1];
        struct str more = str_trim(line);
        t->fold_bytes += h->value.len + more.len;
        if (t->fold_bytes > FOLD_BYTES_MAX) {
            t->head_too_big = true;
            return false;
        }
        char *joined = region_printf(t->req.region, STR_FMT " " STR_FMT,
                                     STR_ARG(h->value), STR_ARG(more));
        if (joined) {
            h->value = str_c(joined);
        }
        return joined;
    }
    if (colon == SIZE_MAX) {
        return true;
    }
    if (region_grow(t->req.region, (void **)&t->head, &t->cap_head, t->n_head,
                    sizeof(*t->head), HEAD_LINES_MAX) != ERR_OK) {
        return false;
    }
    struct obs_header *h = &t->head[t->n_head];
    h->name = headers_canonical(t->req.region, str_sub(line, 0, colon));
    h->value =
        region_str(t->req.region, str_trim(str_sub(line, colon + 1, line.len)));
    if (!h->name) {
        return false;
    }
    t->n_head++;
    return true;
}

static size_t on_header(char *p, size_t one, size_t n, void *arg)
{
    struct fetch *t = arg;
    struct str line = {p, n};

    (void)one;
    t->head_bytes += n;
    if (t->res.first == 0) {
        t->res.first = fetch_notes_now(t);
    }
    if (t->head_bytes > HEAD_BYTES_MAX || t->n_head >= HEAD_LINES_MAX) {
        t->head_too_big = true;
        return 0;
    }
    while (line.len > 0 &&
           (line.p[line.len - 1] == '\n' || line.p[line.len - 1] == '\r')) {
        line.len--;
    }
    if (line.len == 0) {
        t->head_done = true;
        return n;
    }
    if (str_starts(line, "HTTP/")) { /* also after a 1xx */
        t->n_head = 0;
        t->head_done = false;
        return n;
    }
    if (!add_header(t, line)) {
        if (!t->head_too_big) {
            fetch_notes_internal(t, ERR_NOMEM, "response headers");
        }
        return 0;
    }
    return n;
}

bool fetch_page_line_too_long(const struct fetch *t)
{
    return t->stage == FETCH_HTTP && !t->head_done &&
           t->socket_in > t->head_bytes + HEAD_LINE_MAX;
}

/* Hands the body to the region as it is: a copy would double the largest part
 * of a measurement's memory. */
static void keep_body(struct fetch *t)
{
    size_t len;
    uint8_t *p = buf_take(&t->body, &len);

    if (!p) {
        return;
    }
    if (region_on_free(t->req.region, free, p) != ERR_OK) {
        free(p);
        fetch_notes_internal(t, ERR_NOMEM, "body");
        return;
    }
    t->res.http.body = (struct str){(const char *)p, len};
}

void fetch_page_end(struct fetch *t, const char *failure)
{
    struct obs_http *http = &t->res.http;
    long status = 0;

    http->t = fetch_notes_now(t);
    http->failure = failure;
    curl_easy_getinfo(t->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    http->status = (int)status;
    http->headers = t->head;
    http->n_headers = t->n_head;
    http->body_bytes = t->decoded;
    if (t->body.len >= t->req.keep_bytes) {
        http->body_truncated = true;
    }
    keep_body(t);
    struct obs_event *ev = fetch_notes_event(t, "http_transaction_done");
    if (ev) {
        ev->failure = failure;
    }
}

bool fetch_page_set(struct fetch *t)
{
    CURL *c = t->transfer.easy;

    buf_init(&t->body, t->req.keep_bytes);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
                     t->req.http1 ? (long)CURL_HTTP_VERSION_1_1
                                  : (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    return curl_easy_setopt(c, CURLOPT_URL, t->req.url) == CURLE_OK;
}

void fetch_page_fini(struct fetch *t)
{
    curl_slist_free_all(t->headers);
    buf_fini(&t->body);
}
