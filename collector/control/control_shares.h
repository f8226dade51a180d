// SPDX-License-Identifier: Apache-2.0
/* How much of the control one client may have, and how often anybody may have
 * it ask one target, or connect to one address. A client is an IPv4 address or
 * an IPv6 /64; its limits leave room for several volunteers behind one router.
 * Who has many of these has them in few prefixes (control_prefix.h): each has a
 * share as well, of requests and bytes 4 times that of a prefix within it. Who
 * it says it is plays no part. Not thread safe; memory is fixed.
 *
 * What a target or an address may be asked is everybody's. So that one client
 * cannot keep the control away from a site, it gets no more of that than it
 * leaves to others, and the last place is for who has had none for a minute.
 * One prefix leaves others something, too.
 */
#ifndef PARALLAX_COLLECTOR_CONTROL_CONTROL_SHARES_H
#define PARALLAX_COLLECTOR_CONTROL_CONTROL_SHARES_H

#include "base/err.h"
#include "base/str.h"
#include "engine/plan.h"
#include "wire/ip.h"

#include <stdbool.h>
#include <stdint.h>

/* One client: so many requests at once (a country's list and more), then one
 * more each 1/RATE s; so many bytes fetched, then so many a second. */
#define CONTROL_SHARES_BURST      1500
#define CONTROL_SHARES_RATE       10
#define CONTROL_SHARES_BYTES      (INT64_C(512) << 20)
#define CONTROL_SHARES_BYTES_RATE (INT64_C(1) << 20)
/* One client at one time, if nobody else is there, and in any case. */
#define CONTROL_SHARES_JOBS_MOST  32
#define CONTROL_SHARES_JOBS_LEAST 8
/* Of one target (host and port) in a minute, unless the settings say other, and
 * as many at once, half of them for one client: as our probes come to the pages
 * of one host (probe/run/spacing.h). */
#define CONTROL_SHARES_TARGET 10
/* On one address there are many sites: so many times as many connections to
 * one, and twice that at once; and so many to one that only probes name, which
 * say nothing about whose it is. Who is asked may have a network of addresses,
 * and who asks may have names for all of them: so many times that to its /24 or
 * /64, and again to its /16 or /48. */
#define CONTROL_SHARES_SITES 6
#define CONTROL_SHARES_NAMED 3
#define CONTROL_SHARES_WIDER 4

/* Time in which a place was held is remembered so many times as long, up to
 * HELD_MOST; who holds one so much longer leaves it. */
#define CONTROL_SHARES_HELD_TIMES 8
#define CONTROL_SHARES_HELD_MOST  (600 * INT64_C(1000000))
#define CONTROL_SHARES_HELD_LEAST INT64_C(1000000)

struct control_shares;

/* `per_minute`: 1 to 100000, of one target. Caller frees *out. */
MUST_USE enum err control_shares_new(unsigned per_minute,
                                     struct control_shares **out);
void control_shares_free(struct control_shares *s);
/* Takes a request of `client` in if its share allows, while `in_flight` are
 * measured in all. What was taken must be ended. `now_us`: clock_mono_us. */
bool control_shares_begin(struct control_shares *s, const struct ip *client,
                          unsigned in_flight, int64_t now_us);
/* `bytes`: fetched for it. */
void control_shares_end(struct control_shares *s, const struct ip *client,
                        uint64_t bytes, int64_t now_us);
/* A place that others wanted, too: how long `client` had it. */
void control_shares_held(struct control_shares *s, const struct ip *client,
                         int64_t us, int64_t now_us);
/* `n` clients hold a place each since `since_us`, the newest first, there is no
 * other, and nobody has more of them than `next` would: which one leaves his?
 * The oldest of the largest prefix that has had places longest, lately, if that
 * is longer than the prefix of `next`; else `n`. So many networks with a slow
 * page each do not shut out who comes with one that answers. */
size_t control_shares_yields(struct control_shares *s, const struct ip *held,
                             const int64_t *since_us, size_t n,
                             const struct ip *next, int64_t now_us);
/* 0 if the target may be asked now for `client`: then it counts. Otherwise
 * after how many microseconds it may, if nobody else asks. */
int64_t control_shares_ask(struct control_shares *s, const struct ip *client,
                           struct str host, uint16_t port, int64_t now_us);
/* The same for a connection to an address and to the networks it is in,
 * whatever names led there and on whatever port. What is beside the page leaves
 * room for other pages there; what only the client names is counted by itself.
 */
int64_t control_shares_connect(struct control_shares *s,
                               const struct ip *client, const struct ip *ip,
                               enum plan_connect why, int64_t now_us);

#endif
