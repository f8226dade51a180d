// SPDX-License-Identifier: Apache-2.0
/* A bounded memory of the packets of our own flows (libpcap), from which those
 * around a reset, a FIN or a contradicting DNS answer are kept as evidence.
 * Needs CAP_NET_RAW; the engine works the same without.
 */
#ifndef PARALLAX_ENGINE_CAPTURE_H
#define PARALLAX_ENGINE_CAPTURE_H

#include "base/loop.h"
#include "record/measurement.h"

struct capture;

/* ERR_ACCESS without the right. */
MUST_USE enum err capture_new(struct loop *l, struct capture **out);
void capture_free(struct capture *c);
/* A flow of ours ended: its local port, for `capture_collect` to find its
 * packets. `proto` is "tcp" or "udp". */
void capture_note(struct capture *c, const struct ip *remote,
                  uint16_t remote_port, uint16_t local_port, int64_t id,
                  const char *proto);
/* Adds to m->packets what belongs to its failed flows and contradicted
 * lookups; `zero_us` is the monotonic start of the measurement. */
void capture_collect(struct capture *c, struct measurement *m, int64_t zero_us);

#endif
