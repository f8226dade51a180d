// SPDX-License-Identifier: Apache-2.0
#include "record/key_writer.h"

#include "base/json.h"
#include "record/failure.h"

#include <stdio.h>

#define SCRATCH_MAX ((size_t)64 << 20)

enum err key_writer_init(struct key_writer *c, struct jw *w,
                         const struct measurement *m,
                         const struct record_env *env)
{
    *c = (struct key_writer){.w = w, .m = m};
    if (env->scrub) {
        c->all = *env->scrub; /* none given: everything may be ours */
    }
    c->own = c->all;
    c->own.public_known = true;
    c->scratch = region_new(SCRATCH_MAX);
    return c->scratch ? ERR_OK : ERR_NOMEM;
}

void key_writer_fini(struct key_writer *c)
{
    region_free(c->scratch);
}

void key_writer_fail(struct key_writer *c, enum err e)
{
    if (!c->w->out->failed) {
        c->w->out->failed = e;
    }
}

/* ---- scrubbing ----------------------------------------------------------- */

static struct str scrub_with(struct key_writer *c, const struct scrub *s,
                             struct str text)
{
    if (text.len == 0) {
        return STR("");
    }
    struct str clean = scrub_text(c->scratch, s, text);
    if (!clean.p) {
        key_writer_fail(c, ERR_NOMEM);
        return STR("");
    }
    return clean;
}

/* Headers, bodies, free text: everything a stranger wrote. */
struct str key_writer_clean(struct key_writer *c, struct str text)
{
    return scrub_with(c, &c->all, text);
}

/* Fields whose addresses are observations (URLs, endpoints): only our own. */
struct str key_writer_without_own(struct key_writer *c, const char *text)
{
    return scrub_with(c, &c->own, str_c(text));
}

/* Raw DNS bytes may hold an own address in binary or as text. */
bool key_writer_holds_own(struct key_writer *c, struct str raw)
{
    for (size_t i = 0; i < c->own.n_own; i++) {
        const struct ip *ip = &c->own.own[i];
        struct str b = {(const char *)ip->b, ip->family == 4 ? 4 : 16};
        if (ip->family != 0 && str_find(raw, b) != SIZE_MAX) {
            return true;
        }
    }
    return scrub_with(c, &c->own, raw).p != raw.p;
}

/* ---- pieces -------------------------------------------------------------- */

void key_writer_ip(struct key_writer *c, const char *key, const struct ip *ip)
{
    char text[IP_TEXT_MAX];
    ip_format(ip, text);
    jw_kc(c->w, key, scrub_is_own(&c->own, ip) ? SCRUBBED : text);
}

void key_writer_endpoint(struct key_writer *c, const char *key,
                         const struct ip *ip, uint16_t port)
{
    char text[56];
    jw_key(c->w, key);
    if (!scrub_is_own(&c->own, ip)) {
        ip_endpoint(ip, port, text);
        jw_c(c->w, text);
        return;
    }
    char *own = region_printf(c->scratch, SCRUBBED ":%u", port);
    jw_c(c->w, own ? own : SCRUBBED);
}

void key_writer_failure(struct key_writer *c, const char *failure)
{
    jw_key(c->w, "failure");
    if (!failure) {
        jw_null(c->w);
    } else if (failure_is_unknown(failure)) {
        jw_str(c->w, key_writer_clean(c, str_c(failure)));
    } else {
        jw_c(c->w, failure);
    }
}

bool key_writer_has_tags(const struct obs_tags *t)
{
    return t->classic || t->tcptls_experiment || t->depth >= 0 ||
           t->fetch_body >= 0;
}

void key_writer_tags(struct jw *w, const struct obs_tags *t)
{
    jw_key(w, "tags");
    jw_arr(w);
    if (t->classic) {
        jw_c(w, "classic");
    }
    if (t->tcptls_experiment) {
        jw_c(w, "tcptls_experiment");
    }
    if (t->depth >= 0) {
        char text[24];
        snprintf(text, sizeof(text), "depth=%d", t->depth);
        jw_c(w, text);
    }
    if (t->fetch_body >= 0) {
        jw_c(w, t->fetch_body ? "fetch_body=true" : "fetch_body=false");
    }
    jw_arr_end(w);
}

void key_writer_times(struct jw *w, int64_t t0, int64_t t)
{
    if (t0 != 0) {
        jw_key(w, "t0");
        jw_seconds(w, t0);
    }
    jw_key(w, "t");
    jw_seconds(w, t);
}

void key_writer_id(struct jw *w, int64_t id)
{
    if (id != 0) {
        jw_ki(w, "transaction_id", id);
    }
}

void key_writer_text(struct jw *w, const char *key, const char *s)
{
    jw_kc(w, key, s ? s : "");
}

/* A JSON object copied as it is; null if it is not one, so that a strange
 * answer can never break the record. */
void key_writer_object(struct key_writer *c, const char *key, struct str json)
{
    struct json_doc *doc = NULL;
    struct diag d;
    enum err e = ERR_PARSE;
    jw_key(c->w, key);
    json = str_trim(json);
    if (json.len > 0) {
        json = scrub_with(c, &c->own, json);
    }
    if (json.len > 0) {
        e = json_parse(json, &json_default_limits, &doc, &d);
    }
    if (e == ERR_NOMEM) {
        key_writer_fail(c, e); /* what the control said must not get lost */
    }
    if (e != ERR_OK || !json_is_obj(json_root(doc))) {
        jw_null(c->w);
    } else {
        jw_raw(c->w, json);
    }
    json_doc_free(doc);
}
