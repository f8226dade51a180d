// SPDX-License-Identifier: Apache-2.0
#include "verdict/pagediff.h"
#include "record/scrub.h"
#include "verdict/pagediff_title.h"
#include <string.h>

#define HEADER_PAIRS ((size_t)1 << 15) /* compared: 181 names with 181 */

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
    size_t budget = HEADER_PAIRS;
    out->headers = OPT_FALSE;
    if (json_is_obj(resp->headers)) {
        names.headers_list = NULL; /* OONI takes the names from the object */
    }
    while (budget > 0 && out->headers != OPT_TRUE &&
           vhttp_next_header(&names, &at, &name, &value)) {
        budget--;
        if (!is_common(name) && control_sends(c, name, &budget)) {
            out->headers = OPT_TRUE;
        }
    }
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
    out->different = out->status != OPT_TRUE ||
                     (out->body != OPT_TRUE && out->headers != OPT_TRUE &&
                      out->title != OPT_TRUE);
}
