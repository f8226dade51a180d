// SPDX-License-Identifier: Apache-2.0
#include "verdict/likeness.h"
#include "verdict/pagediff_title.h"
#include <string.h>

#define BODY_KEPT    ((int64_t)512 * 1024)
#define HEADER_PAIRS ((size_t)1 << 15) /* compared: 181 names with 181 */

/* Lengths say something of a page that is this long ... */
#define LONG_PAGE 1000
/* ... and of a shorter one if they are nearly the same. */
#define NEARLY 0.95
/* Pages of one site whose content changes are seldom further apart. */
#define SMALL_PART 0.1

/* Of the words of two pages together so many must be known on either side ...
 */
#define FEW_WORDS  4
#define MORE_WORDS (2 * FEW_WORDS)
/* ... one in so many in both makes one page of them, and in fewer two. */
#define ONE_IN_SAME  3
#define ONE_IN_OTHER 12
/* Of so much of the text in both nobody can have taken a tenth away. */
#define WHOLE 0.9
/* Pages without repetitions have at least as much of their length in common as
 * of their words: with half of that they repeat themselves. */
#define REPEATS 0.5

#define VALUE_TELLS     32 /* bytes of a policy that nobody else has written */
#define VALIDATOR_TELLS 8

/* Names that say nothing about which site sent the page: what any server, any
 * proxy on the way, any network for delivery, any framework adds. A star at the
 * end: all names that begin so. */
static const char *const general[] = {
    "accept-ch*",
    "accept-ranges",
    "access-control-*",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "cache-status",
    "cdn-*",
    "cf-*",
    "connection",
    "content-*",
    "critical-ch",
    "cross-origin-*",
    "date",
    "etag",
    "eagleid",
    "expect-ct",
    "expires",
    "feature-policy",
    "host-header",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "mime-version",
    "ms-author-via",
    "nel",
    "origin-agent-cluster",
    "p3p",
    "permissions-policy",
    "powered-by",
    "pragma",
    "priority",
    "proxy-*",
    "public-key-pins*",
    "referrer-policy",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "request-id",
    "retry-after",
    "server",
    "server-timing",
    "set-cookie",
    "status",
    "strict-transport-security",
    "surrogate-*",
    "timing-allow-origin",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "warning",
    "x-adblock-key",
    "x-akamai-*",
    "x-amz-*",
    "x-aspnet*",
    "x-azure-*",
    "x-backend*",
    "x-cache*",
    "x-cdn*",
    "x-check*",
    "x-content-*",
    "x-correlation-id",
    "x-debug*",
    "x-dns-prefetch-control",
    "x-download-options",
    "x-drupal-*",
    "x-edge*",
    "x-fastly-*",
    "x-firefox-spdy",
    "x-forwarded-*",
    "x-frame-options",
    "x-generator",
    "x-hw",
    "x-iinfo",
    "x-line*",
    "x-nginx-*",
    "x-node*",
    "x-ms-*",
    "x-permitted-cross-domain-policies",
    "x-pingback",
    "x-powered-*",
    "x-proxy*",
    "x-redirect-by",
    "x-request-id",
    "x-robots-tag",
    "x-runtime",
    "x-server*",
    "x-served-by",
    "x-squid-*",
    "x-sucuri-*",
    "x-timer",
    "x-turbo-charged-by",
    "x-ua-compatible",
    "x-varnish*",
    "x-via*",
    "x-webkit-csp",
    "x-xss-protection",
};

/* What whoever sends a page cannot do without, or has at hand. */
static const char *const deliver[] = {
    "cache-control",    "connection",   "content-encoding",
    "content-length",   "content-type", "expires",
    "keep-alive",       "location",     "pragma",
    "proxy-connection", "refresh",      "transfer-encoding",
};

/* Of these a long value is the site's own work. */
static const char *const policies[] = {
    "access-control-allow-origin",
    "content-security-policy",
    "content-security-policy-report-only",
    "link",
    "nel",
    "permissions-policy",
    "report-to",
    "reporting-endpoints",
};

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static bool listed(struct str name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct str want = str_c(list[i]);
        if (str_ends(want, "*")) {
            want.len--;
            if (str_ieq(str_sub(name, 0, want.len), want)) {
                return true;
            }
        } else if (str_ieq(name, want)) {
            return true;
        }
    }
    return false;
}

/* ---- headers ------------------------------------------------------------- */

/* The control's value of that header, NULL if it got none. Takes the work off
 * `*budget`. */
