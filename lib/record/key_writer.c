// SPDX-License-Identifier: Apache-2.0
#include "record/key_writer.h"

#include "base/json.h"
#include "record/failure.h"
#include "record/scrub_url.h"
#include "record/scrub_words.h"
#include "wire/url.h"

#include <stdio.h>
#include <string.h>

#define SCRATCH_MAX ((size_t)64 << 20)

enum err key_writer_init(struct key_writer *c, struct jw *w,
                         const struct measurement *m,
                         const struct record_env *env)
{
    struct url url;
    *c = (struct key_writer){.w = w, .m = m, .site = ""};
    if (env->scrub) {
        c->all = *env->scrub; /* none given: everything may be ours */
    }
    if (!c->all.prepared) {
        enum err failed = scrub_prepare(&c->all);
        if (failed != ERR_OK) {
            return failed;
        }
        c->words = c->all.words;
    }
    scrub_asked_for(&c->all, str_c(m->input));
    c->own = c->all;
    c->own.known4 = c->own.known6 = true;
    c->scratch = region_new(SCRATCH_MAX);
    if (!c->scratch) {
        key_writer_fini(c);
        return ERR_NOMEM;
    }
    enum err e = url_parse(c->scratch, str_c(m->input), &url, NULL);
    if (e == ERR_OK) {
        c->site = url.host;
    }
    if (e == ERR_NOMEM) {
        key_writer_fini(c);
        return e;
    }
    return ERR_OK;
}

void key_writer_fini(struct key_writer *c)
{
    region_free(c->scratch);
    scrub_words_free(c->words);
}

void key_writer_fail(struct key_writer *c, enum err e)
{
    if (!c->w->out->failed) {
        c->w->out->failed = e;
    }
}

/* ---- scrubbing ----------------------------------------------------------- */

static struct str or_fail(struct key_writer *c, struct str text)
{
    if (!text.p) {
        key_writer_fail(c, ERR_NOMEM);
        return STR("");
    }
    return text;
}

static struct str scrub_with(struct key_writer *c, const struct scrub *s,
                             struct str text)
{
    if (text.len == 0) {
        return STR("");
    }
    return or_fail(c, scrub_text(c->scratch, s, text));
}

void key_writer_text(struct key_writer *c, const char *key, const char *text)
{
    jw_ks(c->w, key, scrub_with(c, &c->all, str_c(text)));
}

void key_writer_bytes(struct key_writer *c, const char *key, struct str bytes)
{
    jw_key(c->w, key);
    jw_maybe_binary(c->w, scrub_with(c, &c->all, bytes));
}

void key_writer_word(struct key_writer *c, const char *key, const char *word)
{
    if (!word) {
        jw_kn(c->w, key);
        return;
    }
    /* a machine may be called like a word of ours */
    uint32_t asked = c->all.names_asked;
    c->all.names_asked = UINT32_MAX;
    jw_ks(c->w, key, scrub_with(c, &c->all, str_c(word)));
    c->all.names_asked = asked;
}

void key_writer_contacted(struct key_writer *c, const char *key,
                          const char *text)
{
    jw_ks(c->w, key, scrub_with(c, &c->own, str_c(text)));
}

void key_writer_url(struct key_writer *c, const struct obs_http *o)
{
    struct str text = str_c(o->url);
    if (text.len > 0) {
        text = or_fail(
            c, scrub_url(c->scratch, &c->all, c->site, "", o->listed, text));
    }
    jw_ks(c->w, "url", text);
}

struct clean_text key_writer_header_name(struct key_writer *c, const char *name)
{
    return (struct clean_text){scrub_with(c, &c->all, str_c(name))};
}

struct clean_text key_writer_header(struct key_writer *c,
                                    const struct obs_http *o,
                                    const struct obs_header *h, bool *changed)
{
    struct url base;
    if (h->value.len == 0 || !o || !str_ieq_c(str_c(h->name), "location")) {
        return (struct clean_text){scrub_with(c, &c->all, h->value)};
    }
    enum err e = url_parse(c->scratch, str_c(o->url), &base, NULL);
    if (e == ERR_NOMEM) {
        key_writer_fail(c, e);
    }
    struct str text =
        scrub_url(c->scratch, &c->all, c->site, e == ERR_OK ? base.host : "",
                  o->leads_listed, h->value);
    *changed = *changed || text.p != h->value.p;
    return (struct clean_text){or_fail(c, text)};
}

