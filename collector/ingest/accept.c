// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/accept.h"

#include "base/clock.h"
#include "verdict/verdict.h"
#include "wire/ip.h"
#include "wire/url.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX  8192 /* of one column */
#define DAY_S     INT64_C(86400)
#define HOUR_S    INT64_C(3600)
#define YEAR_2020 INT64_C(1577836800)

const struct json_limits accept_limits = {
    .max_bytes = (size_t)32 << 20,
    .max_nodes = 500000,
    .max_string = (size_t)24 << 20,
    .max_depth = 64,
};

/* A column from the record; one too long or absent is "". */
static const char *column(struct region *r, const struct json *n, bool *nomem)
{
    const char *s = json_cstr(n);
    if (!s || strlen(s) > TEXT_MAX) {
        return "";
    }
    s = region_strdup(r, s);
    *nomem = *nomem || !s;
    return s ? s : "";
}

static enum err fill_time(const struct json *rec, const struct accept_in *in,
                          struct store_row *row, struct refusal *why)
{
    const char *start = json_cstr(json_get(rec, "measurement_start_time"));
    if (!start) {
        return refuse_record(why, "start_time", "measurement_start_time",
                             "missing");
    }
    if (clock_parse(start, &row->start_s) != ERR_OK) {
        return refuse_record(why, "start_time", "measurement_start_time",
                             "not a time");
    }
    row->receipt_s = in->receipt_s;
    if (row->start_s < YEAR_2020 || row->start_s > in->receipt_s + DAY_S) {
        row->start_s = in->receipt_s - in->receipt_s % HOUR_S;
    }
    return ERR_OK;
}

static enum err fill_input(struct region *r, const struct json *rec,
                           struct store_row *row, struct refusal *why)
{
    const char *input = json_cstr(json_get(rec, "input"));
    if (!input) {
        return refuse_record(why, "input", "input", "missing");
    }
    struct url url;
    struct diag d = {{0}};
    enum err e = url_parse(r, str_c(input), &url, &d);
    if (e == ERR_PARSE || e == ERR_LIMIT || e == ERR_INVAL) {
        return refuse_record(why, "input", "input", "%s", d.text);
    }
    if (e != ERR_OK) {
        return e;
    }
    row->input = region_strdup(r, input);
    row->domain = url.host;
    return row->input ? ERR_OK : ERR_NOMEM;
}

/* Country and network: the record's own, unless one of them is unknown; then
 * both come from the source address, or from the report it came under. The
 * network's name is the database's where the sender is in it. */
static enum err fill_location(const struct acceptor *a, struct region *r,
                              const struct json *rec,
                              const struct accept_in *in, struct store_row *row)
{
    bool nomem = false;
    struct str cc = json_str(json_get(rec, "probe_cc"));
    memcpy(row->cc, cc.p, 2); /* metadata_check saw to the length */
    /* metadata_check saw to it; 0, unknown, if not */
    (void)asn_parse(json_str(json_get(rec, "probe_asn")), &row->asn);
    row->network_name = column(r, json_get(rec, "probe_network_name"), &nomem);
    struct geo_entry geo = {.cc = "ZZ"};
    if (in->source) {
        geo_lookup(a->geo, in->source, &geo);
    }
    if (row->asn != 0 && row->asn == geo.asn && geo.org[0]) {
        row->network_name = region_strdup(r, geo.org);
        nomem = nomem || !row->network_name;
    }
    if (row->asn != 0 && strcmp(row->cc, "ZZ") != 0) {
        return nomem ? ERR_NOMEM : ERR_OK;
    }
    if (geo.asn != 0 && strcmp(geo.cc, "ZZ") != 0 && geo.cc[0] != '\0') {
        memcpy(row->cc, geo.cc, sizeof(row->cc));
        row->asn = geo.asn;
        row->network_name = region_strdup(r, geo.org);
        nomem = nomem || !row->network_name;
        row->inferred_location = true;
    } else if (in->path && in->path->asn != 0 &&
               strcmp(in->path->cc, "ZZ") != 0) {
        memcpy(row->cc, in->path->cc, sizeof(row->cc));
        row->asn = in->path->asn;
        row->inferred_location = true;
    }
    return nomem ? ERR_NOMEM : ERR_OK;
}

