// SPDX-License-Identifier: Apache-2.0
/* What is kept while further measurements are weighed (retest.h). */
#ifndef PARALLAX_VERDICT_RETEST_COURSE_H
#define PARALLAX_VERDICT_RETEST_COURSE_H

#include "verdict/retest_notice.h"

/* One of them, and the verdict that it alone gives. */
struct again {
    struct observations o;
    struct verdict v;
    bool silent;         /* nothing was heard on the line for a while */
    bool residual;       /* another site had been cut off where it got stuck */
    bool after_residual; /* the one before was so, this one is not */
    double after;        /* seconds since the first one */
};

/* How far the further measurements have brought it. */
struct course {
    bool open;     /* the verdict may still be chance */
    bool residual; /* or the doing of what stopped another site */
    bool shut;     /* so it must be: right before a measurement nobody answered
                      who was asked without a name, nor when one was asked
                      before that, and none has since */
    size_t unanswered;    /* so often nobody did, with none between, */
    double unanswered_at; /* so many seconds after the first one at last */
    bool lost;            /* the resolver lost the question */
    bool waited;          /* it did not answer once */
    size_t n;             /* further measurements so far */
    bool unheard;         /* in one of them the line was silent */
    bool compared;        /* with the site's name and without */
    bool named;           /* and with it alone all was cut off, */
    bool secured;         /* or each handshake with the name came to its end, */
    bool after_residual;  /* when what stopped another site was over */
    bool anyway;          /* or none did, whatever name was said */
    bool opened;          /* later one did, without a name, just now */
    const struct vcontrol *control; /* of the one that v is about */
    const struct observations *o;   /* likewise */
    struct notice_course notice;
};

#endif
