// SPDX-License-Identifier: Apache-2.0
#include "record/measurement.h"

/* Far above what a site with ten redirects and many addresses needs; they keep
 * a hostile one from filling the memory of the probe. */
#define MAX_QUERIES 2048
#define MAX_TCP     2048
#define MAX_TLS     2048
#define MAX_HTTP    64
#define MAX_EVENTS  32768
#define MAX_PACKETS 4096
#define MAX_NOTES   512
#define MAX_COMPARE 64

static const struct obs_tags no_tags = {.depth = -1, .fetch_body = -1};

/* The next free element of an array in the region, or NULL. */
static void *add(struct measurement *m, void **items, size_t *n, size_t *cap,
                 size_t size, size_t max, const char *what)
{
    enum err e = *n < max ? ERR_OK : ERR_LIMIT;
    if (!e) {
        e = region_grow(m->region, items, cap, *n, size, max);
    }
    if (e) {
        if (!m->internal) {
            m->internal = e;
            m->internal_what = what;
        }
        return NULL;
    }
    return (char *)*items + size * (*n)++;
}

/* One typed appender; the array pointer passes through a void pointer because
 * the types of object pointers may not alias. */
#define APPEND(m, field, max, what)                                            \
    void *items = (m)->field;                                                  \
    void *item = add(m, &items, &(m)->n_##field, &(m)->cap_##field,            \
                     sizeof(*(m)->field), max, what);                          \
    (m)->field = items

struct obs_query *measurement_add_query(struct measurement *m)
{
    APPEND(m, queries, MAX_QUERIES, "queries");
    struct obs_query *q = item;
    if (q) {
        *q = (struct obs_query){.tags = no_tags};
    }
    return q;
}

struct obs_tcp *measurement_add_tcp(struct measurement *m)
{
    APPEND(m, tcp, MAX_TCP, "tcp_connect");
    struct obs_tcp *o = item;
    if (o) {
        *o = (struct obs_tcp){.tags = no_tags};
    }
    return o;
}

struct obs_tls *measurement_add_tls(struct measurement *m)
{
    APPEND(m, tls, MAX_TLS, "tls_handshakes");
    struct obs_tls *o = item;
    if (o) {
        *o = (struct obs_tls){.tags = no_tags};
    }
    return o;
}

struct obs_http *measurement_add_http(struct measurement *m)
{
    APPEND(m, http, MAX_HTTP, "requests");
    struct obs_http *o = item;
    if (o) {
        *o = (struct obs_http){.tags = no_tags};
    }
    return o;
}

struct obs_event *measurement_add_event(struct measurement *m)
{
    APPEND(m, events, MAX_EVENTS, "network_events");
    struct obs_event *o = item;
    if (o) {
        *o = (struct obs_event){.tags = no_tags};
    }
    return o;
}

struct obs_packet *measurement_add_packet(struct measurement *m)
{
    APPEND(m, packets, MAX_PACKETS, "packets");
    struct obs_packet *o = item;
    if (o) {
        *o = (struct obs_packet){0};
    }
    return o;
}

void measurement_note(struct measurement *m, int64_t t, const char *msg)
{
    APPEND(m, notes, MAX_NOTES, "notes");
    struct obs_note *note = item;
    if (!note) {
        return;
    }
    *note = (struct obs_note){.t = t, .msg = region_strdup(m->region, msg)};
    if (!note->msg) {
        m->n_notes--;
    }
}

struct obs_compare *measurement_add_compare(struct measurement *m)
{
    APPEND(m, compare, MAX_COMPARE, "x_compare");
    struct obs_compare *o = item;
    if (o) {
        *o = (struct obs_compare){.t0 = 0};
    }
    return o;
}
