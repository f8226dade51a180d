// SPDX-License-Identifier: Apache-2.0
/* A measurement made a record, and a record a submission. */
#include "probe/deliver/submission.h"

#include "base/clock.h"
#include "base/compress.h"
#include "base/json.h"
#include "base/log.h"
#include "record/dictionary.h"
#include "record/keys.h"
#include "verdict/verdict_write.h"

#include <string.h>

#define JUDGE_REGION_MAX (64u << 20)
#define ZSTD_LEVEL       9

/* What the verdict reads: the observations as the record will have them. */
static enum err judged_text(const struct measurement *m,
                            const struct record_env *env,
                            struct str observations, struct buf *out)
{
    buf_add_c(out, "{\"input\":");
    jw_add_quoted(out, str_c(m->input));
    buf_add_c(out, ",\"probe_asn\":");
    jw_add_quoted(out, str_c(env->probe_asn));
    buf_add_c(out, ",\"probe_cc\":");
    jw_add_quoted(out, str_c(env->probe_cc));
    buf_add_c(out, ",\"resolver_asn\":");
    jw_add_quoted(out, str_c(env->resolver_asn));
    buf_add_c(out, ",\"test_name\":\"web_connectivity\","
                   "\"test_version\":\"0.5.28\",\"test_keys\":{");
    buf_add_str(out, observations);
    return buf_add_c(out, "}}");
}

/* A verdict borrows from the text it was read from. */
struct judged {
    struct buf text;
    struct json_doc *doc;
    struct verdict v;
};

static enum err judge_text(struct region *r, struct str text,
                           const struct fingerprints *fps, struct judged *j)
{
    struct diag d = {""};
    enum err e = json_parse(text, &json_default_limits, &j->doc, &d);
    if (e == ERR_OK) {
        e = verdict_compute(r, json_root(j->doc), fps, &j->v, &d);
    }
    if (e != ERR_OK) {
        log_warn("verdict", "%s: %s", err_str(e), d.text);
        verdict_internal(&j->v, "verdict_failed");
    }
    return e;
}

static void judge(struct region *r, const struct measurement *m,
                  const struct record_env *env, const struct fingerprints *fps,
                  struct str observations, struct judged *j)
{
    if (m->internal != ERR_OK) {
        verdict_internal(&j->v, "measurement_failed");
        return;
    }
    if (judged_text(m, env, observations, &j->text) != ERR_OK) {
        verdict_internal(&j->v, "verdict_failed");
        return;
    }
    (void)judge_text(r, buf_str(&j->text), fps, j); /* else it is `internal` */
}

static enum err write_judged(const struct measurement *m,
                             const struct record_env *env,
                             struct str observations, const struct verdict *v,
                             struct buf *record)
{
    struct buf derived;
    struct jw w;
    buf_init(&derived, 1u << 20);
    jw_init(&w, &derived);
    /* Members only: the writer counts commas from the first one. */
    verdict_write_compatible(&w, v);
    jw_key(&w, "x_verdict");
    verdict_write_x(&w, v);
    enum err e = derived.failed;
    if (e == ERR_OK) {
        jw_init(&w, record);
        e = record_write(&w, m, env, observations, buf_str(&derived));
    }
    if (e == ERR_OK) {
        e = record->failed;
    }
    buf_fini(&derived);
    return e;
}

static void tell(int64_t runtime_us, const struct verdict *v,
                 struct site_result *out)
{
    *out = (struct site_result){.state = v->state,
                                .method = v->method,
                                .runtime_us = runtime_us,
                                .want_again = v->want_again,
                                .uncompared = v->uncompared,
                                .stay_away = v->stay_away,
                                .want_if_faster = v->want_if_faster};
    if (v->want_url && strlen(v->want_url) < sizeof(out->want_url)) {
        str_copy(out->want_url, sizeof(out->want_url), v->want_url);
    }
    if (v->want_compare) {
        str_copy(out->want_compare, sizeof(out->want_compare), v->want_compare);
    }
    if (v->want_page) {
        str_copy(out->want_page, sizeof(out->want_page), v->want_page);
    }
    if (v->notice.suspect && v->notice.at) {
        str_copy(out->notice_at, sizeof(out->notice_at), v->notice.at);
        out->notice_seen = v->notice.fetched;
        out->notice_ill = v->notice.ill && !v->notice.foreign;
    }
    if (v->n_reasons) {
        str_copy(out->rule, sizeof(out->rule),
                 rules_name(rules_of(v->reasons[0].note)));
        str_copy(out->note, sizeof(out->note), rules_text(v->reasons[0].note));
    }
}

