// SPDX-License-Identifier: Apache-2.0
#include "collector/helpers/json_headers.h"

#include "base/json_out.h"
#include "base/str.h"
#include "base/utf8.h"

#define HEADERS_MAX 100
#define JSON_MAX    ((size_t)100 << 10)
#define WIDE_MAX    ((size_t)64 << 10)

struct header {
    struct str name, value;
};

struct head {
    struct str request_line;
    struct header headers[HEADERS_MAX];
    size_t n;
    bool too_many;
};

/* The line that `*rest` begins with, without its end, which may be a bare LF.
 */
static struct str next_line(struct str *rest)
{
    size_t at = str_find_char(*rest, '\n');
    struct str line = str_sub(*rest, 0, at);
    *rest = str_sub(*rest, at + 1, SIZE_MAX);
    if (line.len > 0 && line.p[line.len - 1] == '\r') {
        line.len--;
    }
    return line;
}

/* Bytes up to and with the empty line; 0: it has not come yet. */
static size_t head_len(struct str text)
{
    struct str rest = text;
    while (str_find_char(rest, '\n') != SIZE_MAX) {
        struct str line = next_line(&rest);
        if (line.len == 0) {
            return text.len - rest.len;
        }
    }
    return 0;
}

static void read_head(struct str text, struct head *h)
{
    h->n = 0;
    h->too_many = false;
    h->request_line = next_line(&text);
    while (text.len > 0) {
        struct str line = next_line(&text);
        size_t colon = str_find_char(line, ':');
        if (colon == SIZE_MAX) {
            continue;
        }
        if (h->n == HEADERS_MAX) {
            h->too_many = true;
            return;
        }
        h->headers[h->n++] =
            (struct header){str_sub(line, 0, colon),
                            str_trim(str_sub(line, colon + 1, SIZE_MAX))};
    }
}

/* Bytes as characters of ISO 8859-1, so that any two texts stay two (RFC 9110,
 * 5.5: what a header's bytes mean is not said anywhere). */
static struct str widen(struct jw *w, struct buf *to, struct str text)
{
    buf_clear(to);
    for (size_t i = 0; i < text.len; i++) {
        char bytes[UTF8_MAX];
        buf_add(to, bytes, utf8_put((unsigned char)text.p[i], bytes));
    }
    if (to->failed) {
        w->out->failed = to->failed;
    }
    return buf_str(to);
}

static bool named_before(const struct head *h, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (str_eq(h->headers[k].name, h->headers[i].name)) {
            return true;
        }
    }
    return false;
}

static void write_dict(struct jw *w, struct buf *wide, const struct head *h)
{
    jw_key(w, "headers_dict");
    jw_obj(w);
    for (size_t i = 0; i < h->n; i++) {
        if (named_before(h, i)) {
            continue;
        }
        jw_key_str(w, widen(w, wide, h->headers[i].name));
        jw_arr(w);
        for (size_t k = i; k < h->n; k++) {
            if (str_eq(h->headers[k].name, h->headers[i].name)) {
                jw_str(w, widen(w, wide, h->headers[k].value));
            }
        }
        jw_arr_end(w);
    }
    jw_obj_end(w);
}

static void write_json(struct buf *out, const struct head *h)
{
    struct jw w;
    struct buf wide;
    buf_init(&wide, WIDE_MAX);
    jw_init(&w, out);
    jw_obj(&w);
    jw_key(&w, "request_line");
    jw_str(&w, widen(&w, &wide, h->request_line));
    jw_key(&w, "request_headers");
    jw_arr(&w);
    for (size_t i = 0; i < h->n; i++) {
        jw_arr(&w);
        jw_str(&w, widen(&w, &wide, h->headers[i].name));
        jw_str(&w, widen(&w, &wide, h->headers[i].value));
        jw_arr_end(&w);
    }
    jw_arr_end(&w);
    write_dict(&w, &wide, h);
    jw_obj_end(&w);
    buf_fini(&wide);
}

bool json_headers(struct buf *in, struct buf *out)
{
    size_t len = head_len(buf_str(in));
    if (len == 0) {
        return false;
    }
    struct head h;
    struct buf body;
    buf_init(&body, JSON_MAX);
    read_head(str_sub(buf_str(in), 0, len), &h);
    const char *status = "431 Request Header Fields Too Large";
    if (!h.too_many) {
        write_json(&body, &h);
        status = body.failed ? "500 Internal Server Error" : "200 OK";
    }
    if (body.failed) {
        buf_clear(&body);
    }
    buf_printf(out,
               "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
               "X-Content-Type-Options: nosniff\r\n"
               "Content-Length: %zu\r\nConnection: close\r\n\r\n",
               status, body.len);
    buf_add_str(out, buf_str(&body));
    buf_fini(&body);
    return true;
}
