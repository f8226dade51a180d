// SPDX-License-Identifier: Apache-2.0
#include "record/keys_endpoints.h"

void keys_endpoints_tcp(struct key_writer *c, bool reconnect)
{
    struct jw *w = c->w;
    jw_key(w, "tcp_connect");
    jw_arr(w);
    for (size_t i = 0; i < c->m->n_tcp; i++) {
        const struct obs_tcp *o = &c->m->tcp[i];
        if (o->reconnect != reconnect) {
            continue;
        }
        jw_obj(w);
        key_writer_ip(c, "ip", &o->ip);
        jw_ki(w, "port", o->port);
        jw_key(w, "status");
        jw_obj(w);
        key_writer_failure(c, o->failure);
        jw_kb(w, "success", !o->failure);
        jw_obj_end(w);
        key_writer_times(w, o->t0, o->t);
        if (o->sent != SENT_UNKNOWN) {
            jw_kb(w, "x_sent", o->sent == SENT_YES);
        }
        if (o->held != HELD_NOTHING) {
            key_writer_text(c, "x_held",
                            o->held == HELD_DATA ? "data" : "answer");
        }
        if (o->told_us > 0) {
            jw_key(w, "x_told_after");
            jw_seconds(w, o->told_us);
        }
        key_writer_tags(w, &o->tags);
        key_writer_id(w, o->id);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

/* One that tells our address is left out; behind the server's own the others
 * would be taken for it, so with that one all are. */
static size_t certs_left_out(struct key_writer *c, const struct obs_tls *o)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_certs; i++) {
        bool tells = key_writer_tells(c, o->certs[i]);
        if (tells && i == 0) {
            return o->n_certs;
        }
        n += tells;
    }
    return n;
}

static void write_certs(struct key_writer *c, const struct obs_tls *o)
{
    struct jw *w = c->w;
    size_t left_out = certs_left_out(c, o);
    jw_key(w, "peer_certificates");
    if (o->n_certs == left_out) {
        jw_null(w);
    } else {
        jw_arr(w);
        for (size_t i = 0; i < o->n_certs; i++) {
            key_writer_certificate(c, o->certs[i]);
        }
        jw_arr_end(w);
    }
    if (left_out > 0) {
        jw_ki(w, "x_certificates_scrubbed", (int64_t)left_out);
    }
}

void keys_endpoints_tls(struct key_writer *c, bool reconnect)
{
    struct jw *w = c->w;
    jw_key(w, "tls_handshakes");
    jw_arr(w);
    for (size_t i = 0; i < c->m->n_tls; i++) {
        const struct obs_tls *o = &c->m->tls[i];
        if (o->reconnect != reconnect) {
            continue;
        }
        jw_obj(w);
        jw_kc(w, "network", "tcp");
        key_writer_endpoint(c, "address", &o->ip, o->port);
        key_writer_text(c, "cipher_suite", o->cipher);
        key_writer_failure(c, o->failure);
        key_writer_text(c, "negotiated_protocol", o->alpn);
        jw_kb(w, "no_tls_verify", false);
        write_certs(c, o);
        key_writer_text(c, "server_name", o->server_name);
        key_writer_times(w, o->t0, o->t);
        key_writer_tags(w, &o->tags);
        key_writer_text(c, "tls_version", o->version);
        key_writer_id(w, o->id);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

void keys_endpoints_reconnect(struct key_writer *c)
{
    bool any = false;
    for (size_t i = 0; i < c->m->n_tcp; i++) {
        any = any || c->m->tcp[i].reconnect;
    }
    for (size_t i = 0; i < c->m->n_tls; i++) {
        any = any || c->m->tls[i].reconnect;
    }
    if (!any) {
        return;
    }
    jw_key(c->w, "x_reconnect");
    jw_obj(c->w);
    keys_endpoints_tcp(c, true);
    keys_endpoints_tls(c, true);
    jw_obj_end(c->w);
}
