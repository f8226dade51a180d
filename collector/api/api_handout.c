// SPDX-License-Identifier: Apache-2.0
/* Lists and files as they are, or empty ones. */
#include "collector/api/api_handout.h"

#include "base/calendar.h"
#include "base/clock.h"
#include "collector/api/answer.h"
#include "collector/ingest/location.h"

#include <stdio.h>
#include <string.h>

#define URLS_MAX  9999
#define CODES_MAX 64

static size_t read_codes(const char *text, struct str *codes)
{
    struct str rest = str_c(text), one;
    size_t n = 0;
    while (n < CODES_MAX && str_next(&rest, ',', &one)) {
        one = str_trim(one);
        if (one.len > 0) {
            codes[n++] = one;
        }
    }
    return n;
}

void api_handout_urls(struct service *s, struct http_req *req)
{
    const char *cc = http_query(req, "probe_cc");
    const char *codes_text = http_query(req, "category_codes");
    const char *limit = http_query(req, "limit");
    struct str codes[CODES_MAX];
    char country[3];
    int64_t max = URLS_MAX;
    if (limit && str_to_i64(str_c(limit), 0, URLS_MAX, &max) != ERR_OK) {
        answer_invalid_query(req, "limit", "limit: not a number up to 9999");
        return;
    }
    location_cc_claimed(cc ? cc : http_query(req, "country_code"), country);
    size_t n_codes = codes_text ? read_codes(codes_text, codes) : 0;
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_key(&w, "results");
    /* OONI's clients of old say 0 or nothing for all */
    size_t n = site_lists_write(s->lists, &w, country, codes, n_codes,
                                max > 0 ? (size_t)max : URLS_MAX);
    jw_key(&w, "metadata");
    jw_obj(&w);
    jw_ki(&w, "count", (int64_t)n);
    jw_ki(&w, "current_page", -1);
    jw_ki(&w, "limit", -1);
    jw_kc(&w, "next_url", "");
    jw_ki(&w, "pages", 1);
    jw_obj_end(&w);
    jw_obj_end(&w);
    http_answer(req, 200);
}

static void answer_file(struct service *s, struct http_req *req,
                        const char *name)
{
    struct str text = handouts_find(s->handouts, name);
    buf_add_str(&req->reply.body, text.p ? text : STR("{}"));
    http_answer(req, 200);
}

void api_handout_tor_targets(struct service *s, struct http_req *req)
{
    answer_file(s, req, "tor-targets");
}

void api_handout_psiphon_config(struct service *s, struct http_req *req)
{
    answer_file(s, req, "psiphon-config");
}

/* A configuration with nobody to connect to. */
static void answer_no_vpn(struct http_req *req, const char *provider)
{
    char utc[24];
    calendar_iso(utc, clock_wall_us() / US_PER_S);
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_kc(&w, "provider", provider);
    jw_kc(&w, "protocol", "openvpn");
    jw_key(&w, "config");
    jw_obj(&w);
    jw_kc(&w, "ca", "");
    jw_kc(&w, "cert", "");
    jw_kc(&w, "key", "");
    jw_obj_end(&w);
    jw_kc(&w, "date_updated", utc);
    jw_key(&w, "endpoints");
    jw_arr(&w);
    jw_arr_end(&w);
    jw_obj_end(&w);
    http_answer(req, 200);
}

void api_handout_vpn_config(struct service *s, struct http_req *req)
{
    char name[64];
    int n = snprintf(name, sizeof(name), "vpn-%s", req->id);
    bool fits = n > 0 && (size_t)n < sizeof(name);
    if (fits && handouts_find(s->handouts, name).p) {
        answer_file(s, req, name);
    } else if (strcmp(req->id, "riseupvpn") == 0) {
        answer_no_vpn(req, req->id);
    } else {
        http_answer_detail(req, 404, "Provider not found");
    }
}
