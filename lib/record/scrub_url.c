// SPDX-License-Identifier: Apache-2.0
#include "record/scrub_url.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "wire/host.h"

#include <string.h>

#define HOST_REGION  ((size_t)64 << 10)
#define NAME_MAX_LEN 6
#define TEXT_REGION  ((size_t)4 << 20)

/* Both lower-case A-labels. */
static bool is_same_site(const char *site, const char *host)
{
    return strcmp(host_registrable(site), host_registrable(host)) == 0;
}

/* ---- the host of a reference --------------------------------------------- */

/* Where the authority begins: behind "//", with or without a scheme. */
static size_t authority_at(struct str target)
{
    size_t n = 0;

    while (n < target.len &&
           (ascii_isalnum(target.p[n]) || memchr("+-.", target.p[n], 3))) {
        n++;
    }
    if (n > 0 && n < target.len && target.p[n] == ':') {
        n++;
    } else {
        n = 0;
    }
    /* browsers read a backslash as a slash */
    if (target.len - n < 2 || !memchr("/\\", target.p[n], 2) ||
        !memchr("/\\", target.p[n + 1], 2)) {
        return SIZE_MAX;
    }
    return n + 2;
}

/* The host that is named, in lower case; `base_host` if none is. */
static const char *host_of(struct region *r, const char *base_host,
                           struct str target)
{
    size_t at = authority_at(target), end = at;
    const char *host = NULL;

    if (at == SIZE_MAX) {
        return base_host;
    }
    while (end < target.len && !memchr("/\\?#", target.p[end], 4)) {
        end++;
    }
    struct str name = str_sub(target, at, end - at);
    size_t user = str_find_char(name, '@');
    if (user != SIZE_MAX) {
        name = str_sub(name, user + 1, SIZE_MAX);
    }
    name = str_sub(name, 0, str_find_char(name, ':'));
    /* what is no name is on no list */
    return host_to_ascii(r, name, &host, NULL) == ERR_OK ? host : "";
}

/* ---- values become lengths ----------------------------------------------- */

/* How long the name of a field is, with its "="; 0: it has none. What ends with
 * "=" and is longer than a name is base64 with its padding. */
static size_t name_len(struct str field)
{
    size_t at = str_find_char(field, '='), end = field.len;

    while (end > 0 && field.p[end - 1] == '=') {
        end--;
    }
    return at == SIZE_MAX || (at == end && at > NAME_MAX_LEN) ? 0 : at + 1;
}

static void add_field(struct buf *out, struct str field)
{
    size_t name = name_len(field);

    if (field.len == 0) {
        return;
    }
    buf_add_str(out, str_sub(field, 0, name));
    (void)buf_printf(out, "[%zu]", field.len - name); /* in out->failed */
}

/* Query and fragment with names and lengths. */
static struct str without_values(struct region *r, struct str target)
{
    struct str none = {NULL, 0};
    struct buf out;
    size_t at = 0;

    while (at < target.len && !memchr("?#", target.p[at], 2)) {
        at++;
    }
    if (at == target.len) {
        return target;
    }
    buf_init(&out, target.len * 3 + 64);
    buf_add_str(&out, str_sub(target, 0, at));
    while (at < target.len) {
        size_t end = at + 1;

        buf_add(&out, target.p + at, 1);
        while (end < target.len && !memchr("?#&;", target.p[end], 4)) {
            end++;
        }
        add_field(&out, str_sub(target, at + 1, end - at - 1));
        at = end;
    }
    struct str text = out.failed ? none : region_str(r, buf_str(&out));
    buf_fini(&out);
    return text;
}

/* ---- both ---------------------------------------------------------------- */

struct str scrub_url(struct region *r, const struct scrub *s, const char *site,
                     const char *base_host, bool listed, struct str target)
{
    if (target.len == 0) {
        return target;
    }
    if (!listed && !scrub_own_knows_all(s)) {
        struct region *scratch = region_new(HOST_REGION);
        if (!scratch) {
            return (struct str){NULL, 0};
        }
        if (!is_same_site(site, host_of(scratch, base_host, target))) {
            target = without_values(r, target);
        }
        region_free(scratch);
    }
    return target.p ? scrub_text(r, s, target) : target;
}

bool scrub_url_is_clean(const struct scrub *s, const char *site, bool listed,
                        struct str target)
{
    struct region *r = region_new(TEXT_REGION);
    if (!r) {
        return false;
    }
    struct str text = scrub_url(r, s, site, site, listed, target);
    bool clean = text.p == target.p && !scrub_url_was_changed(target);
    region_free(r);
    return clean;
}

bool scrub_url_was_changed(struct str text)
{
    static const char word[] = "scrubbed";
    size_t n = sizeof(word) - 1;

    for (size_t i = 1; i + n < text.len; i++) {
        if (str_ieq(str_sub(text, i, n), str_c(word)) &&
            !ascii_isalnum(text.p[i + n]) &&
            (text.p[i - 1] == '[' || ascii_lower(text.p[i - 1]) == 'b')) {
            return true; /* "[scrubbed]", "%5Bscrubbed%5D" */
        }
    }
    return false;
}
