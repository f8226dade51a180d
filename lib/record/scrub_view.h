// SPDX-License-Identifier: Apache-2.0
/* A text as it reads once its escapes are undone: percent (once, twice,
 * thrice), character references of HTML, escapes of scripts and regular
 * expressions, and the zero bytes of UTF-16. Every byte knows where it stood.
 */
#ifndef PARALLAX_RECORD_SCRUB_VIEW_H
#define PARALLAX_RECORD_SCRUB_VIEW_H

#include "base/str.h"

struct scrub_view {
    struct str text;
    uint32_t *at; /* where in the source each byte begins, and where it */
    uint32_t *to; /* ends; NULL: as in the source */
    char *own;    /* what `text` points to; NULL: the source itself */
    bool letters; /* an escape stood for a letter or digit */
};

enum scrub_view_kind {
    SCRUB_VIEW_MARKS, /* escapes of what is neither letter nor digit; others
                         stay, since "%198.51.100.7" may be a plain "%" before
                         an address */
    SCRUB_VIEW_ALL
};

/* The source as it is. */
void scrub_view_plain(struct scrub_view *v, struct str source);
/* Undoes escapes. *changed: there were any; else *v is the source as it is.
 * ERR_NOMEM. Freed by scrub_view_fini. */
MUST_USE enum err scrub_view_init(struct scrub_view *v, struct str source,
                                  enum scrub_view_kind kind, bool *changed);
void scrub_view_fini(struct scrub_view *v);

/* The bytes of the source that [*from, *to) of the view stands for; at least
 * one. */
void scrub_view_source(const struct scrub_view *v, size_t *from, size_t *to);

#endif
