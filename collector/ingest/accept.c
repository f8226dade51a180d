// SPDX-License-Identifier: Apache-2.0
/* One record: checked, located, judged, hashed, and its control believed or
 * not. */
#include "collector/ingest/accept.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/json_out.h"
#include "collector/ingest/location.h"
#include "collector/ingest/metadata.h"
#include "collector/ingest/place.h"
#include "collector/store/store_claim.h"
#include "collector/store/store_signatures.h"
#include "verdict/verdict.h"
#include "wire/ip.h"
#include "wire/url.h"
#include "wire/url_site.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX        8192 /* of one column */
#define FOREIGN_UID_MAX 200
#define CONTROL_NEAR_S  900 /* of the measurement's start */

const struct json_limits accept_limits = {
    .max_bytes = (size_t)32 << 20,
    .max_nodes = 500000,
    .max_string = (size_t)24 << 20,
    .max_depth = 64,
};

/* One record on its way into a row. */
struct filling {
    const struct acceptor *a;
    const struct accept_in *in;
    struct region *r;
    const struct json_doc *doc;
    const struct json *rec; /* root of doc */
    struct store_row *row;
    struct refusal *why;
    struct str record; /* its bytes, as they will be stored */
    bool judged;       /* it is of the test that is, and can be */
    bool nomem;        /* of column() */
};

/* A text of the record, kept; one too long or absent is "". */
static const char *keep(struct filling *f, const char *s)
{
    if (!s || strlen(s) > TEXT_MAX) {
        return "";
    }
    s = region_strdup(f->r, s);
    f->nomem = f->nomem || !s;
    return s ? s : "";
}

static const char *column(struct filling *f, const struct json *n)
{
    return keep(f, json_cstr(n));
}

/* Some clients write fractions of the second, which no column has. */
static enum err parse_start(const char *text, int64_t *out)
{
    char whole[20] = "";
    size_t n = strlen(text), at = sizeof(whole) - 1;
    bool fraction = n > at + 1 && text[at] == '.';
    for (size_t i = at + 1; i < n && fraction; i++) {
        fraction = ascii_isdigit(text[i]);
    }
    str_copy(whole, sizeof(whole), text);
    return clock_parse(fraction ? whole : text, out);
}

static enum err fill_time(struct filling *f)
{
    static const char key[] = "measurement_start_time";
    const char *start = json_cstr(json_get(f->rec, key));
    struct store_row *row = f->row;
    int64_t claimed_s = 0;
    if (!start) {
        return refusal_set(f->why, REFUSAL_START_TIME, key, "%s",
                           json_get(f->rec, key) ? "not a string" : "missing");
    }
    if (parse_start(start, &claimed_s) != ERR_OK) {
        return refusal_set(f->why, REFUSAL_START_TIME, key, "not a time");
    }
    row->receipt_s = f->in->receipt_s;
    row->vouched = f->in->vouched ? f->in->vouched : "";
    store_claim_time(row, claimed_s);
    return ERR_OK;
}

static enum err fill_test(struct filling *f)
{
    f->row->test_name = column(f, json_get(f->rec, "test_name"));
    f->judged = strcmp(f->row->test_name, STORE_JUDGED_TEST) == 0;
    return f->nomem ? ERR_NOMEM : ERR_OK;
}

/* Of the test that is judged, these two must be there, if only as null. */
static enum err check_judged(struct filling *f)
{
    const struct json *input = json_get(f->rec, "input");
    const struct json *keys = json_get(f->rec, "test_keys");
    if (!f->judged) {
        return ERR_OK;
    }
    if (!input || !(json_is_str(input) || json_is_null(input))) {
        return refusal_set(f->why, REFUSAL_INPUT, "input", "%s",
                           input ? "not a string" : "missing");
    }
    if (!keys || !(json_is_obj(keys) || json_is_null(keys))) {
        return refusal_set(f->why, REFUSAL_TEST_KEYS, "test_keys", "%s",
                           keys ? "not an object" : "missing");
    }
    return ERR_OK;
}

/* Whatever the input is, the record is taken; one that visited no site, or none
 * whose name can be read, is judged by nobody. */
static enum err fill_input(struct filling *f)
{
    const struct json *given = json_get(f->rec, "input");
    const char *input = json_cstr(given);
    struct store_row *row = f->row;
    struct url url;
    enum err e = f->judged && input ? url_parse(f->r, str_c(input), &url, NULL)
                                    : ERR_PARSE;
    if (e == ERR_NOMEM) {
        return e;
    }
    f->judged = e == ERR_OK;
    if (f->judged) {
        row->input = region_strdup(f->r, input);
        row->domain = url.host;
        row->site = url_site(f->r, input);
    } else {
        row->input = column(f, given);
        row->domain = store_claim_host(f->r, row->input);
        row->site = "";
    }
    f->nomem = f->nomem || !row->input || !row->domain || !row->site;
    return f->nomem ? ERR_NOMEM : ERR_OK;
}

