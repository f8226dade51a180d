// SPDX-License-Identifier: Apache-2.0
/* What the fakes of the network share. */
#ifndef PARALLAX_REPLAY_FAKES_H
#define PARALLAX_REPLAY_FAKES_H

#include "replay.h"

#include "base/buf.h"

/* Arms a timer; here that cannot fail. */
void fake_arm(struct loop_timer *t, int64_t delay_us);

/* The answers to one question, at least one, in the order of the scenario. */
size_t dns_lines(enum dns_via via, const char *host, uint16_t type,
                 const struct dns_line *out[8]);
bool dns_bytes(struct buf *b, const struct dns_line *d, const char *host,
               uint16_t type);

/* The control's answer to this request; false when out of memory. */
bool control_bytes(struct buf *b, struct str request, bool blind);

#endif
