// SPDX-License-Identifier: Apache-2.0
/* What in cleartext has nothing of a site, as far as names tell: a page that
 * does not say its name, a redirect to somebody else's. A network's notice is
 * such; so are many innocent things, and whoever asks has more to go by.
 */
#ifndef PARALLAX_VERDICT_FOREIGN_H
#define PARALLAX_VERDICT_FOREIGN_H

#include "verdict/judging.h"

/* `text` has the word before the suffix of that host's registrable domain in
 * it ("example" of www.example.com), or the domain where the word is so short
 * that it stands in any page. False for a host that cannot be read. */
bool foreign_says_name(struct str text, struct str host);
/* The redirect of `end` leads to a host that has nothing to do with `host`:
 * neither its domain, nor a sister in another country, nor one named after it;
 * nor the same address, nor one of a router at home. */
bool foreign_redirect(const struct judging *j, const struct vendpoint *end,
                      struct str host);
/* The answer is of a kind that notices have: a page, or a refusal (403, 451) by
 * no edge of a network that serves many sites, which refuses names that it does
 * not know. */
bool foreign_may_be_notice(const struct vhttp *resp);

/* The answer is what edges and caches give that are ill, or do not know the
 * name: an error of the server, or a refusal by who says that he is one. */
bool foreign_is_ill(const struct vhttp *resp);
/* The page is what a server shows that nobody has set up, or a name that
 * nobody uses: an old address may lead there. */
bool foreign_is_nobodys(const struct vhttp *resp);

#endif
