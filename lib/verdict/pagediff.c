// SPDX-License-Identifier: Apache-2.0
#include "verdict/pagediff.h"
#include "record/scrub.h"
#include "verdict/pagediff_title.h"
#include <string.h>

#define BODY_KEPT    (512 * 1024)
#define HEADER_PAIRS ((size_t)1 << 18) /* compared: 512 names with 512 */

#define SCRUBBED_LEN ((int64_t)sizeof(SCRUBBED) - 1)
#define ADDRESS_MIN  2  /* :: */
#define ADDRESS_MAX  47 /* eight groups in brackets, and a port */

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
 * which changes its length; what the server declared still tells it, if the
 * replaced texts may have made up the difference. */
static int64_t received_length(const struct vhttp *resp)
{
    struct str value, rest = resp->body;
    int64_t len = (int64_t)resp->body.len, replaced = 0, declared;
    size_t at;
    while ((at = str_find_char(rest, SCRUBBED[0])) != SIZE_MAX) {
        rest = str_sub(rest, at, rest.len);
        replaced += str_starts(rest, SCRUBBED);
        rest = str_sub(rest, 1, rest.len);
    }
    if (replaced == 0 || vhttp_header(resp, "content-encoding", &value) ||
        !vhttp_header(resp, "content-length", &value) ||
        str_to_i64(value, 1, INT64_MAX, &declared) != ERR_OK) {
        return len;
    }
    bool likely = declared >= len + replaced * (ADDRESS_MIN - SCRUBBED_LEN) &&
                  declared <= len + replaced * (ADDRESS_MAX - SCRUBBED_LEN);
    return likely ? declared : len;
}

static void compare_bodies(const struct vcontrol *c, const struct vhttp *resp,
                           struct pagediff *out)
{
    if (resp->body.len == 0 || resp->truncated || c->body_length <= 0) {
        return;
    }
    int64_t len = received_length(resp);
    double a = (double)len, b = (double)c->body_length;
    out->proportion = a < b ? a / b : b / a;
    out->body = out->proportion > PAGEDIFF_SAME ? OPT_TRUE : OPT_FALSE;
}

static void compare_status(const struct vcontrol *c, const struct vhttp *resp,
                           struct pagediff *out)
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

/* Is `name` among the control's? Takes the work off `*budget`. */
static bool control_sends(const struct vcontrol *c, struct str name,
                          size_t *budget)
{
    for (const struct json *h = json_first(c->headers); h && *budget > 0;
         h = json_next(h), --*budget) {
        if (str_ieq(json_key(h), name)) {
            return true;
        }
    }
    return false;
}

static void compare_headers(const struct vcontrol *c, const struct vhttp *resp,
                            struct pagediff *out)
{
    const struct json *at = NULL;
    struct str name, value;
    struct vhttp names = *resp;
    size_t shared = 0, budget = HEADER_PAIRS;
    if (json_is_obj(resp->headers)) {
        names.headers_list = NULL; /* OONI takes the names from the object */
    }
    while (budget > 0 && vhttp_next_header(&names, &at, &name, &value)) {
        budget--;
        if (!is_common(name) && control_sends(c, name, &budget)) {
            shared++;
            out->peculiar_headers +=
                !listed(name, plain_headers, LENGTH(plain_headers));
        }
    }
    out->headers = shared > 0 ? OPT_TRUE : OPT_FALSE;
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
static bool other_title(const struct vcontrol *c, const struct pagediff *d)
{
    return d->title == OPT_FALSE && d->title_text.len > 0 && c->title.len > 0;
}

void pagediff_compute(const struct observations *o, const struct vendpoint *end,
                      struct pagediff *out)
{
    const struct vcontrol *c = &o->control;
    *out = (struct pagediff){
        .body = OPT_NULL,
        .status = OPT_NULL,
        .headers = OPT_NULL,
        .title = OPT_NULL,
        .title_text = pagediff_title(end->resp.body),
    };
    if (outcome_ok(c->http)) {
        compare_bodies(c, &end->resp, out);
        compare_status(c, &end->resp, out);
        compare_headers(c, &end->resp, out);
        if (c->status > 0) {
            out->title = pagediff_title_match(out->title_text, c->title)
                             ? OPT_TRUE
                             : OPT_FALSE;
        }
    }
    out->same_server = same_server(c, &end->resp);
    out->same = out->status == OPT_TRUE &&
                ((out->body == OPT_TRUE && !other_title(c, out)) ||
                 both_large(c, &end->resp) ||
                 (out->title == OPT_TRUE && out->title_text.len > 0) ||
                 out->peculiar_headers > 0);
    out->different = out->status != OPT_TRUE ||
                     (out->body != OPT_TRUE && out->headers != OPT_TRUE &&
                      out->title != OPT_TRUE);
}
