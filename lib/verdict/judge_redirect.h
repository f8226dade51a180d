// SPDX-License-Identifier: Apache-2.0
/* Judges where answers in cleartext lead: whoever sits on the way can send them
 * in the site's place, and a certificate at the far end only proves whose page
 * it is, not that the site sent anybody there.
 */
#ifndef PARALLAX_VERDICT_JUDGE_REDIRECT_H
#define PARALLAX_VERDICT_JUDGE_REDIRECT_H

#include "verdict/judging.h"

/* Of a bogon: what a router at home, a program or a login page on the device or
 * beside it uses for itself. */
bool judge_redirect_near(const struct ip *ip);
/* The answers in cleartext at `depth` that are not the visit's last page:
 * redirects, followed or not, and what was cut off after its headers. */
void judge_redirect_hops(struct judging *j, int depth);

/* Where an answer leads by itself: by a redirect, a refresh, a frame, a script.
 */
enum judge_inside {
    INSIDE_NOT,  /* to no private address, or the site's page does so, too */
    INSIDE_HOME, /* to one that people have at home, or from the site's page */
    INSIDE_AFAR  /* to one of another kind */
};

/* Whither the answer at `end`, in cleartext, leads within private networks. */
enum judge_inside judge_redirect_inside_kind(const struct judging *j,
                                             const struct vendpoint *end);
/* The answer at `end`, in cleartext, leads into a private network, where the
 * control's does not. Decides if true. */
bool judge_redirect_inside(struct judging *j, const struct vendpoint *end);
/* A redirect in cleartext led to `page` on another site, and nothing shows that
 * it leads everybody there. */
bool judge_redirect_elsewhere(const struct judging *j,
                              const struct vendpoint *page);
/* The visit was led from `depth` on by a redirect in cleartext, to another site
 * with its own certificate, and no unrelated name of the run: what a site does
 * that has a sister in each country. */
bool judge_redirect_to_sister(const struct judging *j, int depth);
/* Nothing is at the step after `depth` redirects: no address, or no connection.
 */
bool judge_redirect_nothing_at(const struct judging *j, int depth);
/* At this address the site has proved itself by a handshake, at the step of
 * `end`. */
bool judge_redirect_address_verified(const struct judging *j,
                                     const struct vendpoint *end);

#endif
