// SPDX-License-Identifier: Apache-2.0
#include "record/keys_dns.h"

#include <string.h>

static void write_answer(struct key_writer *c, const struct dns_answer *a)
{
    struct jw *w = c->w;
    jw_obj(w);
    if (a->asn != 0) {
        jw_ki(w, "asn", a->asn);
    }
    if (a->org && a->org[0]) {
        key_writer_text(c, "as_org_name", a->org);
    }
    key_writer_word(c, "answer_type", a->type);
    if (a->hostname) {
        key_writer_text(c, "hostname", a->hostname);
    }
    if (a->ip.family == 4) {
        key_writer_ip(c, "ipv4", &a->ip);
    } else if (a->ip.family == 6) {
        key_writer_ip(c, "ipv6", &a->ip);
    }
    jw_kn(w, "ttl");
    jw_obj_end(w);
}

/* Addresses first, then one CNAME: the order OONI's consumers know. */
static void write_answers(struct key_writer *c, const struct obs_query *q)
{
    bool cname = false;
    jw_key(c->w, "answers");
    if (q->n_answers == 0) {
        jw_null(c->w);
        return;
    }
    jw_arr(c->w);
    for (size_t i = 0; i < q->n_answers; i++) {
        if (q->answers[i].ip.family != 0) {
            write_answer(c, &q->answers[i]);
        }
    }
    for (size_t i = 0; i < q->n_answers && !cname; i++) {
        if (q->answers[i].ip.family == 0) {
            write_answer(c, &q->answers[i]);
            cname = true;
        }
    }
    jw_arr_end(c->w);
}

static void write_query(struct key_writer *c, const struct obs_query *q)
{
    struct jw *w = c->w;
    jw_obj(w);
    write_answers(c, q);
    key_writer_word(c, "engine", q->engine);
    key_writer_failure(c, q->failure);
    key_writer_text(c, "hostname", q->hostname);
    key_writer_word(c, "query_type", q->query_type);
    key_writer_raw(c, q->raw);
    if (q->rcode != 0) {
        jw_ki(w, "rcode", q->rcode);
    }
    if (q->unchecked) {
        jw_kb(w, "x_unchecked", true);
    }
    if (q->example_asked) {
        jw_kb(w, "x_answers_example", q->example_answered);
    }
    jw_kn(w, "resolver_hostname");
    jw_kn(w, "resolver_port");
    key_writer_contacted(c, "resolver_address", q->resolver);
    key_writer_times(w, q->t0, q->t);
    key_writer_tags(w, &q->tags);
    key_writer_id(w, q->id);
    jw_obj_end(w);
}

void keys_dns_queries(struct key_writer *c, const char *key,
                      enum query_list list)
{
    jw_key(c->w, key);
    jw_arr(c->w);
    for (size_t i = 0; i < c->m->n_queries; i++) {
        if (c->m->queries[i].list == list) {
            write_query(c, &c->m->queries[i]);
        }
    }
    jw_arr_end(c->w);
}

static void write_run_addresses(struct key_writer *c)
{
    const struct obs_run *run = &c->m->run;
    if (run->n_addresses == 0) {
        return;
    }
    jw_key(c->w, "addresses");
    jw_arr(c->w);
    for (size_t i = 0; i < run->n_addresses; i++) {
        const struct obs_run_address *a = &run->addresses[i];
        jw_obj(c->w);
        key_writer_ip(c, "ip", &a->ip);
        jw_ki(c->w, "names", a->names);
        jw_ki(c->w, "other_networks", a->other_networks);
        jw_ki(c->w, "notices", a->notices);
        if (a->ill > 0) {
            jw_ki(c->w, "ill", a->ill);
        }
        jw_obj_end(c->w);
    }
    jw_arr_end(c->w);
}

static void write_run_resolvers(struct key_writer *c)
{
    const struct obs_run *run = &c->m->run;
    if (run->n_resolvers == 0) {
        return;
    }
    jw_key(c->w, "resolvers");
    jw_arr(c->w);
    for (size_t i = 0; i < run->n_resolvers; i++) {
        jw_obj(c->w);
        key_writer_contacted(c, "resolver_address", run->resolvers[i].resolver);
        jw_ki(c->w, "names", run->resolvers[i].names);
        jw_obj_end(c->w);
    }
    jw_arr_end(c->w);
}

static void write_run_pages(struct key_writer *c)
{
    const struct obs_run *run = &c->m->run;
    if (run->n_pages == 0) {
        return;
    }
    jw_key(c->w, "pages");
    jw_arr(c->w);
    for (size_t i = 0; i < run->n_pages; i++) {
        const struct obs_run_page *p = &run->pages[i];
        jw_obj(c->w);
        key_writer_endpoint(c, "address", &p->ip, p->port);
        jw_ki(c->w, "pages", p->pages);
        if (p->others > 0) {
            jw_ki(c->w, "others", p->others);
        }
        jw_obj_end(c->w);
    }
    jw_arr_end(c->w);
}

static void write_run_led(struct key_writer *c)
{
    const struct obs_run *run = &c->m->run;
    if (run->n_led == 0) {
        return;
    }
    jw_key(c->w, "led_to");
    jw_arr(c->w);
    for (size_t i = 0; i < run->n_led; i++) {
        jw_obj(c->w);
        jw_ki(c->w, "depth", run->led[i].depth);
        jw_ki(c->w, "names", run->led[i].names);
        jw_obj_end(c->w);
    }
    jw_arr_end(c->w);
}

static void write_run_cleartext(struct key_writer *c)
{
    const struct obs_run_cleartext *t = &c->m->run.cleartext;
    if (t->same == 0) {
        return;
    }
    jw_key(c->w, "cleartext");
    jw_obj(c->w);
    jw_ki(c->w, "same", t->same);
    jw_ki(c->w, "own", t->own);
    jw_obj_end(c->w);
}

void keys_dns_others(struct key_writer *c)
{
    struct jw *w = c->w;
    const struct obs_run *run = &c->m->run;
    if (c->m->others_alike + c->m->others_elsewhere + run->n_addresses +
            run->n_resolvers + run->n_pages + run->n_led +
            run->cleartext.same ==
        0) {
        return;
    }
    jw_key(w, "x_run");
    jw_obj(w);
    jw_ki(w, "others_same_address", c->m->others_alike);
    jw_ki(w, "others_elsewhere", c->m->others_elsewhere);
    write_run_addresses(c);
    write_run_resolvers(c);
    write_run_pages(c);
    write_run_led(c);
    write_run_cleartext(c);
    jw_obj_end(w);
}

void keys_dns_fastest(struct key_writer *c)
{
    struct jw *w = c->w;
    if (c->m->n_paces == 0) {
        return;
    }
    jw_key(w, "x_dns_fastest");
    jw_arr(w);
    for (size_t i = 0; i < c->m->n_paces; i++) {
        const struct obs_pace *p = &c->m->paces[i];
        jw_obj(w);
        key_writer_contacted(c, "resolver_address", p->resolver);
        jw_key(w, "t");
        jw_seconds(w, p->fastest);
        jw_ki(w, "n", p->n);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}
