// SPDX-License-Identifier: Apache-2.0
/* Whose turn it is among large uploads. A few kilobytes may unpack to megabytes
 * that take a worker as long as a hundred records; so large ones go one at a
 * time, and of those that wait the next is that of whoever had least unpacked a
 * short while ago: first the larger prefix with least (IPv4 /16, IPv6 /32), and
 * in it the sender. Senders are told apart by prefix (IPv4 /24, IPv6 /48); now
 * and then two are taken for one, and nobody can choose which. No clock, no
 * locks; memory is fixed.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_TURNS_H
#define PARALLAX_COLLECTOR_INGEST_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one has had is forgotten at this pace. */
#define TURNS_BYTES_PER_S (INT64_C(1) << 20)
#define TURNS_SENDERS     4096
/* What takes longer than at this pace counts as if it were larger: few bytes
 * may hold numbers that are dear to print. */
#define TURNS_WORK_PER_S (INT64_C(16) << 20)

struct turns {
    uint8_t salt[16];
    int64_t until_us[TURNS_SENDERS]; /* when what one had is forgotten */
    int64_t wide_us[TURNS_SENDERS];  /* the same of the larger prefixes */
};

/* After crypto_setup. */
void turns_init(struct turns *t);
/* The number of who sends from `source`, an address; NULL, "" and others are
 * one. */
unsigned turns_sender(const struct turns *t, const char *source);
/* For tests: how much a sender has had, as the microseconds until it is
 * forgotten; 0: nothing. */
int64_t turns_had(const struct turns *t, unsigned sender, int64_t now_us);
/* `bytes` were unpacked for it. */
void turns_add(struct turns *t, unsigned sender, size_t bytes, int64_t now_us);
/* Has `a` had less than `b`? */
bool turns_less(const struct turns *t, unsigned a, unsigned b, int64_t now_us);
/* What counts for `bytes` that took `took_us`. */
size_t turns_cost(size_t bytes, int64_t took_us);

#endif
