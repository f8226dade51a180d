// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/leads.h"
#include "base/ascii.h"
#include "wire/url.h"

#define TAG_MAX 1024 /* bytes of one tag that are read */

static const char *const headers[] = {"location", "refresh"};
#define N_HEADERS ((int)(sizeof(headers) / sizeof(*headers)))

void leads_start(struct leads *l, const struct vhttp *resp)
{
    *l = (struct leads){.resp = resp,
                        .rest = str_sub(resp->body, 0, LEADS_BODY)};
}

/* ---- words --------------------------------------------------------------- */

static bool begins(struct str s, const char *word)
{
    struct str want = str_c(word);
    return str_ieq(str_sub(s, 0, want.len), want);
}

static struct str after(struct str s, size_t n)
{
    return str_sub(s, n, s.len);
}

static struct str skip_spaces(struct str s)
{
    while (s.len > 0 && ascii_isspace(*s.p)) {
        s = after(s, 1);
    }
    return s;
}

/* Offset of `word` in any case, or SIZE_MAX. */
static size_t find(struct str s, const char *word)
{
    for (size_t i = 0; i < s.len; i++) {
        if (begins(after(s, i), word)) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* What stands between quotes, or up to a space or the end of the tag. */
static struct str value_at(struct str s)
{
    s = skip_spaces(s);
    if (s.len > 0 && (*s.p == '"' || *s.p == '\'')) {
        size_t end = str_find_char(after(s, 1), *s.p);
        return end == SIZE_MAX ? (struct str){NULL, 0} : str_sub(s, 1, end);
    }
    size_t n = 0;
    while (n < s.len && !ascii_isspace(s.p[n]) && s.p[n] != '>') {
        n++;
    }
    return str_sub(s, 0, n);
}

/* ---- what leads ---------------------------------------------------------- */

/* "0; url=http://..." as it stands in a header or in a page. */
static struct str refresh_target(struct str value)
{
    size_t at = find(value, "url");
    if (at == SIZE_MAX) {
        return (struct str){NULL, 0};
    }
    struct str s = skip_spaces(after(value, at + 3));
    if (s.len == 0 || *s.p != '=') {
        return (struct str){NULL, 0};
    }
    s = skip_spaces(after(s, 1));
    if (s.len > 0 && (*s.p == '"' || *s.p == '\'')) {
        char quote = *s.p;
        s = after(s, 1);
        s = str_sub(s, 0, str_find_char(s, quote));
    }
    return str_trim(s);
}

/* The value of an attribute of the tag that `tag` is the whole of. */
static struct str attribute(struct str tag, const char *name)
{
    size_t len = str_c(name).len;
    for (size_t at = find(tag, name); at != SIZE_MAX;) {
        struct str s = skip_spaces(after(tag, at + len));
        if (at > 0 && ascii_isspace(tag.p[at - 1]) && s.len > 0 &&
            *s.p == '=') {
            return value_at(after(s, 1));
        }
        size_t next = find(after(tag, at + len), name);
        at = next == SIZE_MAX ? SIZE_MAX : at + len + next;
    }
    return (struct str){NULL, 0};
}

static struct str meta_target(struct str tag)
{
    return begins(attribute(tag, "http-equiv"), "refresh")
               ? refresh_target(attribute(tag, "content"))
               : (struct str){NULL, 0};
}

/* Where the tag that `s` begins with leads. `*len` is what has been read of
 * it, which is not looked at again: a page may consist of tags that never end.
 */
static struct str tag_target(struct str s, size_t *len)
{
    bool meta = begins(s, "<meta");
    if (!meta && !begins(s, "<iframe") && !begins(s, "<frame ")) {
        return (struct str){NULL, 0};
    }
    struct str tag = str_sub(s, 0, TAG_MAX);
    tag = str_sub(tag, 0, str_find_char(tag, '>'));
    *len = tag.len;
    return meta ? meta_target(tag) : str_trim(attribute(tag, "src"));
}

/* location = "...", location.href = "...", location.replace("...") and
 * location.assign("..."); `s` begins with "location". */
static struct str script_target(struct str s)
{
    static const char *const calls[] = {".replace", ".assign"};
    char opens = '=';
    s = after(s, sizeof("location") - 1);
    if (begins(s, ".href")) {
        s = after(s, sizeof(".href") - 1);
    }
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        if (begins(s, calls[i])) {
            s = after(s, str_c(calls[i]).len);
            opens = '(';
        }
    }
    s = skip_spaces(s);
    if (s.len == 0 || *s.p != opens) {
        return (struct str){NULL, 0};
    }
    s = skip_spaces(after(s, 1));
    if (s.len == 0 || (*s.p != '"' && *s.p != '\'')) {
        return (struct str){NULL, 0};
    }
    return str_trim(value_at(str_sub(s, 0, URL_MAX)));
}

/* ---- one after the other ------------------------------------------------- */

static bool next_header(struct leads *l, struct str *ref)
{
    while (l->header < N_HEADERS) {
        const char *name = headers[l->header++];
        struct str value;
        if (vhttp_header(l->resp, name, &value)) {
            *ref = l->header == 1 ? str_trim(value) : refresh_target(value);
            if (ref->len > 0) {
                return true;
            }
        }
    }
    return false;
}

/* Passes a comment; an unclosed one goes on to the end. */
static bool skip_comment(struct leads *l)
{
    if (!str_starts(l->rest, "<!--")) {
        return false;
    }
    size_t end = str_find(l->rest, STR("-->"));
    l->rest = end == SIZE_MAX ? STR("") : after(l->rest, end + 3);
    return true;
}

bool leads_next(struct leads *l, struct str *ref)
{
    if (l->n >= LEADS_MAX) {
        return false;
    }
    l->n++;
    if (next_header(l, ref)) {
        return true;
    }
    while (l->rest.len > 0) {
        size_t len = 1;
        *ref = (struct str){NULL, 0};
        if (skip_comment(l)) {
            continue;
        }
        if (*l->rest.p == '<') {
            *ref = tag_target(l->rest, &len);
        } else if (*l->rest.p == 'l' && str_starts(l->rest, "location")) {
            *ref = script_target(l->rest);
        }
        l->rest = after(l->rest, len);
        if (ref->len > 0 && ref->len <= URL_MAX) {
            return true;
        }
    }
    return false;
}