static void set_network_name(struct filling *f, const char *name)
{
    f->row->network_name = region_strdup(f->r, name);
    f->nomem = f->nomem || !f->row->network_name;
}

static bool is_known(const char *cc, uint32_t asn)
{
    return asn != 0 && cc[0] != '\0' && strcmp(cc, "ZZ") != 0;
}

/* Country and network: the record's own, unless one of them is unknown; then
 * both come from the source address, or from the report it came under. Where a
 * relay leads out says nothing of where somebody measured. The network's name
 * is the database's where the sender is in it. */
static enum err fill_location(struct filling *f)
{
    struct store_row *row = f->row;
    const struct report_id *path = f->in->path;
    struct str cc = json_str(json_get(f->rec, "probe_cc"));
    memcpy(row->cc, cc.p, 2); /* metadata_check saw to the length */
    /* metadata_check saw to it; 0, unknown, if not */
    (void)location_asn_parse(json_str(json_get(f->rec, "probe_asn")),
                             &row->asn);
    row->network_name = column(f, json_get(f->rec, "probe_network_name"));
    struct geo_entry geo = {.cc = "ZZ"};
    bool relayed = f->in->relayed || relays_has(f->a->relays, f->in->source);
    if (f->in->source && !relayed) {
        geo_lookup(f->a->geo, f->in->source, &geo);
    }
    bool inferred = !is_known(row->cc, row->asn);
    if (inferred && is_known(geo.cc, geo.asn)) {
        memcpy(row->cc, geo.cc, sizeof(row->cc));
        row->asn = geo.asn;
        row->inferred_location = true;
    } else if (inferred && path && is_known(path->cc, path->asn)) {
        memcpy(row->cc, path->cc, sizeof(row->cc));
        row->asn = path->asn;
        row->inferred_location = true;
    }
    if (row->asn != 0 && row->asn == geo.asn &&
        (geo.org[0] || row->inferred_location)) {
        set_network_name(f, geo.org);
    }
    row->place =
        place_check(relayed ? NULL : f->in->source, &geo, row->cc, row->asn);
    return f->nomem ? ERR_NOMEM : ERR_OK;
}

static enum err take_reasons(struct region *r, const struct verdict *v,
                             struct store_row *row)
{
    struct buf b;
    buf_init(&b, TEXT_MAX);
    for (size_t i = 0; i < v->n_reasons; i++) {
        if (i > 0) {
            buf_add_byte(&b, ',');
        }
        buf_add_c(&b, rules_name(rules_of(v->reasons[i].note)));
    }
    struct str s = buf_str(&b);
    row->reasons = region_strndup(r, s.p ? s.p : "", s.len);
    enum err e = row->reasons ? ERR_OK : ERR_NOMEM;
    buf_fini(&b);
    return e;
}

enum err accept_verdict(struct region *r, const struct verdict *v,
                        struct store_row *row)
{
    row->state = (int)v->state;
    row->blocking = v->blocking ? region_strdup(r, v->blocking) : "";
    row->method = v->method ? region_strdup(r, method_name(v->method)) : "";
    row->confidence = v->confidence;
    return row->blocking && row->method ? take_reasons(r, v, row) : ERR_NOMEM;
}

/* The verdict, of which the row keeps copies; `scratch` is NULL if there was no
 * memory for it. */
static enum err judge(struct filling *f, struct region *scratch)
{
    struct store_row *row = f->row;
    struct verdict v = {0};
    struct diag d = {{0}};
    enum err e = !f->judged ? ERR_PARSE
                 : !scratch ? ERR_NOMEM
                            : verdict_compute(scratch, f->rec,
                                              f->a->fingerprints, &v, &d);
    if (e == ERR_PARSE) { /* what our rules cannot read may still be true */
        f->judged = false;
        row->state = STORE_NOT_JUDGED;
        row->blocking = row->method = row->reasons = "";
        return ERR_OK;
    }
    return e == ERR_OK ? accept_verdict(f->r, &v, row) : e;
}

/* What the rules read is many times the row, and hundreds of uploads may wait
 * for the writer: it goes at once. */
