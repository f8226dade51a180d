// SPDX-License-Identifier: Apache-2.0
/* A redirect in cleartext into the volunteer's own network, to a server that
 * has nothing of the site: providers send visitors of blocked sites to a notice
 * of theirs so, or to one that is gone.
 */
#ifndef PARALLAX_VERDICT_JUDGE_SENT_H
#define PARALLAX_VERDICT_JUDGE_SENT_H

#include "verdict/judging.h"

/* Looks at the redirects that came after `depth` others. Accuses where the site
 * proves itself at the very address that the redirect came from, and the
 * control has its page. */
void judge_sent(struct judging *j, int depth);

#endif