static enum err fill_reasons(struct region *r, const struct verdict *v,
                             struct store_row *row)
{
    struct buf b;
    buf_init(&b, TEXT_MAX);
    for (size_t i = 0; i < v->n_reasons; i++) {
        if (i > 0) {
            buf_add_byte(&b, ',');
        }
        buf_add_c(&b, v->reasons[i].rule);
    }
    struct str s = buf_str(&b);
    row->reasons = region_strndup(r, s.p ? s.p : "", s.len);
    enum err e = row->reasons ? ERR_OK : ERR_NOMEM;
    buf_fini(&b);
    return e;
}

static enum err fill_verdict(const struct acceptor *a, struct region *r,
                             const struct json *rec, struct store_row *row,
                             struct refusal *why)
{
    struct verdict v = {0};
    struct diag d = {{0}};
    enum err e = verdict_compute(r, rec, a->fingerprints, &v, &d);
    if (e == ERR_PARSE) {
        return refuse_record(why, "test_keys", "", "%s", d.text);
    }
    if (e != ERR_OK) {
        return e;
    }
    row->state = (int)v.state;
    row->blocking = v.blocking ? region_strdup(r, v.blocking) : "";
    row->method = v.method ? region_strdup(r, v.method) : "";
    row->confidence = v.confidence;
    if (!row->blocking || !row->method) {
        return ERR_NOMEM;
    }
    return fill_reasons(r, &v, row);
}

static enum err fill_texts(struct region *r, const struct json *rec,
                           const struct accept_in *in, struct store_row *row)
{
    bool nomem = false;
    row->category =
        column(r, json_path(rec, "annotations.category_code"), &nomem);
    row->report_id = column(r, json_get(rec, "report_id"), &nomem);
    if (row->report_id[0] == '\0') {
        row->report_id = region_strdup(r, in->report_id ? in->report_id : "");
        nomem = nomem || !row->report_id;
    }
    row->foreign_uid = "";
    if (in->imported) {
        const char *uid = column(r, json_get(rec, "measurement_uid"), &nomem);
        row->foreign_uid = strlen(uid) <= 200 ? uid : "";
    }
    row->software = region_printf(
        r, "%s/%s", column(r, json_get(rec, "software_name"), &nomem),
        column(r, json_get(rec, "software_version"), &nomem));
    return nomem || !row->software ? ERR_NOMEM : ERR_OK;
}

/* ---- the hash ---------------------------------------------------------------
 */

struct path {
    char text[160]; /* cut if longer */
    size_t len;
};

static void path_add(struct path *p, struct str s)
{
    for (size_t i = 0; i < s.len && p->len < sizeof(p->text) - 1; i++) {
        bool plain = s.p[i] > ' ' && s.p[i] < 0x7f;
        p->text[p->len++] = plain ? s.p[i] : '?';
    }
    p->text[p->len] = '\0';
}

/* Finds the first number that no double can hold. The depth is bounded by the
 * parser's. */
static bool find_huge(const struct json *v, struct path *path)
{
    double num;
    if (json_type(v) == JSON_NUM) {
        return !json_num(v, &num);
    }
    if (json_type(v) != JSON_OBJ && json_type(v) != JSON_ARR) {
        return false;
    }
    size_t len = path->len, i = 0;
    for (const struct json *m = json_first(v); m; m = json_next(m), i++) {
        char index[24];
        snprintf(index, sizeof(index), "%zu", i);
        path_add(path, str_c(len > 0 ? "." : ""));
        path_add(path, json_is_obj(v) ? json_key(m) : str_c(index));
        if (find_huge(m, path)) {
            return true;
        }
        path->len = len;
        path->text[len] = '\0';
    }
    return false;
}

static enum err fill_hash(const struct json_doc *doc, struct store_row *row,
                          struct refusal *why)
{
    enum err e = uid_hash(doc, row->hash);
    if (e == ERR_PARSE) {
        struct path path = {.text = ""};
        /* not found: the message goes without the path */
        (void)find_huge(json_root(doc), &path);
        e = refuse_record(why, "number", "",
                          "%s: a number beyond what a double holds", path.text);
    }
    return e;
}

/* What links the uploads of one volunteer travels beside the record, where it
 * is kept apart; inside, it would be published with it. */
