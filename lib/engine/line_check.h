// SPDX-License-Identifier: Apache-2.0
/* Is the line alive? Two questions that resolvers answer, by way of the
 * system's and of a public one; their only use is that an answer is heard: it
 * counts in instruments_bytes. No part of a measurement.
 */
#ifndef PARALLAX_ENGINE_LINE_CHECK_H
#define PARALLAX_ENGINE_LINE_CHECK_H

#include "engine/instruments.h"

struct line_question;

struct line_check {
    struct instruments *in;
    struct line_question *first;
    unsigned n; /* questions under way */
};

/* Nothing was asked yet; `in` is borrowed. */
void line_check_init(struct line_check *c, struct instruments *in);
/* Asks, unless there are too many questions under way already. ERR_NOMEM; or
 * as lookup_start. */
MUST_USE enum err line_check_ask(struct line_check *c);
/* Stops what is under way. */
void line_check_cancel(struct line_check *c);

#endif
