// SPDX-License-Identifier: Apache-2.0
#include "verdict/httpdiff.h"
#include <string.h>

#define TITLE_MAX_CHARS 512
#define TITLE_MAX_WORDS 512
#define WORD_MIN_BYTES  5
#define BODY_KEPT       (512 * 1024)
#define SCRUBBED        "[scrubbed]"

/* Header names that say nothing about which site sent the page. */
static const char *const common_headers[] = {
    "date",
    "content-type",
    "server",
    "cache-control",
    "vary",
    "set-cookie",
    "location",
    "expires",
    "x-powered-by",
    "content-encoding",
    "last-modified",
    "accept-ranges",
    "pragma",
    "x-frame-options",
    "etag",
    "x-content-type-options",
    "age",
    "via",
    "p3p",
    "x-xss-protection",
    "content-language",
    "cf-ray",
    "strict-transport-security",
    "link",
    "x-varnish",
};

/* Those that the compatible comparison counts, though any server sends them. */
static const char *const plain_headers[] = {
    "content-length",    "connection", "keep-alive",      "alt-svc",
    "transfer-encoding", "upgrade",    "referrer-policy", "permissions-policy"};

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static bool listed(struct str name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_ieq_c(name, list[i])) {
            return true;
        }
    }
    return false;
}

static bool is_common(struct str name)
{
    return listed(name, common_headers, LENGTH(common_headers));
}

/* The body as received. Addresses inside it were replaced after measuring,
 * which changes its length; what the server declared still tells it. */
static int64_t received_length(const struct vhttp *resp)
{
    struct str value;
    int64_t declared;
    if (str_find(resp->body, STR(SCRUBBED)) == SIZE_MAX ||
        vhttp_header(resp, "content-encoding", &value) ||
        !vhttp_header(resp, "content-length", &value) ||
        str_to_i64(value, 1, INT64_MAX, &declared) != ERR_OK) {
        return (int64_t)resp->body.len;
    }
    return declared;
}

static void compare_bodies(const struct vcontrol *c, const struct vhttp *resp,
                           struct httpdiff *out)
{
    if (resp->body.len == 0 || resp->truncated || c->body_length <= 0) {
        return;
    }
    int64_t len = received_length(resp);
    double a = (double)len, b = (double)c->body_length;
    out->proportion = a < b ? a / b : b / a;
    out->body = out->proportion > HTTPDIFF_SAME ? OPT_TRUE : OPT_FALSE;
}

static void compare_status(const struct vcontrol *c, const struct vhttp *resp,
                           struct httpdiff *out)
{
    if (resp->status <= 0 || c->status <= 0) {
        return;
    }
    if (resp->status == c->status) {
        out->status = OPT_TRUE;
    } else if (c->status / 100 == 2) {
        out->status = OPT_FALSE; /* else the control's own trouble */
    }
}

static void compare_headers(const struct vcontrol *c, const struct vhttp *resp,
                            struct httpdiff *out)
{
    const struct json *at = NULL;
    struct str name, value;
    size_t shared = 0, seen = 0;
    while (seen++ < OBS_MAX_HEADERS &&
           vhttp_next_header(resp, &at, &name, &value)) {
        size_t other = 0;
        if (is_common(name)) {
            continue;
        }
        for (const struct json *h = json_first(c->headers);
             h && other++ < OBS_MAX_HEADERS; h = json_next(h)) {
            if (str_ieq(json_key(h), name)) {
                shared++;
                out->own_headers +=
                    !listed(name, plain_headers, LENGTH(plain_headers));
                break;
            }
        }
    }
    out->headers = shared > 0 ? OPT_TRUE : OPT_FALSE;
}

/* Length of the UTF-8 sequence at p; a byte that starts none counts as one. */
static size_t char_len(const char *p, size_t left)
{
    unsigned char c = (unsigned char)*p;
    size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
    if (want > left) {
        return 1;
    }
    for (size_t i = 1; i < want; i++) {
        if (((unsigned char)p[i] & 0xc0) != 0x80) {
            return 1;
        }
    }
    return want;
}

static const char *find_title_tag(const char *p, const char *end)
{
    while ((p = memchr(p, '<', (size_t)(end - p)))) {
        struct str rest = {p, (size_t)(end - p)};
        if (str_ieq(str_sub(rest, 0, 7), STR("<title>"))) {
            return p + 7;
        }
        p++;
    }
    return NULL;
}

struct str httpdiff_title(struct str body)
{
    if (body.len == 0) {
        return (struct str){NULL, 0};
    }
    const char *end = body.p + body.len;
    const char *p = body.p;
    while ((p = find_title_tag(p, end))) {
        const char *q = p;
        size_t chars = 0;
        while (q < end && *q != '<' && chars <= TITLE_MAX_CHARS) {
            q += char_len(q, (size_t)(end - q));
            chars++;
        }
        struct str rest = {q, (size_t)(end - q)};
        if (chars > 0 && chars <= TITLE_MAX_CHARS &&
            str_ieq(str_sub(rest, 0, 8), STR("</title>"))) {
            return (struct str){p, (size_t)(q - p)};
        }
    }
    return (struct str){NULL, 0};
}