static enum err fill_verdict(struct filling *f)
{
    struct region *scratch = f->judged ? region_new(ACCEPT_REGION_MAX) : NULL;
    enum err e = judge(f, scratch);
    region_free(scratch);
    return e;
}

static enum err fill_texts(struct filling *f)
{
    const struct json *rec = f->rec;
    const struct accept_in *in = f->in;
    struct store_row *row = f->row;
    row->category = column(f, json_path(rec, "annotations.category_code"));
    row->report_id = column(f, json_get(rec, "report_id"));
    if (row->report_id[0] == '\0') {
        row->report_id =
            region_strdup(f->r, in->report_id ? in->report_id : "");
        f->nomem = f->nomem || !row->report_id;
    }
    row->recorded_blocking = keep(f, store_claim_blocking(rec));
    row->foreign_uid = "";
    if (in->imported) {
        const char *uid = column(f, json_get(rec, "measurement_uid"));
        row->foreign_uid = strlen(uid) <= FOREIGN_UID_MAX ? uid : "";
    }
    const char *name = column(f, json_get(rec, "software_name"));
    const char *version = column(f, json_get(rec, "software_version"));
    row->software = region_printf(f->r, "%s/%s", name, version);
    return f->nomem || !row->software ? ERR_NOMEM : ERR_OK;
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

static enum err fill_hash(struct filling *f)
{
    enum err e = uid_hash(f->doc, f->row->hash);
    if (e == ERR_PARSE) {
        struct path path = {.text = ""};
        /* not found: the message goes without the path */
        (void)find_huge(f->rec, &path);
        e = refusal_set(f->why, REFUSAL_NUMBER, path.text,
                        "%s: a number beyond what a double holds", path.text);
    }
    return e;
}

/* ---- the report id
 * -------------------------------------------------------------
 */

/* The record's bytes with the member "report_id" put in, or replaced. */
static enum err put_report_id(struct filling *f, const char *id)
{
    struct str all = f->in->record;
    const struct json *old = json_get(f->rec, "report_id");
    struct str span = json_span(f->doc, old ? old : f->rec);
    size_t at = (size_t)(span.p - all.p) + (old ? 0 : 1); /* behind the brace */
    struct str rest = str_sub(all, at + (old ? span.len : 0), SIZE_MAX);
    struct buf b;
    buf_init(&b, all.len + 2 * REPORT_ID_MAX);
    buf_add_str(&b, str_sub(all, 0, at));
    if (!old) {
        buf_add_c(&b, "\"report_id\":");
    }
    jw_add_quoted(&b, str_c(id));
    if (!old) {
        buf_add_byte(&b, ','); /* a record has other members: test_name */
    }
    buf_add_str(&b, rest);
    struct str made = buf_str(&b);
    enum err e = b.failed;
    char *kept = e == ERR_OK ? region_memdup(f->r, made.p, made.len) : NULL;
    if (e == ERR_OK && !kept) {
        e = ERR_NOMEM;
    }
    if (e == ERR_OK) {
        f->record = (struct str){kept, made.len};
    }
    buf_fini(&b);
    return e;
}

static enum err give_report_id(struct filling *f)
{
    if (!f->in->give_report_id) {
        return ERR_OK;
    }
    char id[REPORT_ID_MAX], asn[16];
    snprintf(asn, sizeof(asn), "AS%u", f->row->asn);
    report_id_make(f->row->cc, asn, f->row->test_name, f->in->receipt_s, id);
    f->row->report_id = region_strdup(f->r, id);
    return f->row->report_id ? put_report_id(f, id) : ERR_NOMEM;
}

/* ---- the whole record
 * ---------------------------------------------------------
 */

/* What links the uploads of one volunteer travels beside the record, where it
 * is kept apart; inside, it would be published with it. */
static enum err check_x_probe(struct filling *f)
{
    static const char *const places[] = {"x_probe", "test_keys.x_probe",
                                         "annotations.x_probe"};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (json_path(f->rec, places[i])) {
            return refusal_set(f->why, REFUSAL_X_PROBE, places[i],
                               "x_probe belongs beside the record, not in it");
        }
    }
    return ERR_OK;
}

static enum err check_path(struct filling *f)
{
    const char *key = f->in->path ? metadata_misfit(f->in->path, f->rec) : NULL;
    return key ? refusal_set(f->why, REFUSAL_INCONSISTENT, key,
                             "says otherwise than the id of the report")
               : ERR_OK;
}

/* Was it asked about the site that was measured? `keys`: the test_keys of a
 * measurement. */