void key_writer_name(struct key_writer *c, struct clean_text name)
{
    jw_str(c->w, name.s);
}

void key_writer_key(struct key_writer *c, struct clean_text name)
{
    jw_key_str(c->w, name.s);
}

void key_writer_value(struct key_writer *c, struct clean_text value)
{
    jw_maybe_binary(c->w, value.s);
}

/* ---- bytes that are no text ---------------------------------------------- */

/* The bytes of an own address. */
static bool holds_own_bytes(const struct key_writer *c, struct str raw)
{
    for (size_t i = 0; i < c->own.n_own; i++) {
        const struct ip *ip = &c->own.own[i];
        struct str b = {(const char *)ip->b, ip->family == 4 ? 4 : 16};
        if (ip->family != 0 && str_find(raw, b) != SIZE_MAX) {
            return true;
        }
    }
    return false;
}

/* A name in a message of DNS has the lengths of its labels where its text has
 * dots. */
static bool names_tell(struct key_writer *c, struct str raw)
{
    char *text = region_alloc(c->scratch, raw.len);
    if (!text) {
        key_writer_fail(c, ERR_NOMEM);
        return true;
    }
    for (size_t i = 0; i < raw.len; i++) {
        text[i] = raw.p[i] > 0 && raw.p[i] < ' ' ? '.' : raw.p[i];
    }
    return scrub_with(c, &c->all, (struct str){text, raw.len}).p != text;
}

void key_writer_raw(struct key_writer *c, struct str raw)
{
    if (raw.len == 0 || holds_own_bytes(c, raw) ||
        scrub_with(c, &c->all, raw).p != raw.p || names_tell(c, raw)) {
        return;
    }
    jw_key(c->w, "raw_response");
    jw_base64(c->w, raw);
}

/* The names in a certificate for which it is good (subjectAltName, RFC 5280
 * 4.2.1.6), as the bytes of its extension; empty if it has none. */
static struct str alternative_names(struct str der)
{
    size_t at = str_find(der, STR("\x06\x03\x55\x1d\x11"));
    struct str rest = at == SIZE_MAX ? STR("") : str_sub(der, at + 5, SIZE_MAX);
    size_t len = 0;
    if (str_starts(rest, "\x01\x01\xff")) { /* it is critical */
        rest = str_sub(rest, 3, SIZE_MAX);
    }
    if (rest.len < 4 || rest.p[0] != 0x04) {
        return STR("");
    }
    uint8_t first = (uint8_t)rest.p[1];
    size_t n = first & 0x80 ? first & 0x7f : 0;
    if (n > 2) {
        return STR("");
    }
    len = n ? 0 : first;
    for (size_t i = 0; i < n; i++) {
        len = len << 8 | (uint8_t)rest.p[2 + i];
    }
    return str_sub(rest, 2 + n, len);
}

static bool was_connected_to(const struct key_writer *c, const struct ip *ip)
{
    for (size_t i = 0; i < c->m->n_tcp; i++) {
        if (ip_eq(&c->m->tcp[i].ip, ip)) {
            return true;
        }
    }
    return false;
}

/* An address among these names, in binary, that may be ours. */
static bool names_address(const struct key_writer *c, struct str names)
{
    for (size_t i = 0; i + 2 < names.len; i++) {
        struct ip ip = {.family = names.p[i + 1] == 4 ? 4 : 6};
        size_t len = ip.family == 4 ? 4 : 16;
        if ((uint8_t)names.p[i] != 0x87 || (uint8_t)names.p[i + 1] != len ||
            names.len - i - 2 < len) {
            continue;
        }
        memcpy(ip.b, names.p + i + 2, len);
        if (scrub_own_may_be(&c->all, &ip) && !was_connected_to(c, &ip)) {
            return true;
        }
    }
    return false;
}

bool key_writer_tells(struct key_writer *c, struct str der)
{
    return der.len > 0 && (holds_own_bytes(c, der) ||
                           names_address(c, alternative_names(der)) ||
                           scrub_with(c, &c->all, der).p != der.p);
}

void key_writer_certificate(struct key_writer *c, struct str der)
{
    if (!key_writer_tells(c, der)) {
        jw_binary(c->w, der);
    }
}

/* ---- pieces -------------------------------------------------------------- */

