// SPDX-License-Identifier: Apache-2.0
/* Judges handshakes of which none succeeded. */
#ifndef PARALLAX_VERDICT_JUDGE_HANDSHAKE_H
#define PARALLAX_VERDICT_JUDGE_HANDSHAKE_H

#include "verdict/attempts.h"

/* Decides about the handshakes after `depth` redirects, all of which failed;
 * `s` are their sums. */
void judge_handshake(struct judging *j, const struct attempts *g,
                     const struct sums *s, int depth);
/* What is said of a handshake that was cut off like this. */
enum note judge_handshake_note(struct outcome out);

#endif
