// SPDX-License-Identifier: Apache-2.0
/* The check-in: what is asked, read and remembered of it. */
#include "probe/deliver/checkin.h"

#include "base/ascii.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/json_out.h"
#include "probe/volunteer/paths.h"

#include <stdio.h>
#include <string.h>

#define CACHE_MAX 65536
#define DEFERS    "x_control_defer" /* in the answer, and in what is kept */

enum err checkin_request(bool timed, struct buf *out)
{
    struct jw w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_kb(&w, "charging", !timed);
    jw_kb(&w, "on_wifi", true);
    jw_kc(&w, "platform", "linux");
    jw_kc(&w, "probe_asn", "AS0");
    jw_kc(&w, "probe_cc", "ZZ");
    jw_kc(&w, "run_type", timed ? "timed" : "manual");
    jw_kc(&w, "software_name", "parallax");
    jw_kc(&w, "software_version", PARALLAX_VERSION);
    jw_key(&w, "web_connectivity");
    jw_obj(&w);
    jw_key(&w, "category_codes");
    jw_arr(&w);
    jw_arr_end(&w);
    jw_obj_end(&w);
    jw_obj_end(&w);
    return out->failed;
}

/* The member of `obj` as a string, or an error that names it. */
static enum err want_string(const struct json *obj, const char *key,
                            struct str *out, struct diag *d)
{
    const struct json *n = json_get(obj, key);
    if (!json_is_str(n)) {
        return diag_set(d, ERR_PARSE, "`%s` is not a string", key);
    }
    *out = json_str(n);
    return ERR_OK;
}

static bool valid_cc(struct str s)
{
    return s.len == 2 && ascii_isalnum(s.p[0]) && ascii_isalnum(s.p[1]) &&
           ascii_upper(s.p[0]) == s.p[0] && ascii_upper(s.p[1]) == s.p[1];
}

static enum err parse_location(const struct json *root, struct checkin *c,
                               struct diag *d)
{
    struct str cc = {NULL, 0};
    struct str asn = {NULL, 0};
    int64_t number;
    enum err e = want_string(root, "probe_cc", &cc, d);
    if (e == ERR_OK) {
        e = want_string(root, "probe_asn", &asn, d);
    }
    if (e != ERR_OK) {
        return e;
    }
    if (!valid_cc(cc)) {
        return diag_set(d, ERR_PARSE, "`probe_cc` is not a country code");
    }
    if (!str_starts(asn, "AS") || str_to_i64(str_sub(asn, 2, asn.len), 0,
                                             UINT32_MAX, &number) != ERR_OK) {
        return diag_set(d, ERR_PARSE, "`probe_asn` is not `AS` and a number");
    }
    memcpy(c->cc, cc.p, 2);
    c->cc[2] = '\0';
    c->asn = (uint32_t)number;
    const char *org = json_cstr(json_get(root, "probe_network_name"));
    str_copy(c->org, sizeof(c->org), org ? org : "");
    struct ip seen;
    if (ip_parse(json_str(json_get(root, "x_client_address")), &seen) &&
        !ip_is_special(&seen)) {
        c->seen = seen;
    }
    return ERR_OK;
}

static bool usable_address(const char *url)
{
    struct str s = str_c(url);
    return str_starts(s, "https://") || str_starts(s, "http://127.0.0.1:") ||
           str_starts(s, "http://[::1]:");
}

static enum err parse_helpers(struct region *r, const struct json *list,
                              struct checkin *c)
{
    for (const struct json *h = json_first(list);
         h && c->n_helpers < CHECKIN_MAX_HELPERS; h = json_next(h)) {
        const char *address = json_cstr(json_get(h, "address"));
        const char *type = json_cstr(json_get(h, "type"));
        if (!address || !type || !usable_address(address) ||
            (strcmp(type, "https") != 0 && strcmp(type, "cloudfront") != 0)) {
            continue;
        }
        struct control_helper *out = &c->helpers[c->n_helpers];
        out->url = region_strdup(r, address);
        out->type = region_strdup(r, type);
        if (!out->url || !out->type) {
            return ERR_NOMEM;
        }
        c->n_helpers++;
    }
    return ERR_OK;
}

enum err checkin_parse(struct region *r, struct str body, struct checkin *out,
                       struct diag *d)
{
    struct json_doc *doc = NULL;
    struct checkin c = {.cc = "ZZ"};
    struct json_limits limits = json_default_limits;
    limits.max_bytes = CHECKIN_MAX_RESPONSE;
    enum err e = json_parse(body, &limits, &doc, d);
    if (e != ERR_OK) {
        return e;
    }
    const struct json *root = json_root(doc);
    const struct json *all = json_path(root, "conf.test_helpers");
    if (!json_is_obj(root)) {
        e = diag_set(d, ERR_PARSE, "not a JSON object");
    } else {
        e = parse_location(root, &c, d);
    }
    if (e == ERR_OK && !json_is_obj(all)) {
        e = diag_set(d, ERR_PARSE, "`conf.test_helpers` is not an object");
    }
    if (e == ERR_OK) {
        const char *when = json_cstr(json_get(root, "utc_time"));
        if (!when || clock_parse(when, &c.server_s) != ERR_OK) {
            c.server_s = 0;
        }
        e = parse_helpers(r, json_get(all, "web-connectivity"), &c);
        /* of another type, or absent: it does not */
        (void)json_bool(json_get(root, DEFERS), &c.defers);
    }
    json_doc_free(doc);
    if (e == ERR_OK) {
        *out = c;
    }
    return e;
}