enum err submission_record(const struct measurement *m,
                           const struct record_env *env,
                           const struct fingerprints *fps, struct buf *record,
                           struct site_result *out)
{
    struct region *r = region_new(JUDGE_REGION_MAX);
    struct buf observations;
    struct judged j = {.doc = NULL};
    struct jw w;
    if (!r) {
        return ERR_NOMEM;
    }
    buf_init(&observations, SUBMISSION_MAX_RECORD);
    buf_init(&j.text, SUBMISSION_MAX_RECORD + 4096);
    jw_init(&w, &observations);
    enum err e = keys_write(&w, m, env);
    if (e == ERR_OK) {
        e = observations.failed;
    }
    if (e == ERR_OK) {
        judge(r, m, env, fps, buf_str(&observations), &j);
        e = write_judged(m, env, buf_str(&observations), &j.v, record);
    }
    if (e == ERR_OK) {
        tell(m->runtime_us, &j.v, out);
    }
    json_doc_free(j.doc);
    buf_fini(&j.text);
    buf_fini(&observations);
    region_free(r);
    return e;
}

/* ---- measured again ------------------------------------------------------ */

/* Where the parts of a record stand in its text. */
struct places {
    size_t verdict, verdict_end;
    size_t retest, retest_end; /* the array; both 0: none yet */
    bool empty;                /* it has no entry */
};

static enum err find_places(struct str record, struct places *out)
{
    struct json_doc *doc = NULL;
    struct diag d = {""};
    enum err e = json_parse(record, &json_default_limits, &doc, &d);
    if (e != ERR_OK) {
        return e;
    }
    const struct json *keys = json_get(json_root(doc), "test_keys");
    const struct json *verdict = json_get(keys, "x_verdict");
    const struct json *retest = json_get(keys, "x_retest");
    if (!json_is_obj(verdict) || (retest && !json_is_arr(retest))) {
        e = ERR_PARSE;
    } else {
        struct str v = json_span(doc, verdict);
        struct str a = retest ? json_span(doc, retest) : (struct str){NULL, 0};
        out->verdict = (size_t)(v.p - record.p);
        out->verdict_end = out->verdict + v.len;
        out->retest = a.p ? (size_t)(a.p - record.p) : 0;
        out->retest_end = out->retest + a.len;
        out->empty = json_len(retest) == 0;
        /* written that way: what is inserted moves nothing before it */
        e = !a.p || out->retest > out->verdict ? ERR_OK : ERR_PARSE;
    }
    json_doc_free(doc);
    return e;
}

/* The record with `entry` ("": none) at the end of x_retest, made if absent. */
static enum err add_entry(struct str record, const struct places *at,
                          struct str entry, struct buf *out)
{
    size_t cut = at->retest ? at->retest_end - 1 : at->verdict_end;
    buf_add_str(out, str_sub(record, 0, cut));
    if (!at->retest) {
        buf_add_c(out, ",\"x_retest\":[");
    } else if (!at->empty && entry.len) {
        buf_add_c(out, ",");
    }
    buf_add_str(out, entry);
    if (!at->retest) {
        buf_add_c(out, "]");
    }
    return buf_add_str(out, str_sub(record, cut, SIZE_MAX));
}

static enum err put_verdict(struct str text, const struct places *at,
                            const struct verdict *v, struct buf *out)
{
    struct jw w;
    buf_add_str(out, str_sub(text, 0, at->verdict));
    jw_init(&w, out);
    verdict_write_x(&w, v);
    return buf_add_str(out, str_sub(text, at->verdict_end, SIZE_MAX));
}

static enum err with_entry(struct str record, struct str entry,
                           const struct fingerprints *fps, struct buf *out,
                           struct site_result *o)
{
    struct region *r = region_new(JUDGE_REGION_MAX);
    struct buf text;
    struct places at;
    struct judged j = {.doc = NULL};
    if (!r) {
        return ERR_NOMEM;
    }
    buf_init(&text, SUBMISSION_MAX_RECORD);
    enum err e = find_places(record, &at);
    if (e == ERR_OK) {
        e = add_entry(record, &at, entry, &text);
    }
    if (e == ERR_OK) {
        e = judge_text(r, buf_str(&text), fps, &j);
    }
    if (e == ERR_OK) {
        e = put_verdict(buf_str(&text), &at, &j.v, out);
    }
    if (e == ERR_OK) {
        tell(o->runtime_us, &j.v, o);
    }
    json_doc_free(j.doc);
    buf_fini(&text);
    region_free(r);
    return e;
}

