// SPDX-License-Identifier: Apache-2.0
#include "record/keys.h"

#include "record/keys_compare.h"
#include "record/keys_dns.h"
#include "record/keys_endpoints.h"
#include "record/keys_events.h"
#include "record/keys_requests.h"

static void write_not_tried(struct key_writer *c)
{
    if (c->m->n_not_tried == 0) {
        return;
    }
    jw_kc(c->w, "x_not_tried", "own_network");
    jw_key(c->w, "x_not_tried_addresses");
    jw_arr(c->w);
    for (size_t i = 0; i < c->m->n_not_tried; i++) {
        key_writer_ip_element(c, &c->m->not_tried[i]);
    }
    jw_arr_end(c->w);
}

static void write_not_followed(struct key_writer *c)
{
    if (c->m->not_followed) {
        key_writer_word(c, "x_not_followed", c->m->not_followed);
    }
}

static void write_secondary_dns(struct key_writer *c)
{
    struct jw *w = c->w;
    jw_key(w, "x_doh");
    jw_obj(w);
    keys_events(c, EVENT_DOH);
    /* DoH is carried by our own client, which keeps no such observations. */
    jw_key(w, "queries");
    jw_arr(w);
    jw_arr_end(w);
    jw_key(w, "requests");
    jw_arr(w);
    jw_arr_end(w);
    jw_key(w, "tcp_connect");
    jw_arr(w);
    jw_arr_end(w);
    jw_key(w, "tls_handshakes");
    jw_arr(w);
    jw_arr_end(w);
    jw_obj_end(w);
    jw_key(w, "x_do53");
    jw_obj(w);
    keys_events(c, EVENT_DO53);
    keys_dns_queries(c, "queries", QUERY_DO53);
    jw_obj_end(w);
}

static void write_control(struct key_writer *c, const struct record_env *env)
{
    const struct measurement *m = c->m;
    if (env->control_deferred) {
        jw_kb(c->w, "x_control_deferred", true);
    }
    key_writer_object(c, "x_control_request", m->control_request);
    bool same = key_writer_control(c, m->control);
    if (same && m->control_signature.len > 0) {
        key_writer_object(c, "x_control_signature", m->control_signature);
    }
}

static void write_other_control(struct key_writer *c)
{
    const struct obs_other_control *o = &c->m->other_control;
    if (!o->asked) {
        return;
    }
    jw_key(c->w, "x_other_control");
    jw_obj(c->w);
    if (o->url) {
        key_writer_contacted(c, "address", o->url);
    }
    bool same = key_writer_control(c, o->answer);
    if (o->failure) {
        key_writer_text(c, "control_failure", o->failure);
    } else {
        jw_kn(c->w, "control_failure");
    }
    if (same && o->signature.len > 0) {
        key_writer_object(c, "x_control_signature", o->signature);
    }
    jw_obj_end(c->w);
}

static void write_observations(struct key_writer *c,
                               const struct record_env *env)
{
    const struct measurement *m = c->m;
    struct jw *w = c->w;
    jw_kc(w, "agent", "redirect");
    key_writer_contacted(c, "client_resolver", m->client_resolver);
    jw_kn(w, "retries");
    jw_kn(w, "socksproxy");
    keys_events(c, EVENT_MAIN);
    jw_kn(w, "x_dns_whoami"); /* OONI's; nobody is asked for that */
    keys_dns_others(c);
    keys_dns_fastest(c);
    write_secondary_dns(c);
    keys_dns_queries(c, "x_dns_duplicate_responses", QUERY_DUPLICATE);
    keys_dns_queries(c, "x_system_queries", QUERY_SYSTEM);
    keys_dns_queries(c, "queries", QUERY_MAIN);
    keys_requests(c);
    keys_endpoints_tcp(c, false);
    keys_endpoints_tls(c, false);
    keys_endpoints_reconnect(c);
    write_control(c, env);
    write_other_control(c);
    keys_events_notes(c);
    keys_events_packets(c);
    write_not_tried(c);
    write_not_followed(c);
    keys_compare_write(c);
    if (m->internal) {
        jw_key(w, "x_internal_error");
        jw_obj(w);
        key_writer_word(c, "error", err_str(m->internal));
        key_writer_text(c, "what", m->internal_what);
        jw_obj_end(w);
    }
    /* Last, see record_write. */
    if (m->control_failure) {
        key_writer_text(c, "control_failure", m->control_failure);
    } else {
        jw_kn(w, "control_failure");
    }
}

enum err keys_write(struct jw *w, const struct measurement *m,
                    const struct record_env *env)
{
    struct key_writer c;
    enum err e = key_writer_init(&c, w, m, env);
    if (e != ERR_OK) {
        return e;
    }
    write_observations(&c, env);
    key_writer_fini(&c);
    return w->out->failed;
}

enum err keys_helper(struct jw *w, const struct measurement *m,
                     const struct record_env *env)
{
    struct key_writer c;
    enum err e = key_writer_init(&c, w, m, env);
    if (e != ERR_OK) {
        return e;
    }
    if (m->control_failure || !m->control_url) {
        jw_kn(w, "helper");
    } else {
        key_writer_contacted(&c, "helper", m->control_url);
    }
    key_writer_fini(&c);
    return w->out->failed;
}
