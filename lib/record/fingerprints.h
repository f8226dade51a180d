// SPDX-License-Identifier: Apache-2.0
/* Known block pages and forged DNS answers: OONI's CSV as it is, and our own
 * short set (compiled in, each with its source). Immutable after loading;
 * shared between threads.
 */
#ifndef PARALLAX_RECORD_FINGERPRINTS_H
#define PARALLAX_RECORD_FINGERPRINTS_H

#include "base/buf.h"
#include "base/region.h"
#include "record/fingerprint.h"

struct fingerprints;

/* The built-in set only. */
MUST_USE enum err fingerprints_builtin(struct fingerprints **out);
/* Must not be in use any longer. NULL is let be. */
void fingerprints_free(struct fingerprints *f);
/* Adds OONI's CSV (http or dns told apart by its rows). A bad row, or one too
 * weak to decide anything (fp_strength.h), is told to `bad` as "file:line:
 * reason" and skipped; the good ones are appended to `kept` in the same form,
 * header included. Both may be NULL. ERR_LIMIT when there are too many in all:
 * `f` then is good for nothing but being freed. */
MUST_USE enum err fingerprints_add_csv(struct fingerprints *f, const char *file,
                                       struct str text, struct buf *kept,
                                       void (*bad)(void *, const char *msg),
                                       void *arg);
/* How many there are, false positives included. */
size_t fingerprints_count(const struct fingerprints *f);
/* i in [0, fingerprints_count): in the order in which they were added. */
const struct fingerprint *fingerprints_get(const struct fingerprints *f,
                                           size_t i);

/* What matches. Of several rows it is the one that says most in a record of the
 * country `cc` (fp_worth.h), and of those the first that was added; rows that
 * say nothing anywhere are not looked for. */
struct fp_match {
    const struct fingerprint *fp;       /* NULL: none */
    const struct fingerprint *harmless; /* of scope "fp"; NULL: none */
    bool gave_up; /* an expression took too long: there may be more */
};

/* In a body. */
MUST_USE enum err fingerprints_match_body(const struct fingerprints *f,
                                          struct str body, struct str cc,
                                          struct fp_match *out);
/* In the value of a response header; `name` in any case. */
MUST_USE enum err fingerprints_match_header(const struct fingerprints *f,
                                            struct str name, struct str value,
                                            struct str cc,
                                            struct fp_match *out);
/* Of an answer: an address as text, or the target of a CNAME. NULL: none, or
 * it is known as harmless. */
const struct fingerprint *fingerprints_match_dns(const struct fingerprints *f,
                                                 struct str address_or_name,
                                                 struct str cc);

#endif
