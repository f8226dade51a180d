// SPDX-License-Identifier: Apache-2.0
/* libmicrohttpd 0.9.75 joins a folded value to the *name* of its field, and
 * cuts a value at a NUL; neither can be seen in the field itself, only in that
 * the fields no longer lie one behind the other. */
#include "collector/http/http_head.h"

#include "base/ascii.h"

#include <string.h>

#define LINE_END  2 /* CR LF */
#define EMPTY_END 4 /* CR LF CR LF */

static bool is_token(struct http_head_text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.p[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c)) {
            return false;
        }
    }
    return t.len > 0;
}

/* A name of framing with "_" for "-", which some servers take for it: what
 * such a one before us takes for a body would be our next request. */
static bool is_framing_in_disguise(struct http_head_text t)
{
    static const char *const names[] = {"content-length", "transfer-encoding"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t k = 0, disguised = 0;
        for (; k < t.len && k < strlen(names[i]); k++) {
            char c = ascii_lower(t.p[k]);
            disguised += c == '_';
            if ((c == '_' ? '-' : c) != names[i][k]) {
                break;
            }
        }
        if (k == t.len && k == strlen(names[i]) && disguised > 0) {
            return true;
        }
    }
    return false;
}

static bool is_value(struct http_head_text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.p[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool zeros(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != '\0') {
            return false;
        }
    }
    return true;
}

/* Where the next line must begin, or NULL. */
static const char *next_line(const struct http_head *h)
{
    const char *end =
        h->name.p ? h->value.p + h->value.len : h->version + strlen(h->version);
    const char *limit = h->begin + h->len;
    bool inside = end >= h->begin && end + LINE_END <= limit;
    return inside && zeros(end, LINE_END) ? end + LINE_END : NULL;
}

void http_head_begin(struct http_head *h, const char *begin, size_t len,
                     const char *version)
{
    *h = (struct http_head){.begin = begin, .len = len, .version = version};
    /* a NUL in the target cuts it: then it does not end before the version */
    const char *target = begin + strlen(begin) + 1;
    const char *end = begin + len;
    h->bad = version < target || version >= end;
}

void http_head_field(struct http_head *h, struct http_head_text name,
                     struct http_head_text value)
{
    if (h->bad || next_line(h) != name.p || !is_token(name) ||
        is_framing_in_disguise(name) || !is_value(value) ||
        value.p < name.p + name.len + 1 || value.p > h->begin + h->len) {
        h->bad = true;
        return;
    }
    for (const char *p = name.p + name.len + 1; p < value.p; p++) {
        if (*p != ' ' && *p != '\t') {
            h->bad = true;
        }
    }
    h->name = name;
    h->value = value;
}

bool http_head_ok(struct http_head *h)
{
    const char *line = h->bad ? NULL : next_line(h);
    const char *end = h->begin + h->len;
    return line && line + (EMPTY_END - LINE_END) == end &&
           zeros(line, EMPTY_END - LINE_END);
}
