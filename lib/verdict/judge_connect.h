// SPDX-License-Identifier: Apache-2.0
/* Judges connections of which none stood. */
#ifndef PARALLAX_VERDICT_JUDGE_CONNECT_H
#define PARALLAX_VERDICT_JUDGE_CONNECT_H

#include "verdict/attempts.h"

/* Decides about the connects after `depth` redirects, all of which failed. */
void judge_connect(struct judging *j, const struct sums *s, int depth);
/* The page came by IPv6, which makes it `ok`: decides anew if the site is cut
 * off by IPv4, on a line where IPv4 works. */
void judge_connect_ipv4(struct judging *j);

#endif
