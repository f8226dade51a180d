// SPDX-License-Identifier: Apache-2.0
/* The words in English. */
#ifndef PARALLAX_WORDS_ENGLISH_H
#define PARALLAX_WORDS_ENGLISH_H

#include "words/catalogue.h"

/* Every entry is ASCII. */
extern const struct catalogue english;

#endif
