// SPDX-License-Identifier: Apache-2.0
/* Whether the head of a request can be read in one way only. What stands in
 * front of us may read a field name with a space behind it, a value that goes
 * on in the next line, or a NUL, in another way than libmicrohttpd, and then
 * takes a part of one request for the next (request smuggling; RFC 9112, 11.2).
 */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_HEAD_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

struct http_head_text {
    const char *p;
    size_t len;
};

/* Where libmicrohttpd left the head: the bytes that came, from `begin`, with
 * the ends of method, target, version, names, values and lines made NULs. */
struct http_head {
    const char *begin;
    size_t len;          /* with the empty line */
    const char *version; /* "HTTP/1.1", the end of the first line */
    struct http_head_text name, value; /* of the last field that was added */
    bool bad;
};

/* At the first line; nothing is copied. */
void http_head_begin(struct http_head *h, const char *begin, size_t len,
                     const char *version);
/* The next field, in the order in which they came: its name is a token
 * (RFC 9110, 5.6.2), its value has no control characters, and nothing else
 * stands between it and the one before. */
void http_head_field(struct http_head *h, struct http_head_text name,
                     struct http_head_text value);
/* After the last field. False: end the connection. */
bool http_head_ok(struct http_head *h);

#endif
