// SPDX-License-Identifier: Apache-2.0
/* A bounded memory of the packets of our own flows (libpcap), from which those
 * around a reset, a FIN or a contradicting DNS answer are kept as evidence.
 * Needs CAP_NET_RAW; the engine works the same without. Only headers are
 * looked at, never what packets carry.
 */
#ifndef PARALLAX_NET_CAPTURE_H
#define PARALLAX_NET_CAPTURE_H

#include "base/loop.h"
#include "record/measurement.h"

/* For how long after a failure the packets that follow it are waited for. */
#define CAPTURE_WAIT_US (INT64_C(500) * 1000)

struct capture;

/* One flow of a measurement that ended. */
struct capture_flow {
    struct capture_flow *next;
    struct ip remote;
    uint16_t remote_port, local_port;
    bool udp;
    bool failed;       /* TCP: ended with a failure */
    bool unconnected;  /* TCP: never stood; its local_port is not known */
    bool contradicted; /* UDP: more than one answer */
    int64_t t0;        /* monotonic */
    int64_t id;
};

/* ERR_ACCESS without the right; ERR_NOMEM, ERR_FDLIMIT, ERR_IO. */
MUST_USE enum err capture_new(struct loop *l, struct capture **out);
void capture_free(struct capture *c); /* NULL allowed */
/* Adds to m->packets what these flows have to show, and to m->tcp whether the
 * first packet of those that never stood left this machine, and what this
 * machine kept from those that failed; `zero_us` is the monotonic start of the
 * measurement. */
void capture_collect(struct capture *c, struct measurement *m, int64_t zero_us,
                     const struct capture_flow *flows);

/* One packet, as remembered. */
struct capture_packet {
    int64_t t; /* monotonic */
    struct ip src, dst;
    uint16_t sport, dport;
    uint32_t seq, ack, payload;
    uint16_t ip_id, window;
    uint8_t ttl, flags;
    bool udp;
};

/* Reads an IPv4 or IPv6 packet; false if it is not one of TCP or UDP.
 * For tests: they have no packets of their own. */
bool capture_parse(struct str ip_packet, struct capture_packet *out);

/* Name and version of the library behind this. */
const char *capture_version(void);

#endif
