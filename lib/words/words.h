// SPDX-License-Identifier: Apache-2.0
/* What is told to people about a verdict: look-ups in the catalogue of one
 * language. Texts are static and never NULL unless it is said here.
 */
#ifndef PARALLAX_WORDS_WORDS_H
#define PARALLAX_WORDS_WORDS_H

#include "base/str.h"
#include "words/catalogue.h"

/* What a rule says. */
const struct rule_words *words_rule(enum rule r);
/* How a site is interfered with. */
const struct method_words *words_method(enum method m);
/* One piece of advice. */
const char *words_advice(enum advice a);
/* The title of a step; none for STEP_NONE. */
const char *words_step(enum guide_step s);
/* A failure string in a few words, no sentence. One that is not in the list of
 * failures is told as unknown: what a library says is for no volunteer. */
const char *words_failure(struct str failure);
/* "very likely" and the like, for 0..1. */
const char *words_sureness(double confidence);

#endif
