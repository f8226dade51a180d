// SPDX-License-Identifier: Apache-2.0
/* Judges where the system's resolver led to, when nothing of the site is known
 * to be there: is it a notice server, to which a provider leads the names that
 * it blocks? Nothing is forged on the line then, and often nothing but port 80
 * answers. An old address and a dead cache look the same, so the answer alone
 * accuses nobody.
 */
#ifndef PARALLAX_VERDICT_JUDGE_NOTICE_H
#define PARALLAX_VERDICT_JUDGE_NOTICE_H

#include "verdict/judging.h"

/* `q` is the system's lookup of the site's name, which gave addresses of which
 * none is known as the site's; `verified`: the site has shown a true
 * certificate at another one; `same`: what came from there may be the site's;
 * `family`: those of the other family are the site's (0: there are none).
 * Notes in the verdict what is suspected. */
void judge_notice(struct judging *j, const struct vquery *q, bool verified,
                  bool same, int family);
/* Decides by that if it is proven, unless another rule has accused already;
 * `ids` is the evidence. */
void judge_notice_decide(struct judging *j, const struct ids *ids);
/* A page that came for the site in cleartext from `end` has nothing of it, as
 * far as its control tells. `plain`: nothing shows that the site has https, so
 * that another page of its own may be in cleartext, too. */
bool judge_notice_foreign(const struct judging *j, const struct vendpoint *end,
                          bool plain);
/* What has nothing of a site by the words of it may still be its own, by a
 * header, or be of an old address: a server that nobody has set up, a name that
 * is for sale. */
bool judge_notice_vague(const struct judging *j, const struct vendpoint *end);
/* What is suspected is borne out by the address alone: names that are hosted
 * apart are led there, and nothing says that it serves them. */
bool judge_notice_shared(const struct notice *n);
/* All is decided: if it is by nothing being where the suspected notice server
 * leads to, that is its own affair, and decides nothing. */
void judge_notice_led(struct judging *j);
/* All is decided: if a page is why, and it came from where `q` of judge_notice
 * led, it is the name that was interfered with. */
void judge_notice_method(struct judging *j);

#endif
