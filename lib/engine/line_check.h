// SPDX-License-Identifier: Apache-2.0
/* Is the line alive? Asks a public resolver and the system's in turn about a
 * name that this run has asked for already; public ones alone where the
 * system's answers nothing. What they answer does not matter, only that bytes
 * come back, which instruments_bytes counts, and that a public resolver is then
 * known to live. No part of a measurement.
 */
#ifndef PARALLAX_ENGINE_LINE_CHECK_H
#define PARALLAX_ENGINE_LINE_CHECK_H

#include "engine/instruments.h"

struct line_question;

struct line_check {
    struct instruments *in;
    struct line_question *first;
    unsigned n;  /* questions under way */
    bool public; /* the last one went to a public resolver */
};

/* Nothing was asked yet; `in` is borrowed. */
void line_check_init(struct line_check *c, struct instruments *in);
/* Asks, unless there are too many questions under way already or no name was
 * answered yet. ERR_NOMEM; or as lookup_start. */
MUST_USE enum err line_check_ask(struct line_check *c);
/* Stops what is under way. */
void line_check_cancel(struct line_check *c);

#endif
