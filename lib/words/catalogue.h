// SPDX-License-Identifier: Apache-2.0
/* All that one language has to supply. Texts are plain sentences unless said
 * otherwise; those for the terminal hold no line breaks, which come with the
 * width of the screen.
 */
#ifndef PARALLAX_WORDS_CATALOGUE_H
#define PARALLAX_WORDS_CATALOGUE_H

#include "record/failure.h"
#include "words/guide.h"

/* What a rule of the verdict says. */
struct rule_words {
    /* to the volunteer */
    const char *why;   /* as a reason */
    const char *other; /* as another explanation; NULL: the rule accuses, and
                          what it says may still be so */
    const char *brief; /* goes on after "it could not be decided: " or "down: ";
                          NULL where the rule never decides so */
    const char *doubt; /* an innocent cause it cannot exclude, or NULL */
    /* to who reads a report */
    const char *report; /* what was seen, as part of a sentence; NULL: it is not
                           told */
};

/* How a site is interfered with; of METHOD_NONE where that is not known. */
struct method_words {
    const char *done; /* to the volunteer: goes on after "is blocked: " */
    const char *name; /* in a report: a heading, */
    const char *by;   /* part of a sentence that begins "by", */
    const char *text; /* and an explanation in one or two sentences */
};

/* From the least sure to the surest. */
enum sureness {
    SURE_GUESS,
    SURE_MORE_THAN_NOT,
    SURE_LIKELY,
    SURE_VERY_LIKELY,
    SURE_ALMOST,
    SURE_COUNT
};

/* Arrays, each of as many entries as its enum has values. */
struct catalogue {
    const struct rule_words *rules;     /* by enum rule */
    const struct method_words *methods; /* by enum method */
    const char *const *advice;          /* by enum advice */
    const char *const *steps;           /* by enum guide_step: titles; none for
                                           STEP_NONE */
    const char *const *sureness;        /* by enum sureness: "very likely" */
    const char *const *failures;        /* by enum failure: a few words */
};

#endif
