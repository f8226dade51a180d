// SPDX-License-Identifier: Apache-2.0
/* What browsers forgive (url.spec.whatwg.org, 4.4). */
#include "wire/url_reference.h"
#include "base/ascii.h"

#include <string.h>

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

static bool ends_line(char c)
{
    return c == '\t' || c == '\n' || c == '\r';
}

static size_t slashes(struct str s)
{
    size_t n = 0;

    while (n < s.len && is_slash(s.p[n])) {
        n++;
    }
    return n;
}

/* Of `s`, the scheme http or https with its colon: bytes; 0: another, or none.
 */
static size_t web_scheme(struct str s, bool *https)
{
    size_t colon = str_find_char(s, ':');

    if (colon == SIZE_MAX) {
        return 0;
    }
    *https = str_ieq_c(str_sub(s, 0, colon), "https");
    return *https || str_ieq_c(str_sub(s, 0, colon), "http") ? colon + 1 : 0;
}

/* One of its own, such as that of `mailto:x`. */
static bool has_scheme(struct str s)
{
    size_t n = 0;

    while (n < s.len && (ascii_isalnum(s.p[n]) ||
                         (n > 0 && strchr("+-.", s.p[n]) && s.p[n]))) {
        n++;
    }
    return n > 0 && n < s.len && s.p[n] == ':' && !ascii_isdigit(s.p[0]);
}

/* Backslashes of the authority and of the path. */
static void turn_slashes(char *p, size_t n)
{
    for (size_t i = 0; i < n && p[i] != '?' && p[i] != '#'; i++) {
        p[i] = p[i] == '\\' ? '/' : p[i];
    }
}

static char *without_line_ends(struct region *r, struct str ref, size_t *len)
{
    size_t n = 0;

    while (ref.len > 0 && is_blank(ref.p[0])) {
        ref = str_sub(ref, 1, ref.len);
    }
    while (ref.len > 0 && is_blank(ref.p[ref.len - 1])) {
        ref.len--;
    }
    char *p = region_strndup(r, ref.len > 0 ? ref.p : "", ref.len);
    if (!p) {
        return NULL;
    }
    for (size_t i = 0; i < ref.len; i++) {
        p[n] = p[i];
        n += !ends_line(p[i]);
    }
    p[n] = '\0';
    *len = n;
    return p;
}

struct str url_reference_read(struct region *r, bool at_https, struct str ref)
{
    struct str s = {NULL, 0};
    bool https = at_https;
    char *p = without_line_ends(r, ref, &s.len);

    if (!p) {
        return s;
    }
    s.p = p;
    size_t scheme = web_scheme(s, &https);
    struct str rest = str_sub(s, scheme, s.len);
    size_t n = slashes(rest);
    if (scheme == 0 && has_scheme(s)) {
        return s; /* of another kind: nothing in it is known */
    }
    turn_slashes(p, s.len);
    if (scheme > 0 && https == at_https && n < 2) {
        return rest.len > 0 ? rest : STR("");
    }
    if (scheme == 0 && n < 2) {
        return s;
    }
    const char *text =
        region_printf(r, STR_FMT "//" STR_FMT, STR_ARG(str_sub(s, 0, scheme)),
                      STR_ARG(str_sub(rest, n, rest.len)));
    return text ? str_c(text) : (struct str){NULL, 0};
}

static int hex_digit(char c)
{
    return ascii_isdigit(c) ? c - '0'
           : ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f'
               ? ascii_lower(c) - 'a' + 10
               : -1;
}

enum err url_reference_host(struct region *r, struct str host, struct str *out)
{
    char *p = region_strndup(r, host.p, host.len);
    size_t n = 0;

    if (!p) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.p[i];
        if (c == '%') {
            int high = i + 2 < host.len ? hex_digit(host.p[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(host.p[i + 2]) : -1;
            if (low < 0) {
                return ERR_PARSE;
            }
            c = (unsigned char)(high * 16 + low);
            i += 2;
        }
        if (c <= ' ' || c == 0x7f) {
            return ERR_PARSE;
        }
        p[n++] = (char)c;
    }
    p[n] = '\0';
    *out = (struct str){p, n};
    return ERR_OK;
}
