// SPDX-License-Identifier: Apache-2.0
/* The texts that what is ours is written as: one list, which scrub_words.h
 * encodes and looks for, and which the tests read. docs/safety.md names them.
 */
#ifndef PARALLAX_RECORD_SCRUB_FORMS_H
#define PARALLAX_RECORD_SCRUB_FORMS_H

#include "record/scrub_own.h"

#define SCRUB_FORM_MAX 96 /* bytes of a text, its NUL included */

/* What stands before and behind a form in a longer text, so that it is one. */
enum scrub_form_edge {
    SCRUB_FORM_VALUE,  /* read and compared as a value (scrub_addr.h) */
    SCRUB_FORM_NUMBER, /* no digit or fraction beside it */
    SCRUB_FORM_HEX,    /* no digit before it, no hex digit behind it */
    SCRUB_FORM_WORD    /* the same; a name: no letter or digit beside it */
};

struct scrub_form {
    char text[SCRUB_FORM_MAX];
    enum scrub_form_edge edge;
    int name; /* index of the name that it is of, else -1 */
};

/* Calls `fn` with each form of all that is ours; stops when it fails, with its
 * error. */
MUST_USE enum err scrub_forms_each(const struct scrub *s,
                                   enum err (*fn)(void *arg,
                                                  const struct scrub_form *f),
                                   void *arg);

#endif
