// SPDX-License-Identifier: Apache-2.0
#include "submission.h"

#include "base/clock.h"
#include "base/compress.h"
#include "base/json.h"
#include "base/log.h"

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

static void judge(struct region *r, const struct measurement *m,
                  const struct record_env *env, const struct fingerprints *fps,
                  struct str observations, struct judged *j)
{
    struct diag d = {""};
    if (m->internal != ERR_OK) {
        verdict_internal(&j->v, "measurement_failed");
        return;
    }
    enum err e = judged_text(m, env, observations, &j->text);
    if (e == ERR_OK) {
        e = json_parse(buf_str(&j->text), &json_default_limits, &j->doc, &d);
    }
    if (e == ERR_OK) {
        e = verdict_compute(r, json_root(j->doc), fps, &j->v, &d);
    }
    if (e != ERR_OK) {
        log_warn("verdict", "%s: %s", err_str(e), d.text);
        verdict_internal(&j->v, "verdict_failed");
    }
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

static void tell(const struct measurement *m, const struct verdict *v,
                 struct outcome *out)
{
    *out = (struct outcome){.state = v->state, .runtime_us = m->runtime_us};
    if (v->state == X_BLOCKED && v->method) {
        str_copy(out->method, sizeof(out->method), v->method);
    }
    if (v->n_reasons) {
        str_copy(out->rule, sizeof(out->rule), v->reasons[0].rule);
    }
    if (v->n_reasons && v->reasons[0].note) {
        str_copy(out->note, sizeof(out->note), v->reasons[0].note);
    } else if (v->n_reasons) {
        str_copy(out->note, sizeof(out->note), v->reasons[0].rule);
    }
}

enum err submission_record(const struct measurement *m,
                           const struct record_env *env,
                           const struct fingerprints *fps, struct buf *record,
                           struct outcome *out)
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
    enum err e = record_write_observations(&w, m, env);
    if (e == ERR_OK) {
        e = observations.failed;
    }
    if (e == ERR_OK) {
        judge(r, m, env, fps, buf_str(&observations), &j);
        e = write_judged(m, env, buf_str(&observations), &j.v, record);
    }
    if (e == ERR_OK) {
        tell(m, &j.v, out);
    }
    json_doc_free(j.doc);
    buf_fini(&j.text);
    buf_fini(&observations);
    region_free(r);
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
        e = zstd_pack(buf_str(&body), ZSTD_LEVEL, out);
    }
    buf_fini(&body);
    return e;
}
