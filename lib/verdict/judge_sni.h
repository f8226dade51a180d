// SPDX-License-Identifier: Apache-2.0
/* Judges a comparison of one page, fetched in turns with and without the site's
 * name in the handshake (x_compare of a further measurement): what it says
 * about a page that came too slowly or not to its end, a handshake that was
 * refused, or a certificate that nobody vouches for.
 */
#ifndef PARALLAX_VERDICT_JUDGE_SNI_H
#define PARALLAX_VERDICT_JUDGE_SNI_H

#include "base/diag.h"
#include "verdict/ids.h"
#include "verdict/read/observations.h"

enum compared {
    COMPARED_UNKNOWN, /* too few, or the other side says nothing */
    COMPARED_SAME,    /* slow, or cut off, without the name too */
    COMPARED_SLOW,    /* with the name at most a third of without, every time */
    COMPARED_STALLS,  /* with the name it never ends, without it always does */
    COMPARED_CUT,     /* the same, and with the name it is reset or closed, or
                       * not even a handshake ends */
    COMPARED_ANYWAY,  /* connections are made, and no handshake ends, with the
                       * name, without it, or with another */
    COMPARED_FROZEN,  /* with the name and without, silence after as many bytes
                       */
    COMPARED_ALERT,   /* with the name the handshake is refused by an alert; the
                       * server at the address has the site's certificate, or
                       * refuses no other name */
    COMPARED_FORGED,  /* with the name the certificate is one that no authority
                       * vouches for, without it always one that some does */
    COMPARED_FORGED_ANY /* and so it is with a name that is not the site's */
};

/* What a comparison says. */
struct comparison {
    enum compared what;
    bool reset;      /* with the name, a packet ended one: that is no silence */
    bool secured;    /* with the name, each handshake came to its end */
    bool opened;     /* without the name, one did */
    bool unanswered; /* without the name, nobody answered at all */
    bool mixed;      /* with the name one did, and without it one was cut off */
    struct ids ids;  /* of what was used */
    int64_t bytes; /* received when it fell silent; 0: it did not, or not always
                    * there */
};

/* Reads `list` (x_compare of the i-th entry of x_retest). `ip` is the address
 * that it has to be about, as text, NULL: any; `control` is what the control
 * got: without its page nothing can be said of pages. ERR_PARSE: `d` names the
 * key. */
MUST_USE enum err judge_sni(const struct json *list, size_t i, const char *ip,
                            const struct vcontrol *control,
                            struct comparison *out, struct diag *d);

#endif