static const struct json *control_value(const struct vcontrol *c,
                                        struct str name, size_t *budget)
{
    for (const struct json *h = json_first(c->headers); h && *budget > 0;
         h = json_next(h), --*budget) {
        if (str_ieq(json_key(h), name)) {
            return h;
        }
    }
    return NULL;
}

/* The page as it was when last changed. 1970 is what servers say that do not
 * know. */
static bool validates(struct str name, struct str mine, struct str theirs)
{
    return (str_ieq_c(name, "etag") || str_ieq_c(name, "last-modified")) &&
           mine.len >= VALIDATOR_TELLS && str_eq(mine, theirs) &&
           str_find(mine, STR(" 1970 ")) == SIZE_MAX;
}

static void compare_headers(const struct vcontrol *c, const struct vhttp *resp,
                            struct likeness *out)
{
    const struct json *at = NULL;
    struct str name, value;
    size_t budget = HEADER_PAIRS, n = 0, more = 0;
    while (budget > 0 && vhttp_next_header(resp, &at, &name, &value)) {
        const struct json *theirs = control_value(c, name, &budget);
        n++;
        more += !listed(name, deliver, LENGTH(deliver));
        budget -= budget > 0;
        if (!theirs) {
            continue;
        }
        bool equal = str_eq(json_str(theirs), value);
        out->unchanged =
            out->unchanged || validates(name, value, json_str(theirs));
        if (!listed(name, general, LENGTH(general)) ||
            (equal && value.len >= VALUE_TELLS &&
             listed(name, policies, LENGTH(policies)))) {
            out->telling++;
        }
    }
    out->bare = n == 0 && json_len(c->headers) > 1;
    budget = HEADER_PAIRS;
    out->terse = more == 0 && control_value(c, STR("date"), &budget) &&
                 control_value(c, STR("server"), &budget);
}

static bool same_server(const struct vcontrol *c, const struct vhttp *resp)
{
    struct str mine;
    size_t budget = HEADER_PAIRS;
    return vhttp_header(resp, "server", &mine) &&
           str_ieq(json_str(control_value(c, STR("server"), &budget)), mine);
}

/* ---- what is on the page ------------------------------------------------- */

static enum like compare_titles(const struct vcontrol *c,
                                const struct vhttp *resp)
{
    struct str mine = pagediff_title(resp->body);
    struct str theirs = str_trim(c->title);
    if (mine.len == 0 && theirs.len == 0) {
        return LIKE_UNKNOWN;
    }
    if (mine.len == 0 || theirs.len == 0) {
        return resp->truncated && mine.len == 0 ? LIKE_UNKNOWN : LIKE_OTHER;
    }
    if (!pagediff_title_same(mine, theirs)) {
        return LIKE_OTHER;
    }
    return pagediff_title_shown(resp->body, mine) ? LIKE_SAME : LIKE_UNKNOWN;
}

static enum like compare_lengths(const struct vcontrol *c,
                                 const struct vhttp *resp,
                                 const struct pagediff *d)
{
    if (resp->truncated) {
        return c->body_length >= BODY_KEPT ? LIKE_SAME : LIKE_UNKNOWN;
    }
    if (c->body_length < 0) {
        return LIKE_UNKNOWN;
    }
    if (resp->body.len == 0 || c->body_length == 0) {
        return (int64_t)resp->body.len == c->body_length ? LIKE_SAME
                                                         : LIKE_OTHER;
    }
    return d->body == OPT_TRUE ? LIKE_SAME : LIKE_OTHER;
}

static bool is_identical(const struct vcontrol *c, const struct vhttp *resp)
{
    uint8_t hash[SHA256_LEN];
    if (resp->body.len == 0 || c->hashed != (int64_t)resp->body.len) {
        return false;
    }
    crypto_sha256(resp->body, hash);
    return memcmp(hash, c->sha256, sizeof(hash)) == 0;
}

static void compare_texts(const struct vcontrol *c, const struct vhttp *resp,
                          struct likeness *out)
{
    struct sketch mine;
    size_t common, all;
    if (is_identical(c, resp)) {
        out->text = LIKE_SAME;
        out->unchanged = out->identical = true;
        return;
    }
    sketch_make(resp->body, &mine);
    sketch_compare(&mine, &c->sketch, &common, &all);
    if (mine.n < FEW_WORDS || c->sketch.n < FEW_WORDS) {
        return;
    }
    double share = (double)common / (double)all;
    bool whole = !resp->truncated && c->body_length <= BODY_KEPT;
    out->repeats = whole && out->proportion < share * REPEATS;
    out->partly = share < WHOLE;
    if (common * ONE_IN_SAME >= all) {
        out->text = out->repeats ? LIKE_UNKNOWN : LIKE_SAME;
    } else if (all >= MORE_WORDS && common * ONE_IN_OTHER < all) {
        out->text = LIKE_OTHER;
    }
}

