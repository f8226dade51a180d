// SPDX-License-Identifier: Apache-2.0
#include "record/keys_events.h"

#include <stdlib.h>

static void write_event(struct key_writer *c, const struct obs_event *e)
{
    struct jw *w = c->w;
    jw_obj(w);
    if (e->ip.family != 0) {
        key_writer_endpoint(c, "address", &e->ip, e->port);
    }
    key_writer_failure(c, e->failure);
    if (e->num_bytes > 0) {
        jw_ki(w, "num_bytes", (int64_t)e->num_bytes);
    }
    key_writer_word(c, "operation", e->operation);
    if (e->proto) {
        key_writer_word(c, "proto", e->proto);
    }
    key_writer_times(w, e->t0, e->t);
    key_writer_id(w, e->id);
    if (key_writer_has_tags(&e->tags)) {
        key_writer_tags(w, &e->tags);
    }
    jw_obj_end(w);
}

struct timed {
    int64_t t;
    size_t index;
};

static int by_time(const void *a, const void *b)
{
    const struct timed *x = a, *y = b;
    if (x->t != y->t) {
        return x->t < y->t ? -1 : 1;
    }
    return x->index < y->index ? -1 : 1;
}

void keys_events(struct key_writer *c, enum event_list list)
{
    size_t n = 0;
    struct timed *order = region_calloc(
        c->scratch, c->m->n_events ? c->m->n_events : 1, sizeof(*order));
    if (!order) {
        key_writer_fail(c, ERR_NOMEM);
        return;
    }
    for (size_t i = 0; i < c->m->n_events; i++) {
        if (c->m->events[i].list == list) {
            order[n++] = (struct timed){c->m->events[i].t, i};
        }
    }
    qsort(order, n, sizeof(*order), by_time);
    jw_key(c->w, "network_events");
    jw_arr(c->w);
    for (size_t i = 0; i < n; i++) {
        write_event(c, &c->m->events[order[i].index]);
    }
    jw_arr_end(c->w);
}

/* One end of every packet is ours. With our addresses unknown, only those that
 * were connected to are surely not. */
static bool surely_remote(const struct key_writer *c, const struct ip *ip)
{
    if (c->own.n_own > 0) {
        return !scrub_own_is(&c->own, ip);
    }
    for (size_t i = 0; i < c->m->n_tcp; i++) {
        if (ip_eq(&c->m->tcp[i].ip, ip)) {
            return true;
        }
    }
    return false;
}

static void write_packet_ip(struct key_writer *c, const char *key,
                            const struct ip *ip)
{
    if (surely_remote(c, ip)) {
        key_writer_ip(c, key, ip);
    } else {
        jw_kc(c->w, key, SCRUBBED);
    }
}

static void write_packet(struct key_writer *c, const struct obs_packet *p)
{
    struct jw *w = c->w;
    jw_obj(w);
    jw_key(w, "t");
    jw_seconds(w, p->t);
    key_writer_word(c, "proto", p->proto);
    write_packet_ip(c, "src", &p->src);
    jw_ki(w, "sport", p->sport);
    write_packet_ip(c, "dst", &p->dst);
    jw_ki(w, "dport", p->dport);
    jw_ki(w, "ttl", p->ttl);
    jw_ki(w, "ip_id", p->ip_id);
    key_writer_text(c, "flags", p->flags);
    jw_ki(w, "seq", p->seq);
    jw_ki(w, "ack", p->ack);
    jw_ki(w, "window", p->window);
    jw_ki(w, "payload", p->payload);
    key_writer_text(c, "why", p->why);
    key_writer_id(w, p->id);
    jw_obj_end(w);
}

void keys_events_packets(struct key_writer *c)
{
    jw_key(c->w, "x_evidence");
    jw_obj(c->w);
    jw_key(c->w, "packets");
    jw_arr(c->w);
    for (size_t i = 0; i < c->m->n_packets; i++) {
        write_packet(c, &c->m->packets[i]);
    }
    jw_arr_end(c->w);
    jw_obj_end(c->w);
}

void keys_events_notes(struct key_writer *c)
{
    jw_key(c->w, "x_conn_priority_log");
    jw_arr(c->w);
    for (size_t i = 0; i < c->m->n_notes; i++) {
        jw_obj(c->w);
        key_writer_text(c, "msg", c->m->notes[i].msg);
        jw_key(c->w, "t");
        jw_seconds(c->w, c->m->notes[i].t);
        jw_obj_end(c->w);
    }
    jw_arr_end(c->w);
}
