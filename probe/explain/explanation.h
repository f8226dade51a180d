// SPDX-License-Identifier: Apache-2.0
/* An explanation: what is told about one record, before it is laid out for a
 * terminal or written as JSON. Texts of the network (titles, names, failures
 * nobody knows) stand in it as they came.
 */
#ifndef PARALLAX_PROBE_EXPLAIN_EXPLANATION_H
#define PARALLAX_PROBE_EXPLAIN_EXPLANATION_H

#include "words/guide.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum explain_mark {
    MARK_OK,
    MARK_ODD, /* something came that the verdict calls wrong, for example a
                 forged address or a block page */
    MARK_FAILED,
    MARK_NOT_TRIED,
    MARK_NOTE /* says more about the row before it */
};

/* One resolver, address, page or further measurement. */
struct explain_row {
    enum explain_mark mark;
    const char *what;    /* who was asked; "" if there is but one */
    const char *here;    /* what came of it */
    const char *control; /* what the control saw; NULL: it says nothing */
    const char *failure; /* failure string of the record, or NULL */
    int64_t id;          /* transaction id, 0 none */
    size_t more;         /* addresses besides that in `what`: the same there */
    bool plain_ok;       /* `here` says no more than that it went well */
};

struct explain_step {
    enum guide_step kind;
    int depth;         /* redirects before it */
    const char *about; /* host name, URL or "" */
    struct explain_row *rows;
    size_t n_rows, cap_rows;
};

/* A rule of the verdict in words. */
struct explain_point {
    enum rule rule;
    const char *text;
    const int64_t *ids; /* transaction ids */
    size_t n_ids;
};

#define EXPLAIN_MAX_POINTS 32

struct explanation {
    const char *input; /* the URL as it was given */
    const char *url;   /* the same, normalised */
    const char *host;
    const char *when; /* YYYY-MM-DD HH:MM:SS UTC, or "" */
    const char *cc;
    const char *asn;     /* "AS64500" */
    const char *network; /* its name, or "" */
    const char *headline;
    const char *sure; /* how sure, in words and number */
    bool has_control; /* the control answered */
    bool undecided;   /* the verdict is `inconclusive`: the causes listed are
                         perhaps not all there could be */
    struct explain_step *steps;
    size_t n_steps, cap_steps;
    struct explain_point why[EXPLAIN_MAX_POINTS];
    size_t n_why;
    struct explain_point else_[EXPLAIN_MAX_POINTS];
    size_t n_else;
    const char *advice[ADVICE_COUNT];
    size_t n_advice;
};

#endif
