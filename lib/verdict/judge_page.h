// SPDX-License-Identifier: Apache-2.0
/* Judges the page that came: is it the site's, a refusal by the site, or
 * somebody else's? A censor can forge cleartext; over verified TLS the page is
 * the server's, whatever it says.
 */
#ifndef PARALLAX_VERDICT_JUDGE_PAGE_H
#define PARALLAX_VERDICT_JUDGE_PAGE_H

#include "verdict/judging.h"

/* `end` has the last page of the visit. Always decides. */
void judge_page(struct judging *j, const struct vendpoint *end);
/* The page at `end`, a final one, looks like nothing that the site would send.
 */
bool judge_page_is_strange(const struct judging *j,
                           const struct vendpoint *end);

/* The visit ended at a redirect that the volunteer had not agreed to follow,
 * which is no failure. */
void judge_page_not_followed(struct judging *j);
/* Takes back that a page in cleartext is forged, where the very same came for
 * three other, unrelated names of the run and none had its own (x_run): a bill,
 * a login, for whatever is visited. Not of a known block page. */
void judge_page_for_all(struct judging *j);

#endif
