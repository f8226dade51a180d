// SPDX-License-Identifier: Apache-2.0
/* What a reader of the report may not know, in a sentence or two each. The
 * glossary of this project is docs/glossary.md.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_GLOSSARY_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_GLOSSARY_H

#include <stddef.h>

struct report_term {
    const char *term, *meaning; /* HTML without markup */
};

/* In order of the alphabet, report_glossary_n of them. */
extern const struct report_term report_glossary[];
/* How many terms there are. */
extern const size_t report_glossary_n;

#endif
