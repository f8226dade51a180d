// SPDX-License-Identifier: Apache-2.0
/* Where a rule of the verdict stands in what is told to a person, and what is
 * advised with it. No text: that is the same in every language.
 */
#ifndef PARALLAX_WORDS_GUIDE_H
#define PARALLAX_WORDS_GUIDE_H

#include "verdict/rules.h"
#include "verdict/xstate.h"

/* The steps of a visit, as they are told. */
enum guide_step {
    STEP_NAME = 1, /* name lookup */
    STEP_CONNECT,  /* connection to each address */
    STEP_SECURE,   /* TLS */
    STEP_PAGE,
    STEP_AGAIN, /* a further measurement of it all */
    STEP_NONE,  /* of rules that are about no step */
    STEP_COUNT
};

/* What to try; in the order in which it is told. */
enum advice {
    ADVICE_SPELLING,
    ADVICE_PASSWORDS,
    ADVICE_CLOCK,
    ADVICE_PORTAL,
    ADVICE_BROWSER,
    ADVICE_CONTROL,
    ADVICE_MACHINE,
    ADVICE_LATER,
    ADVICE_ROUTER,
    ADVICE_WAIT,
    ADVICE_NETWORK,
    ADVICE_RESOLVER,
    ADVICE_FILTER,
    ADVICE_SEND,
    ADVICE_DEVICE,
    ADVICE_COUNT
};

/* One piece of advice as a bit of a set: ADVISE(CLOCK) | ADVISE(PORTAL). */
#define ADVISE(what) (1u << ADVICE_##what)

/* The step that a rule is about. */
enum guide_step guide_step(enum rule r);
/* The set of what to try where a rule is a reason; may be 0. */
unsigned guide_advice(enum rule r);
/* The set of what to try whatever the reasons are; never 0. */
unsigned guide_state_advice(enum xstate state);

#endif