static bool asks_same_site(struct filling *f, const struct json *keys)
{
    const char *asked =
        json_cstr(json_path(keys, "x_control_request.http_request"));
    const char *site = asked ? url_site(f->r, asked) : NULL;
    f->nomem = f->nomem || (asked && !site);
    return site && strcmp(site, f->row->site) == 0;
}

/* A control that was signed for another page, scheme or port, or at another
 * time, says nothing about this measurement, however true its signature. */
static bool control_fits(struct filling *f)
{
    const struct json *rec = f->rec;
    const struct json *keys = json_get(rec, "test_keys");
    const struct json *retest = json_get(keys, "x_retest");
    const char *start = json_cstr(json_get(rec, "measurement_start_time"));
    int64_t minute = 0, start_s = 0;
    if (!start || clock_parse(start, &start_s) != ERR_OK ||
        !asks_same_site(f, keys) ||
        !json_i64(json_path(keys, "x_control_signature.minute"), &minute) ||
        minute < 0 || minute > INT64_MAX / 60) {
        return false;
    }
    for (const struct json *n = json_first(retest); n; n = json_next(n)) {
        const struct json *again = json_get(n, "test_keys");
        if (!json_is_null(json_get(again, "control")) &&
            !asks_same_site(f, again)) {
            return false;
        }
    }
    int64_t apart = minute * 60 - start_s;
    return apart > -CONTROL_NEAR_S && apart < CONTROL_NEAR_S;
}

/* A control is to be asked by us. */
static bool leaves_control(const struct filling *f)
{
    const struct json *keys = json_get(f->rec, "test_keys");
    bool deferred = false;
    /* of another type, or absent: false */
    (void)json_bool(json_get(keys, "x_control_deferred"), &deferred);
    return deferred && f->judged && !f->in->imported &&
           f->row->timing == TIMING_IN_TIME &&
           json_is_null(json_get(keys, "control"));
}

/* Each signed answer is good for one record (store_signatures.h). */
static enum err fill_control(struct filling *f)
{
    struct store_row *row = f->row;
    row->signatures = row->late_control = "";
    if (!f->judged || !f->a->keys || !control_keys_verify(f->a->keys, f->doc) ||
        !control_fits(f)) {
        return f->nomem ? ERR_NOMEM : ERR_OK;
    }
    enum err e = store_signatures(f->r, f->rec, &row->signatures);
    row->control_verified = e == ERR_OK;
    return e == ERR_LIMIT ? ERR_OK : e;
}

static enum err fill(struct filling *f)
{
    /* What is checked and filled, in this order: each may stand on those
     * before it. */
    static enum err (*const steps[])(struct filling * f) = {
        check_x_probe, check_path, fill_test,     fill_time,
        check_judged,  fill_input, fill_location, fill_verdict,
        fill_texts,    fill_hash,  fill_control,  give_report_id,
    };

    if (!json_is_obj(f->rec)) {
        return refusal_set(f->why, REFUSAL_JSON, "", "not an object");
    }
    enum err e = metadata_check(f->rec, f->why);
    for (size_t i = 0; e == ERR_OK && i < sizeof(steps) / sizeof(steps[0]);
         i++) {
        e = steps[i](f);
    }
    return e;
}

enum err accept_record(const struct acceptor *a, struct region *r,
                       const struct accept_in *in, struct store_put *out,
                       struct refusal *why)
{
    struct json_doc *own = NULL;
    struct diag d = {{0}};
    enum err e =
        in->doc ? ERR_OK : json_parse(in->record, &accept_limits, &own, &d);
    if (e == ERR_PARSE || e == ERR_LIMIT) {
        return refusal_set(why, REFUSAL_JSON, "", "%s", d.text);
    }
    const struct json_doc *doc = in->doc ? in->doc : own;
    struct store_put put = {.record = in->record};
    if (e == ERR_OK) {
        struct filling f = {.a = a,
                            .in = in,
                            .r = r,
                            .doc = doc,
                            .rec = json_root(doc),
                            .row = &put.row,
                            .record = in->record,
                            .why = why};
        e = fill(&f);
        put.record = f.record;
        put.wants_control = e == ERR_OK && leaves_control(&f);
    }
    json_doc_free(own);
    if (e == ERR_OK) {
        *out = put;
    }
    return e;
}

void accept_source_tag(const uint8_t day_key[CRYPTO_KEY_LEN],
                       const char *source, char out[STORE_TAG_MAX])
{
    struct ip ip;
    out[0] = '\0';
    if (!source || !ip_parse(str_c(source), &ip)) {
        return;
    }
    ip = ip_essence(&ip);
    if (ip_is_loopback(&ip)) {
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
