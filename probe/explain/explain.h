// SPDX-License-Identifier: Apache-2.0
/* A record and its verdict in plain words, for somebody who is no engineer:
 * what happened at each step and what the control saw there, why we think so,
 * what else it could be, what to try. Pure: no I/O, no clock; used by
 * `parallax diagnose`. Nothing here judges: what it says follows from the
 * verdict and the observations.
 *
 * Texts of the network (titles, names, failures nobody knows) stand in the
 * explanation as they came; explain_text makes them safe for a terminal.
 */
#ifndef PARALLAX_PROBE_EXPLAIN_EXPLAIN_H
#define PARALLAX_PROBE_EXPLAIN_EXPLAIN_H

#include "base/buf.h"
#include "base/diag.h"
#include "verdict/verdict.h"

enum explain_step_kind {
    STEP_NAME,    /* name lookup */
    STEP_CONNECT, /* connection to each address */
    STEP_SECURE,  /* TLS */
    STEP_PAGE,
    STEP_AGAIN, /* a further measurement of it all */
    STEP_NONE   /* of rules that are about no step */
};

enum explain_mark {
    MARK_OK,
    MARK_ODD, /* something came, and the verdict stands on it being wrong */
    MARK_FAILED,
    MARK_NOT_TRIED,
    MARK_NOTE /* goes on about the row before it */
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
};

struct explain_step {
    enum explain_step_kind kind;
    int depth;         /* redirects before it */
    const char *about; /* host name, URL or "" */
    struct explain_row *rows;
    size_t n_rows, cap_rows;
};

/* A rule of the verdict in words. */
struct explain_point {
    const char *rule;
    const char *text;
    const int64_t *ids; /* transaction ids */
    size_t n_ids;
};

#define EXPLAIN_MAX_POINTS 32
#define EXPLAIN_MAX_ADVICE 16

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
    bool undecided;   /* then there may be more than we can list */
    struct explain_step *steps;
    size_t n_steps, cap_steps;
    struct explain_point why[EXPLAIN_MAX_POINTS];
    size_t n_why;
    struct explain_point else_[EXPLAIN_MAX_POINTS];
    size_t n_else;
    const char *advice[EXPLAIN_MAX_ADVICE];
    size_t n_advice;
};

/* `record` is the whole record, `v` its verdict; both are borrowed by *out,
 * the rest of which lives in `r`. `fps` may be NULL. ERR_PARSE: unusable
 * record, `d` names the key. */
MUST_USE enum err explain(struct region *r, const struct json *record,
                          const struct verdict *v,
                          const struct fingerprints *fps,
                          struct explanation *out, struct diag *d);
/* For a person: at most 80 columns, safe for a terminal. */
MUST_USE enum err explain_text(const struct explanation *x, struct buf *out);
/* One JSON object, with transaction ids and the verdict itself. */
MUST_USE enum err explain_json(const struct explanation *x,
                               const struct verdict *v, struct buf *out);

#endif
