// SPDX-License-Identifier: Apache-2.0
/* What a transfer's result holds, put down as it happens. */
#include "net/fetch_notes.h"

#include "base/clock.h"

#define EVENTS_MAX 64

int64_t fetch_notes_now(const struct fetch *t)
{
    return clock_mono_us() - t->req.zero_us;
}

void fetch_notes_internal(struct fetch *t, enum err e, const char *what)
{
    if (t->res.internal != ERR_OK) {
        return;
    }
    t->res.internal = e;
    t->res.internal_what = what;
}

void fetch_notes_stage(struct fetch *t, enum fetch_stage stage, int64_t us)
{
    t->stage = stage;
    if (loop_timer_in(t->deadline, us) != ERR_OK) {
        fetch_notes_internal(t, ERR_NOMEM, "timer");
    }
}

struct obs_event *fetch_notes_event(struct fetch *t, const char *operation)
{
    struct fetch_result *res = &t->res;

    t->merge_read = t->merge_write = false;
    if (res->n_events >= EVENTS_MAX) {
        return NULL;
    }
    if (region_grow(t->req.region, (void **)&res->events, &t->cap_events,
                    res->n_events, sizeof(*res->events),
                    EVENTS_MAX) != ERR_OK) {
        fetch_notes_internal(t, ERR_NOMEM, "events");
        return NULL;
    }
    struct obs_event *ev = &res->events[res->n_events++];
    int64_t at = fetch_notes_now(t);
    *ev = (struct obs_event){.t0 = at, .t = at, .operation = operation};
    return ev;
}

static struct obs_event *wire_event(struct fetch *t, const char *operation)
{
    struct obs_event *ev = fetch_notes_event(t, operation);

    if (ev) {
        ev->proto = "tcp";
        ev->ip = t->req.ip;
        ev->port = t->req.port;
    }
    return ev;
}

void fetch_notes_io(struct fetch *t, bool write, size_t bytes)
{
    int64_t tick = loop_now_us(t->owner->loop);
    bool merge = (write ? t->merge_write : t->merge_read) &&
                 t->merge_tick == tick && t->res.n_events > 0;

    if (write) {
        *t->owner->up += bytes;
    } else {
        *t->owner->down += bytes;
        t->res.received += bytes;
        t->res.last = fetch_notes_now(t);
    }
    struct obs_event *ev = NULL;
    if (merge) {
        ev = &t->res.events[t->res.n_events - 1];
        ev->t = fetch_notes_now(t);
    } else {
        ev = wire_event(t, write ? "write" : "read");
    }
    if (ev) {
        ev->num_bytes += bytes;
    }
    t->merge_tick = tick;
    t->merge_write = write;
    t->merge_read = !write;
}

/* A connection that failed has done so when libcurl let go of it: other
 * transfers may have had their turn since, and who is so quick to refuse is
 * told by milliseconds. */
void fetch_notes_tcp(struct fetch *t, const char *failure)
{
    struct obs_tcp *tcp = &t->res.tcp;

    tcp->t = failure && t->closed_us > 0 ? t->closed_us : fetch_notes_now(t);
    if (failure && t->transfer.dead_us > 0) {
        tcp->t = t->transfer.dead_us - t->req.zero_us;
    }
    tcp->failure = failure;
    struct obs_event *ev = wire_event(t, "connect");
    if (ev) {
        ev->t0 = tcp->t0;
        ev->t = tcp->t;
        ev->failure = failure;
    }
}

void fetch_notes_tls(struct fetch *t, const char *failure)
{
    struct obs_tls *tls = &t->res.tls;

    tls->t = fetch_notes_now(t);
    tls->failure = failure;
    tls->version = t->tls.version;
    tls->cipher = t->tls.cipher;
    tls->alpn = t->tls.alpn;
    tls->certs = t->tls.certs;
    tls->n_certs = t->tls.n_certs;
    t->res.trusted = t->tls.trusted;
    struct obs_event *ev = fetch_notes_event(t, "tls_handshake_done");
    if (ev) {
        ev->failure = failure;
    }
}
