// SPDX-License-Identifier: Apache-2.0
/* The words of explanations: one entry per rule of lib/verdict/rules.h, the
 * advice, failure strings. Tables and look-ups only; texts are static, ASCII,
 * and full sentences unless said otherwise.
 */
#ifndef PARALLAX_PROBE_EXPLAIN_EXPLAIN_WORDS_H
#define PARALLAX_PROBE_EXPLAIN_EXPLAIN_WORDS_H

#include "probe/explain/explain.h"

/* What to try; in the order in which it is told. */
#define ADVICE_SPELLING  (1u << 0)
#define ADVICE_PASSWORDS (1u << 1)
#define ADVICE_CLOCK     (1u << 2)
#define ADVICE_PORTAL    (1u << 3)
#define ADVICE_BROWSER   (1u << 4)
#define ADVICE_CONTROL   (1u << 5)
#define ADVICE_MACHINE   (1u << 6)
#define ADVICE_LATER     (1u << 7)
#define ADVICE_ROUTER    (1u << 8)
#define ADVICE_WAIT      (1u << 9)
#define ADVICE_NETWORK   (1u << 10)
#define ADVICE_RESOLVER  (1u << 11)
#define ADVICE_FILTER    (1u << 12)
#define ADVICE_SEND      (1u << 13)
#define ADVICE_DEVICE    (1u << 14)
#define ADVICE_BITS      15

struct rule_words {
    const char *rule;
    enum explain_step_kind step; /* that it is about */
    const char *why;             /* as a reason */
    const char *other; /* as another explanation; NULL: the rule accuses, and
                          what it says may still be so */
    const char *brief; /* ends "it could not be decided: ", or "down: "; NULL
                          where the rule never decides so */
    const char *doubt; /* an innocent cause it cannot exclude, or NULL */
    unsigned advice;
};

/* NULL for a rule that is not known here. */
const struct rule_words *words_rule(const char *rule);
/* How many there are, and each of them. */
size_t words_rules(void);
const struct rule_words *words_rule_at(size_t i);

/* Text of one ADVICE_ bit. */
const char *words_advice(unsigned bit);
/* What to try whatever the reasons are; never 0. */
unsigned words_state_advice(enum xstate state);

/* A failure string in a few words, no sentence; NULL if it is not known. */
const char *words_failure(struct str failure);
/* Is it one of those that end a connection on the way? */
bool words_cut(struct str failure);
/* What is done to a site blocked by `method`; ends "is blocked: ". */
const char *words_method(const char *method);
/* "very likely" and the like. */
const char *words_confidence(double confidence);

#endif
