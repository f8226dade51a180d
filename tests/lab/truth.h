// SPDX-License-Identifier: Apache-2.0
// truth.jsonl: one line for every packet the middlebox dropped, added or
// held back, with the directive that made it so. What a measurement claims
// can be held against it.
#ifndef LAB_TRUTH_H
#define LAB_TRUTH_H

#include "conf.h"
#include "packet.h"

struct lab_truth;

struct lab_truth *lab_truth_open(const char *path);
void lab_truth_close(struct lab_truth *t);
// Addresses of volunteers' shadows are written as the IPv6 ones they stand
// for, and ICMP to them as ICMPv6.
void lab_truth_conf(struct lab_truth *t, const struct lab_conf *c);
void lab_truth_flush(struct lab_truth *t);

// `action`: drop, inject, delay, intercept. `p` is the packet meant: of an
// `inject` what was forged, not what gave rise to it. `where` may be NULL: the
// line itself did it (`why` says what). `name`: the host name, string or query
// concerned.
void lab_truth_add(struct lab_truth *t, const char *action,
                   const struct lab_where *where, const char *why,
                   const char *name, const char *to, int volunteer,
                   const struct lab_packet *p);

#endif