enum err submission_await(struct str record, const struct fingerprints *fps,
                          struct buf *out, struct site_result *o)
{
    return with_entry(record, STR(""), fps, out, o);
}

enum err submission_again(struct str record, const struct again *a,
                          const struct record_env *env,
                          const struct fingerprints *fps, struct buf *out,
                          struct site_result *o)
{
    static const char *const kinds[] = {[AGAIN_SITE] = "again",
                                        [AGAIN_COMPARE] = "compare",
                                        [AGAIN_UNNAMED] = "unnamed",
                                        [AGAIN_PAGE] = "page"};
    struct buf entry;
    struct jw w;
    buf_init(&entry, SUBMISSION_MAX_RECORD);
    jw_init(&w, &entry);
    jw_obj(&w);
    jw_kc(&w, "kind", kinds[a->kind]);
    jw_key(&w, "after");
    jw_seconds(&w, a->after_us);
    jw_kb(&w, "silent", a->silent);
    jw_kb(&w, "residual", a->residual);
    jw_kb(&w, "after_residual", a->after_residual);
    enum err e = keys_helper(&w, a->m, env);
    jw_key(&w, "test_keys");
    jw_obj(&w);
    if (e == ERR_OK) {
        e = keys_write(&w, a->m, env);
    }
    jw_obj_end(&w);
    jw_obj_end(&w);
    if (e == ERR_OK) {
        e = entry.failed;
    }
    if (e == ERR_OK) {
        e = with_entry(record, buf_str(&entry), fps, out, o);
    }
    buf_fini(&entry);
    return e;
}

enum err submission_open_body(const struct record_env *env, struct buf *out)
{
    char start[20];
    struct jw w;
    enum err e = clock_format(env->test_start_s, start);
    if (e != ERR_OK) {
        return e;
    }
    jw_init(&w, out);
    jw_obj(&w);
    jw_kc(&w, "data_format_version", "0.2.0");
    jw_kc(&w, "format", "json");
    jw_kc(&w, "probe_asn", env->probe_asn);
    jw_kc(&w, "probe_cc", env->probe_cc);
    jw_kc(&w, "software_name", "parallax");
    jw_kc(&w, "software_version", env->software_version);
    jw_kc(&w, "test_name", "web_connectivity");
    jw_kc(&w, "test_start_time", start);
    jw_kc(&w, "test_version", "0.5.28");
    jw_obj_end(&w);
    return out->failed;
}

enum err submission_pack(struct str record, const char *x_probe,
                         struct buf *out)
{
    struct buf body;
    struct jw w;
    buf_init(&body, SUBMISSION_MAX_RECORD + 4096);
    jw_init(&w, &body);
    jw_obj(&w);
    jw_kc(&w, "format", "json");
    jw_key(&w, "content");
    jw_raw(&w, record);
    jw_kc(&w, "x_probe", x_probe);
    jw_obj_end(&w);
    enum err e = body.failed;
    if (e == ERR_OK) {
        e = compress_pack_dcz(buf_str(&body), ZSTD_LEVEL, dictionary_text(),
                              out);
    }
    buf_fini(&body);
    return e;
}

static enum err uncompress(struct str body, struct buf *text)
{
    buf_init(text, SUBMISSION_MAX_RECORD + 4096);
    enum err e = compress_is_dcz(body)
                     ? compress_unpack_dcz(body, dictionary_text(), text)
                     : compress_unpack(body, text);
    return e == ERR_INVAL ? ERR_PARSE : e; /* we never packed it so */
}

enum err submission_repack(struct str body, struct buf *out)
{
    struct buf text;
    enum err e = uncompress(body, &text);
    if (e == ERR_OK) {
        e = compress_pack(buf_str(&text), ZSTD_LEVEL, out);
    }
    buf_fini(&text);
    return e;
}

enum err submission_unpack(struct str body, struct buf *record)
{
    struct json_doc *doc = NULL;
    struct diag d = {""};
    struct buf text;
    enum err e = uncompress(body, &text);
    if (e == ERR_OK) {
        e = json_parse(buf_str(&text), &json_default_limits, &doc, &d);
    }
    if (e == ERR_OK) {
        const struct json *content = json_get(json_root(doc), "content");
        e = json_is_obj(content) ? buf_add_str(record, json_span(doc, content))
                                 : ERR_PARSE;
        json_doc_free(doc);
    }
    buf_fini(&text);
    return e;
}