/* ---- helpers of the last good check-in ---------------------------------- */

static enum err parse_cache(struct region *r, struct str text,
                            const char *collector, int64_t now_month,
                            struct checkin *out, char month[CHECKIN_MONTH],
                            struct diag *d)
{
    struct json_doc *doc = NULL;
    struct checkin c = {.cc = "ZZ"};
    enum err e = json_parse(text, &json_default_limits, &doc, d);
    if (e != ERR_OK) {
        return e;
    }
    const struct json *root = json_root(doc);
    const char *day = json_cstr(json_get(root, "date"));
    const char *from = json_cstr(json_get(root, "collector"));
    /* earlier versions kept the day */
    int64_t then = calendar_month(str_c(day));
    if (!from || then < 0 || (strlen(day) != 7 && strlen(day) != 10)) {
        e = diag_set(d, ERR_PARSE, "`date` or `collector` is no good");
    } else if (strcmp(from, collector) != 0 || now_month - then > 1) {
        e = ERR_NOTFOUND;
    } else {
        e = parse_helpers(r, json_get(root, "helpers"), &c);
        /* earlier versions did not keep it */
        (void)json_bool(json_get(root, DEFERS), &c.defers);
    }
    if (e == ERR_OK && c.n_helpers == 0) {
        e = ERR_NOTFOUND;
    }
    if (e == ERR_OK) {
        *out = c;
        snprintf(month, CHECKIN_MONTH, "%.7s", day);
    }
    json_doc_free(doc);
    return e;
}

enum err checkin_cached(struct region *r, const char *collector, int64_t now_s,
                        struct checkin *out, char month[CHECKIN_MONTH],
                        struct diag *d)
{
    char path[PATHS_MAX], now[20];
    struct buf text;
    enum err e = paths_state("helpers.json", path, d);
    if (e == ERR_OK) {
        e = clock_format(now_s, now);
    }
    if (e != ERR_OK) {
        return e;
    }
    buf_init(&text, CACHE_MAX);
    e = fs_read(path, CACHE_MAX, &text, d);
    if (e == ERR_OK) {
        e = parse_cache(r, buf_str(&text), collector,
                        calendar_month(str_c(now)), out, month, d);
    }
    buf_fini(&text);
    return e;
}

bool checkin_defers(const char *collector, int64_t now_s)
{
    struct region *r = region_new(CACHE_MAX);
    struct checkin c = {.defers = false};
    char month[CHECKIN_MONTH];
    struct diag d = {""};
    enum err e =
        r ? checkin_cached(r, collector, now_s, &c, month, &d) : ERR_NOMEM;
    region_free(r);
    return e == ERR_OK && c.defers;
}

/* Written only when it changes: the file's own time tells of no other run. */
static bool holds(const char *path, struct str want)
{
    struct buf now;
    buf_init(&now, CACHE_MAX);
    bool same = fs_read(path, CACHE_MAX, &now, NULL) == ERR_OK &&
                str_eq(buf_str(&now), want);
    buf_fini(&now);
    return same;
}

enum err checkin_remember(const char *collector, int64_t now_s,
                          const struct checkin *c, struct diag *d)
{
    char path[PATHS_MAX];
    char when[20];
    struct buf text;
    struct jw w;
    enum err e = ERR_OK;
    if (c->n_helpers == 0) {
        return diag_set(d, ERR_INVAL, "no test helpers to remember");
    }
    e = paths_make_state(d);
    if (e == ERR_OK) {
        e = paths_state("helpers.json", path, d);
    }
    if (e == ERR_OK) {
        e = clock_format(now_s, when);
    }
    if (e != ERR_OK) {
        return e;
    }
    buf_init(&text, CACHE_MAX);
    jw_init(&w, &text);
    jw_obj(&w);
    jw_ks(&w, "date", str_sub(str_c(when), 0, 7));
    jw_kc(&w, "collector", collector);
    if (c->defers) {
        jw_kb(&w, DEFERS, true);
    }
    jw_key(&w, "helpers");
    jw_arr(&w);
    for (size_t i = 0; i < c->n_helpers; i++) {
        jw_obj(&w);
        jw_kc(&w, "address", c->helpers[i].url);
        jw_kc(&w, "type", c->helpers[i].type);
        jw_obj_end(&w);
    }
    jw_arr_end(&w);
    jw_obj_end(&w);
    buf_add_byte(&text, '\n');
    e = text.failed;
    if (e == ERR_OK && !holds(path, buf_str(&text))) {
        e = fs_write_atomic(path, buf_str(&text), 0600, d);
    }
    buf_fini(&text);
    return e;
}
