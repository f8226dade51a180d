// SPDX-License-Identifier: Apache-2.0
/* Read as browsers read it where it is no proper URL; then escapes first, since
 * %2E is a dot, dot segments after them. */
#include "wire/url_site.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "base/hex.h"
#include "wire/url.h"

#include <string.h>

#define SITE_MAX (3 * (size_t)URL_MAX)

static bool is_unreserved(char c)
{
    return ascii_isalnum(c) || (c && strchr("-._~", c));
}

static void add_escaped(struct buf *out, uint8_t byte)
{
    static const char hex[] = "0123456789ABCDEF";
    buf_add_byte(out, '%');
    buf_add_byte(out, (uint8_t)hex[byte >> 4]);
    buf_add_byte(out, (uint8_t)hex[byte & 15]);
}

/* Each byte in the one form that RFC 3986 prefers; a % that escapes nothing is
 * one that stands for itself. */
static void add_normal(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        uint8_t byte = 0;
        bool escaped = c == '%' && i + 2 < s.len &&
                       hex_decode(str_sub(s, i + 1, 2), &byte, 1) == ERR_OK;
        if (escaped) {
            i += 2;
        }
        if (escaped && is_unreserved((char)byte)) {
            buf_add_byte(out, byte);
        } else if (escaped) {
            add_escaped(out, byte);
        } else if (is_unreserved(c) || (c && strchr(":/?#[]@!$&'()*+,;=", c))) {
            buf_add_byte(out, (uint8_t)c);
        } else {
            add_escaped(out, (uint8_t)c);
        }
    }
}

static void add_origin(struct buf *out, const struct url *u)
{
    buf_add_c(out, u->https ? "https://" : "http://");
    buf_add_c(out, u->authority); /* without a default port */
}

/* The URL written with normal escapes. */
static const char *write_normal(struct region *r, const struct url *u)
{
    struct buf out;
    buf_init(&out, SITE_MAX);
    add_origin(&out, u);
    add_normal(&out, str_c(u->target));
    if (out.len > 0 && out.p[out.len - 1] == '?' &&
        memchr(out.p, '?', out.len) == out.p + out.len - 1) {
        out.len--;
    }
    struct str s = buf_str(&out);
    const char *text = out.failed ? NULL : region_strndup(r, s.p, s.len);
    buf_fini(&out);
    return text;
}

/* As url_parse reads it, else as browsers do. ERR_PARSE: it is no URL. */
static enum err read(struct region *r, const char *input, struct url *out)
{
    static const char nowhere[] = "nowhere.invalid";
    struct url base;
    enum err e = url_parse(r, str_c(input), out, NULL);
    struct str text = str_trim(str_c(input));
    if (e != ERR_PARSE || !str_ieq_c(str_sub(text, 0, 4), "http")) {
        return e; /* without a scheme it would be one of a base's */
    }
    e = url_parse(r, STR("http://nowhere.invalid/"), &base, NULL);
    if (e == ERR_OK) {
        e = url_resolve(r, &base, text, out, NULL);
    }
    if (e == ERR_NOTFOUND || (e == ERR_OK && strcmp(out->host, nowhere) == 0)) {
        e = ERR_PARSE;
    }
    return e;
}

const char *url_site(struct region *r, const char *input)
{
    struct url u, whole;
    enum err e = read(r, input, &u);
    if (e == ERR_OK) {
        const char *text = write_normal(r, &u);
        if (!text) {
            return NULL;
        }
        /* removes dot segments; the authority keeps "//" a path */
        e = url_resolve(r, &u, str_c(text), &whole, NULL);
    }
    if (e == ERR_OK) {
        return write_normal(r, &whole);
    }
    return e == ERR_NOMEM ? NULL : region_strdup(r, input);
}