/* Lower case of the letters that titles are written in: Latin, Greek,
 * Cyrillic, Armenian, full width. */
static uint32_t lower(uint32_t c)
{
    if (c < 0x80) {
        return (uint32_t)(unsigned char)ascii_lower((char)c);
    }
    if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3ab) ||
        (c >= 0x410 && c <= 0x42f) || (c >= 0xff21 && c <= 0xff3a)) {
        return c + 0x20;
    }
    if (c >= 0x400 && c <= 0x40f) {
        return c + 0x50;
    }
    if (c >= 0x531 && c <= 0x556) {
        return c + 0x30;
    }
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e)) {
        return c + (c & 1);
    }
    if ((c >= 0x100 && c <= 0x137 && c != 0x130) ||
        (c >= 0x14a && c <= 0x177) || (c >= 0x460 && c <= 0x481) ||
        (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f) ||
        (c >= 0x1e00 && c <= 0x1eff)) {
        return c | 1;
    }
    if (c == 0x178) {
        return 0xff;
    }
    if (c == 0x386) {
        return 0x3ac;
    }
    if (c >= 0x388 && c <= 0x38a) {
        return c + 37;
    }
    return c;
}

static uint32_t decode(const char *p, size_t n)
{
    const unsigned char *b = (const unsigned char *)p;
    switch (n) {
    case 4:
        return (uint32_t)(b[0] & 7) << 18 | (uint32_t)(b[1] & 63) << 12 |
               (uint32_t)(b[2] & 63) << 6 | (b[3] & 63u);
    case 3:
        return (uint32_t)(b[0] & 15) << 12 | (uint32_t)(b[1] & 63) << 6 |
               (b[2] & 63u);
    case 2:
        return (uint32_t)(b[0] & 31) << 6 | (b[1] & 63u);
    default:
        return b[0] < 0x80 ? b[0] : 0xfffd;
    }
}

static bool same_word(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    while (i < a.len && k < b.len) {
        size_t n = char_len(a.p + i, a.len - i);
        size_t m = char_len(b.p + k, b.len - k);
        if (lower(decode(a.p + i, n)) != lower(decode(b.p + k, m))) {
            return false;
        }
        i += n;
        k += m;
    }
    return i == a.len && k == b.len;
}

static bool has_word(struct str title, struct str word)
{
    struct str one;
    while (str_next(&title, ' ', &one)) {
        if (one.len >= WORD_MIN_BYTES && same_word(one, word)) {
            return true;
        }
    }
    return false;
}

static bool covers(struct str title, struct str words)
{
    struct str word;
    size_t n = 0;
    while (str_next(&words, ' ', &word) && n++ < TITLE_MAX_WORDS) {
        if (word.len >= WORD_MIN_BYTES && !has_word(title, word)) {
            return false;
        }
    }
    return true;
}

/* The order of words means little across languages; short ones nothing. */
bool httpdiff_titles_match(struct str a, struct str b)
{
    /* The control's title is bounded by its own limit, but is not ours. */
    a = str_sub(a, 0, TITLE_MAX_CHARS * 4);
    b = str_sub(b, 0, TITLE_MAX_CHARS * 4);
    return covers(a, b) && covers(b, a);
}

static bool same_server(const struct vcontrol *c, const struct vhttp *resp)
{
    struct str mine;
    if (!vhttp_header(resp, "server", &mine)) {
        return false;
    }
    for (const struct json *h = json_first(c->headers); h; h = json_next(h)) {
        if (str_ieq_c(json_key(h), "server")) {
            return str_ieq(json_str(h), mine);
        }
    }
    return false;
}

/* Both bodies go on past what is kept. */
static bool both_large(const struct vcontrol *c, const struct vhttp *resp)
{
    return resp->truncated && c->body_length >= BODY_KEPT;
}

/* Both have a title, and not the same: a length alone is then no likeness. */
static bool other_title(const struct vcontrol *c, const struct httpdiff *d)
{
    return d->title == OPT_FALSE && d->title_text.len > 0 && c->title.len > 0;
}

void httpdiff_compute(const struct observations *o, const struct vendpoint *end,
                      struct httpdiff *out)
{
    const struct vcontrol *c = &o->control;
    *out = (struct httpdiff){
        .body = OPT_NULL,
        .status = OPT_NULL,
        .headers = OPT_NULL,
        .title = OPT_NULL,
        .title_text = httpdiff_title(end->resp.body),
    };
    if (outcome_ok(c->http)) {
        compare_bodies(c, &end->resp, out);
        compare_status(c, &end->resp, out);
        compare_headers(c, &end->resp, out);
        if (c->status > 0) {
            out->title = httpdiff_titles_match(out->title_text, c->title)
                             ? OPT_TRUE
                             : OPT_FALSE;
        }
    }
    out->same_server = same_server(c, &end->resp);
    out->same = out->status == OPT_TRUE &&
                ((out->body == OPT_TRUE && !other_title(c, out)) ||
                 both_large(c, &end->resp) ||
                 (out->title == OPT_TRUE && out->title_text.len > 0) ||
                 out->own_headers > 0);
    out->different = out->status != OPT_TRUE ||
                     (out->body != OPT_TRUE && out->headers != OPT_TRUE &&
                      out->title != OPT_TRUE);
}
