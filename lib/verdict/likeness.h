// SPDX-License-Identifier: Apache-2.0
/* Our own reading of whether two pages are one: what the probe got, and what
 * the control tells of its page (status, length, title, headers). The
 * compatible reading, which counts what any server sends, is pagediff.h.
 *
 * A censor's page is put together by somebody who never saw the site's; a site
 * changes with every visit. So no single likeness is enough where something
 * else speaks against it, and what proxies add counts for nothing. Controls of
 * ours say which words follow one another on their page (sketch.h): what pages
 * have in common of that outweighs their lengths and titles.
 */
#ifndef PARALLAX_VERDICT_LIKENESS_H
#define PARALLAX_VERDICT_LIKENESS_H

#include "verdict/pagediff.h"

enum like {
    LIKE_UNKNOWN, /* nothing to compare, or it tells nothing */
    LIKE_SAME,
    LIKE_OTHER
};

struct likeness {
    enum like title;   /* shown ones; LIKE_OTHER where only one page has one */
    enum like length;  /* of the body */
    enum like text;    /* by the words on it; LIKE_OTHER has next to none of the
                          control's. Not looked at over TLS of the site's own */
    enum like body;    /* by its text, or if that tells nothing by its length */
    bool apart;        /* both have a title, and these have no long word in
                          common */
    bool identical;    /* to the byte */
    bool partly;       /* a tenth and more of the text of both is in but one of
                          them */
    bool repeats;      /* its words are the control's, but for its length they
                          come too often, or too seldom: they tell nothing */
    double proportion; /* of the lengths; 0 for an empty page or unknown */
    size_t telling;    /* headers of this site's that both pages have */
    bool unchanged;    /* the server says that it is the very same, or it is */
    bool bare;         /* no header at all, where the control got some */
    bool terse;        /* neither its time nor its server nor anything but what
                          delivers it, where the control got both */
    bool same;         /* most likely the control's page */
    bool by_length;    /* and that by nothing but its length */
    bool by_title;     /* or its title: its words are others or repeated, or its
                         address one that the system's resolver alone gives */
    bool unproven;     /* as long as the control's; but its address is one that
                          the system's resolver alone gives, so that is nothing */
    bool only_here;    /* its address is such a one, in another network than the
                          control's, and without a handshake */
    bool certain;      /* so sure that even a known block page is the site's
                          own, and a page of another site one for everybody */
};

/* `end` has a response. Without a page of the control nothing is alike. */
void likeness_compute(const struct observations *o, const struct vendpoint *end,
                      struct likeness *out);

#endif