static enum err check_x_probe(const struct json *rec, struct refusal *why)
{
    static const char *const places[] = {"x_probe", "test_keys.x_probe",
                                         "annotations.x_probe"};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (json_path(rec, places[i])) {
            return refuse_record(why, "x_probe_inside", places[i],
                                 "x_probe belongs beside the record, not in "
                                 "it");
        }
    }
    return ERR_OK;
}

#define CONTROL_NEAR_S 900

/* A control that was signed for another site, or at another time, says nothing
 * about this measurement, however true its signature. */
static bool control_fits(struct region *r, const struct json *rec,
                         const struct store_row *row)
{
    struct str asked =
        json_str(json_path(rec, "test_keys.x_control_request.http_request"));
    const char *start = json_cstr(json_get(rec, "measurement_start_time"));
    struct url url;
    int64_t minute = 0, start_s = 0;
    if (!start || clock_parse(start, &start_s) != ERR_OK ||
        url_parse(r, asked, &url, NULL) != ERR_OK ||
        strcmp(url.host, row->domain) != 0 ||
        !json_i64(json_path(rec, "test_keys.x_control_signature.minute"),
                  &minute) ||
        minute < 0 || minute > INT64_MAX / 60) {
        return false;
    }
    int64_t apart = minute * 60 - start_s;
    return apart > -CONTROL_NEAR_S && apart < CONTROL_NEAR_S;
}

static enum err fill(const struct acceptor *a, struct region *r,
                     const struct json_doc *doc, const struct accept_in *in,
                     struct store_row *row, struct refusal *why)
{
    const struct json *rec = json_root(doc);
    if (!json_is_obj(rec)) {
        return refuse_record(why, "json", "", "not an object");
    }
    enum err e = metadata_check(rec, why);
    if (e == ERR_OK &&
        !str_eq_c(json_str(json_get(rec, "test_name")), "web_connectivity")) {
        e = refuse_record(why, "test_name", "test_name",
                          "only web_connectivity is kept here");
    }
    if (e == ERR_OK) {
        e = check_x_probe(rec, why);
    }
    if (e == ERR_OK && in->path && !metadata_fits(in->path, rec)) {
        e = refuse_record(why, "inconsistent", "probe_cc",
                          "Inconsistent measurement");
    }
    if (e == ERR_OK) {
        e = fill_time(rec, in, row, why);
    }
    if (e == ERR_OK) {
        e = fill_input(r, rec, row, why);
    }
    if (e == ERR_OK) {
        e = fill_location(a, r, rec, in, row);
    }
    if (e == ERR_OK) {
        e = fill_verdict(a, r, rec, row, why);
    }
    if (e == ERR_OK) {
        e = fill_texts(r, rec, in, row);
    }
    if (e == ERR_OK) {
        e = fill_hash(doc, row, why);
    }
    if (e == ERR_OK && a->keys) {
        row->control_verified =
            control_keys_verify(a->keys, doc) && control_fits(r, rec, row);
    }
    return e;
}

enum err accept_record(const struct acceptor *a, struct region *r,
                       const struct accept_in *in, struct store_put *out,
                       struct refusal *why)
{
    struct json_doc *doc = NULL;
    struct diag d = {{0}};
    enum err e = json_parse(in->record, &accept_limits, &doc, &d);
    if (e == ERR_PARSE || e == ERR_LIMIT) {
        return refuse_record(why, "json", "", "%s", d.text);
    }
    struct store_put put = {.record = in->record};
    if (e == ERR_OK) {
        e = fill(a, r, doc, in, &put.row, why);
    }
    json_doc_free(doc);
    if (e == ERR_OK) {
        *out = put;
    }
    return e;
}

void accept_source_tag(const uint8_t day_key[CRYPTO_KEY_LEN],
                       const char *source, char out[33])
{
    struct ip ip;
    out[0] = '\0';
    if (!source || !ip_parse(str_c(source), &ip) || ip_is_loopback(&ip)) {
        return;
    }
    char prefix[1 + 6];
    size_t n = ip.family == 4 ? 3 : 6;
    prefix[0] = (char)ip.family;
    memcpy(prefix + 1, ip.b, n);
    uint8_t mac[SHA256_LEN];
    crypto_hmac((struct str){(const char *)day_key, CRYPTO_KEY_LEN},
                (struct str){prefix, n + 1}, mac);
    hex_encode(mac, 16, out);
}
