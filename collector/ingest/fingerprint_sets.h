// SPDX-License-Identifier: Apache-2.0
/* Imported sets of fingerprints: `fingerprints/NAME.csv` in the data
 * directory, each a line of ours (format, time, SHA-256 of what follows) and
 * OONI's CSV with the rows that were good. Written whole or not at all, with
 * no lock: importing a set again replaces it. Called by acceptor.c and by the
 * command `fingerprints`.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_FINGERPRINT_SETS_H
#define PARALLAX_COLLECTOR_INGEST_FINGERPRINT_SETS_H

#include "base/diag.h"
#include "record/fingerprints.h"

#define FINGERPRINT_SETS_MAX        64
#define FINGERPRINT_SETS_NAME_MAX   64
#define FINGERPRINT_SETS_FILE_MAX   ((size_t)32 << 20)
#define FINGERPRINT_SETS_BUILTIN    "built-in"
#define FINGERPRINT_SETS_REASON_MAX 300

struct fingerprint_set {
    char name[FINGERPRINT_SETS_NAME_MAX + 1];
    /* why it cannot be used, "" if it can */
    char reason[FINGERPRINT_SETS_REASON_MAX];
    int64_t imported_s;       /* 0: built in */
    size_t dns, body, header; /* fingerprints of each kind */
};

typedef void (*fingerprint_sets_fn)(void *arg,
                                    const struct fingerprint_set *set);

/* What is imported. */
struct fingerprint_import {
    const char *name; /* of the set */
    const char *file; /* as it is called in messages */
    struct str text;  /* of a list of OONI's */
    /* told of each row that is left out: "file:line: reason" */
    void (*bad)(void *arg, const char *msg);
    void *arg;
};

/* The built-in fingerprints and those of every stored set, in the order of
 * their names; `fn` is told of each, the unusable ones too, which are left
 * out. `data_dir` NULL or without sets: the built-in ones. Caller frees *out
 * with fingerprints_free. Only this machine's failures are errors. */
MUST_USE enum err fingerprint_sets_open(const char *data_dir,
                                        fingerprint_sets_fn fn, void *arg,
                                        struct fingerprints **out);
/* Letters, digits, `.`, `_` and `-`, not beginning with a dot, not
 * FINGERPRINT_SETS_BUILTIN. */
bool fingerprint_sets_name_ok(const char *name);
/* Stores a set. ERR_PARSE: no list, or no good row; ERR_LIMIT: too many in all.
 * Then, as after any error, what was stored under that name is unchanged. `d`
 * says why. */
MUST_USE enum err fingerprint_sets_import(const char *data_dir,
                                          const struct fingerprint_import *in,
                                          struct fingerprint_set *out,
                                          struct diag *d);
/* Reads a stored file: the CSV behind its first line, which borrows from
 * `text`, and when it was imported. ERR_PARSE if it is damaged. For tests:
 * what opens and imports sets is enough elsewhere. */
MUST_USE enum err fingerprint_sets_read(struct str text, struct str *csv,
                                        int64_t *imported_s);

#endif