void key_writer_ip(struct key_writer *c, const char *key, const struct ip *ip)
{
    jw_key(c->w, key);
    key_writer_ip_element(c, ip);
}

void key_writer_ip_element(struct key_writer *c, const struct ip *ip)
{
    char text[IP_TEXT_MAX];
    ip_format(ip, text);
    jw_c(c->w, scrub_own_is(&c->own, ip) ? SCRUBBED : text);
}

void key_writer_endpoint(struct key_writer *c, const char *key,
                         const struct ip *ip, uint16_t port)
{
    char text[56];
    jw_key(c->w, key);
    if (!scrub_own_is(&c->own, ip)) {
        ip_endpoint(ip, port, text);
        jw_c(c->w, text);
        return;
    }
    char *own = region_printf(c->scratch, SCRUBBED ":%u", port);
    jw_c(c->w, own ? own : SCRUBBED);
}

void key_writer_failure(struct key_writer *c, const char *failure)
{
    if (!failure) {
        jw_kn(c->w, "failure");
    } else if (failure_is_unknown(failure)) {
        key_writer_text(c, "failure", failure);
    } else {
        key_writer_word(c, "failure", failure);
    }
}

void key_writer_input(struct key_writer *c)
{
    jw_kc(c->w, "input", c->m->input);
}

void key_writer_members(struct key_writer *c, struct str members)
{
    if (members.len > 0) {
        jw_raw(c->w, members);
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

/* ---- the control's answer ------------------------------------------------ */

/* Members whose addresses are answers and what was connected to. */
static bool has_observed(struct str member)
{
    static const char *const names[] = {"dns", "tcp_connect", "tls_handshake",
                                        "quic_handshake", "ip_info"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_c(member, names[i])) {
            return true;
        }
    }
    return false;
}

/* Where the control ended is a target of a redirect. */
static bool add_final_url(struct key_writer *c, const struct json *n,
                          struct str span, struct buf *out)
{
    struct str url = json_str(n), text = url;
    if (url.len > 0) {
        text =
            or_fail(c, scrub_url(c->scratch, &c->all, c->site, "", false, url));
    }
    if (text.p == url.p) {
        buf_add_str(out, span);
        return true;
    }
    jw_add_quoted(out, text);
    return false;
}

static bool add_cleaned(struct key_writer *c, const struct scrub *s,
                        struct str span, struct buf *out)
{
    struct str text = scrub_with(c, s, span);
    buf_add_str(out, text);
    return text.p == span.p;
}

/* The members of an object, each cleaned; those of x_parallax one by one. True:
 * they are the same. */
static bool add_members(struct key_writer *c, const struct json_doc *doc,
                        const struct json *obj, struct buf *out)
{
    bool same = true;
    buf_add_c(out, "{");
    for (const struct json *n = json_first(obj); n; n = json_next(n)) {
        struct str name = json_key(n), span = json_span(doc, n);
        struct str clean = scrub_with(c, &c->all, name);
        bool one;
        if (n != json_first(obj)) {
            buf_add_c(out, ",");
        }
        jw_add_quoted(out, clean);
        buf_add_c(out, ":");
        if (str_eq_c(name, "x_parallax") && json_is_obj(n)) {
            one = add_members(c, doc, n, out);
        } else if (str_eq_c(name, "final_url")) {
            one = add_final_url(c, n, span, out);
        } else {
            one = add_cleaned(c, has_observed(name) ? &c->own : &c->all, span,
                              out);
        }
        same = same && one && str_eq(clean, name);
    }
    buf_add_c(out, "}");
    return same;
}

bool key_writer_control(struct key_writer *c, struct str json)
{
    struct json_doc *doc = NULL;
    struct diag d;
    struct buf b;
    bool same = true;
    json = str_trim(json);
    buf_init(&b, 4 * json.len + 1024);
    enum err e = json.len > 0 ? json_parse(json, &json_default_limits, &doc, &d)
                              : ERR_PARSE;
    if (e == ERR_OK && json_is_obj(json_root(doc))) {
        same = add_members(c, doc, json_root(doc), &b);
    }
    if (e == ERR_NOMEM || b.failed) {
        key_writer_fail(c, b.failed ? b.failed : e);
    }
    key_writer_object(c, "control", same ? json : buf_str(&b));
    json_doc_free(doc);
    buf_fini(&b);
    return same;
}
