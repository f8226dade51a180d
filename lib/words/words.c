// SPDX-License-Identifier: Apache-2.0
#include "words/words.h"
#include "words/english.h"

/* A second language is chosen here. */
static const struct catalogue *const spoken = &english;

const struct rule_words *words_rule(enum rule r)
{
    return &spoken->rules[r];
}

const struct method_words *words_method(enum method m)
{
    return &spoken->methods[m];
}

const char *words_advice(enum advice a)
{
    return spoken->advice[a];
}

const char *words_step(enum guide_step s)
{
    return spoken->steps[s];
}

const char *words_failure(struct str failure)
{
    return spoken->failures[failure_of(failure)];
}

const char *words_sureness(double confidence)
{
    enum sureness s = confidence >= 0.95   ? SURE_ALMOST
                      : confidence >= 0.85 ? SURE_VERY_LIKELY
                      : confidence >= 0.7  ? SURE_LIKELY
                      : confidence >= 0.5  ? SURE_MORE_THAN_NOT
                                           : SURE_GUESS;
    return spoken->sureness[s];
}
