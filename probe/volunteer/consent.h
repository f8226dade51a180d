// SPDX-License-Identifier: Apache-2.0
/* What the volunteer agreed to: the classes of sites (docs/safety.md) this
 * machine may contact. Kept in the state directory as three lines:
 *
 *     version = 1
 *     accepted = R0,R1
 *     date = 2026-11-24
 *
 * A file that cannot be read as that counts as no consent, never as more.
 */
#ifndef PARALLAX_PROBE_VOLUNTEER_CONSENT_H
#define PARALLAX_PROBE_VOLUNTEER_CONSENT_H

#include "base/diag.h"
#include "base/str.h"

#define CONSENT_VERSION      1
#define CONSENT_CLASSES      4
#define CONSENT_CLASSES_TEXT 16 /* "R0,R1,R2,R3" and more */

struct consent {
    bool given;
    bool accepted[CONSENT_CLASSES]; /* R0..R3 */
    char date[11];                  /* YYYY-MM-DD */
};

/* Reads the file. No file gives ERR_OK with `given` false; a damaged one
 * ERR_PARSE, one of another version of the text ERR_NOTFOUND, both with `d`
 * saying what to do. */
MUST_USE enum err consent_load(struct consent *out, struct diag *d);

/* Writes the file, whole or not at all. */
MUST_USE enum err consent_store(const struct consent *c, struct diag *d);

/* Removes the file; ERR_NOTFOUND if there was none. */
MUST_USE enum err consent_revoke(struct diag *d);

/* For tests: parses the text of a consent file. */
MUST_USE enum err consent_parse(struct str text, struct consent *out,
                                struct diag *d);

/* "R0,R2" into flags; ERR_PARSE names what is wrong. */
MUST_USE enum err consent_parse_classes(struct str text,
                                        bool accepted[CONSENT_CLASSES],
                                        struct diag *d);

/* "R0,R1"; "" for none. */
void consent_format_classes(const bool accepted[CONSENT_CLASSES],
                            char out[CONSENT_CLASSES_TEXT]);

/* One line on what a class holds. */
const char *consent_class_text(int risk);

/* For commands that contact anything: true if there is consent, else says on
 * standard error what is missing and how to give it. */
bool consent_required(struct consent *out, const char *command);

#endif