/* Lengths that would not meet by chance. */
static bool length_tells(const struct vcontrol *c, const struct vhttp *resp,
                         const struct likeness *l)
{
    return l->length == LIKE_SAME &&
           (l->proportion >= NEARLY || resp->truncated ||
            (c->body_length >= LONG_PAGE && same_server(c, resp)));
}

/* To which only the system's resolver leads, and nothing vouches for it. */
static bool is_only_here(const struct observations *o,
                         const struct vendpoint *end)
{
    const struct vaddr *a = &o->addrs[end->addr];
    return a->classic && !a->control && !a->control_network && !a->translated &&
           !outcome_ok(end->tls);
}

static bool is_certain(const struct observations *o,
                       const struct vendpoint *end, const struct likeness *l)
{
    if (l->unchanged && l->body != LIKE_OTHER) {
        return true;
    }
    if (o->control.status / 100 != 2 || l->title != LIKE_SAME ||
        l->text == LIKE_OTHER) {
        return false;
    }
    return l->telling > 0 || (l->length == LIKE_SAME &&
                              (l->text == LIKE_SAME || !is_only_here(o, end)));
}

/* Of a small page the words are few, and another length is another text. So it
 * is of a page to which only the system's resolver leads: whoever does that may
 * have seen the site's title. */
static bool is_near(const struct observations *o, const struct vendpoint *end,
                    const struct likeness *l)
{
    return l->proportion >= SMALL_PART &&
           (l->telling > 0 ||
            (!is_only_here(o, end) &&
             (o->control.body_length >= LONG_PAGE || l->length == LIKE_SAME)));
}

static bool is_same(const struct observations *o, const struct vendpoint *end,
                    const struct likeness *l)
{
    const struct vcontrol *c = &o->control;
    const struct vhttp *resp = &end->resp;
    bool near = l->body == LIKE_SAME || is_near(o, end, l);
    if (l->certain || l->text == LIKE_SAME) {
        return true;
    }
    if (l->bare) {
        return false;
    }
    switch (l->title) {
    case LIKE_SAME: /* errors are called the same everywhere */
        return c->status / 100 == 2 ? near || l->body == LIKE_UNKNOWN
                                    : l->body == LIKE_SAME;
    case LIKE_OTHER:
        return l->body == LIKE_SAME ? l->telling > 0 : near && l->telling > 2;
    default:
        return (l->body == LIKE_SAME &&
                (l->telling > 0 || length_tells(c, resp, l))) ||
               (near && l->telling > 1);
    }
}

/* The page is the same, but for all that is known that is its title or its
 * length. */
static void doubt(const struct observations *o, const struct vendpoint *end,
                  struct likeness *l)
{
    if (!l->same || l->certain || l->text == LIKE_SAME || l->telling > 0) {
        return;
    }
    if (l->text == LIKE_OTHER || l->repeats) {
        l->by_title = true;
        return;
    }
    if (is_only_here(o, end) &&
        (l->title != LIKE_SAME || l->proportion < NEARLY)) {
        l->same = false;
        l->unproven = true;
        return;
    }
    l->by_length = l->title != LIKE_SAME;
    l->by_title = l->title == LIKE_SAME && is_only_here(o, end);
}

void likeness_compute(const struct observations *o, const struct vendpoint *end,
                      struct likeness *out)
{
    const struct vcontrol *c = &o->control;
    struct pagediff diff;
    *out = (struct likeness){.title = LIKE_UNKNOWN};
    if (!outcome_ok(c->http) || c->status <= 0) {
        return;
    }
    pagediff_compute(o, end, &diff);
    out->proportion = diff.proportion;
    out->title = compare_titles(c, &end->resp);
    out->apart = out->title == LIKE_OTHER &&
                 pagediff_title_apart(pagediff_title(end->resp.body), c->title);
    out->only_here = is_only_here(o, end);
    out->length = compare_lengths(c, &end->resp, &diff);
    compare_headers(c, &end->resp, out);
    if (end->depth > 0 || !outcome_ok(end->tls) || end->no_verify) {
        compare_texts(c, &end->resp, out);
    }
    out->body = out->text != LIKE_UNKNOWN ? out->text : out->length;
    out->certain = diff.status == OPT_TRUE && is_certain(o, end, out);
    out->same = diff.status == OPT_TRUE && is_same(o, end, out);
    doubt(o, end, out);
}
