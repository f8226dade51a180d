// SPDX-License-Identifier: Apache-2.0
/* Imported sets of fingerprints: `fingerprints/NAME.csv` in the data
 * directory, each a line of ours (format, time, SHA-256 of what follows) and
 * OONI's CSV with the rows that were good. Written whole or not at all, with
 * no lock: importing a set again replaces it. Called by the rules and by the
 * command `fingerprints`.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_FINGERPRINT_SETS_H
#define PARALLAX_COLLECTOR_INGEST_FINGERPRINT_SETS_H

#include "record/fingerprint.h"

#define FPSETS_MAX       64
#define FPSET_NAME_MAX   64
#define FPSET_FILE_MAX   ((size_t)32 << 20)
#define FPSET_BUILTIN    "built-in"
#define FPSET_REASON_MAX 300

struct fpset {
    char name[FPSET_NAME_MAX + 1];
    char reason[FPSET_REASON_MAX]; /* why it cannot be used, "" if it can */
    int64_t imported_s;            /* 0: built in */
    size_t dns, body, header;      /* fingerprints of each kind */
};

typedef void (*fpset_fn)(void *arg, const struct fpset *set);

/* The built-in fingerprints and those of every stored set, in the order of
 * their names; `fn` is told of each, the unusable ones too, which are left
 * out. `data_dir` NULL or without sets: the built-in ones. Caller frees *out
 * with fingerprints_free. Only this machine's failures are errors. */
MUST_USE enum err fpsets_open(const char *data_dir, fpset_fn fn, void *arg,
                              struct fingerprints **out);
/* Letters, digits, `.`, `_` and `-`, not beginning with a dot, not
 * FPSET_BUILTIN. */
bool fpset_name_ok(const char *name);
/* Stores `text`, called `file` in messages, as set `name`; bad rows are told to
 * `bad` ("file:line: reason") and left out. ERR_PARSE: no list, or no good row;
 * ERR_LIMIT: too many in all. Then, as after any error, what was stored under
 * that name is unchanged. `d` says why. */
MUST_USE enum err fpsets_import(const char *data_dir, const char *name,
                                const char *file, struct str text,
                                void (*bad)(void *, const char *msg), void *arg,
                                struct fpset *out, struct diag *d);
/* Reads a stored file: the CSV behind its first line, which borrows from
 * `text`, and when it was imported. ERR_PARSE if it is damaged. */
MUST_USE enum err fpset_read(struct str text, struct str *csv,
                             int64_t *imported_s);

#endif
