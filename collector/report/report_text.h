// SPDX-License-Identifier: Apache-2.0
/* The words of the report: plain names for methods, levels and labels, the
 * glossary, and safe ways to write text that came from data. Names, URLs and
 * network names are hostile until they went through here.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_TEXT_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_TEXT_H

#include "collector/report/report_model.h"

/* The country's name as it stands in a sentence: "the Netherlands". */
const char *text_country(const struct report *rep);
/* "https://www.example.org/" -> "www.example.org"; other forms stay whole. */
const char *text_site(struct region *r, const struct aggregate_site *s);

const char *text_method(const char *method);      /* "False DNS answer" */
const char *text_method_long(const char *method); /* two sentences */
/* What a rule of the verdict saw, as part of a sentence; NULL: not told. */
const char *text_reason(const char *rule);
const char *text_confidence(enum report_confidence c);
const char *text_presumption(char p);
/* "corroborated in 2 networks" and so on. */
void text_strength(struct buf *b, enum report_strength s, uint64_t networks,
                   unsigned observers);
const char *text_strength_key(enum report_strength s);
void text_observers(struct buf *b, unsigned n); /* "3 observers" */
void text_rights(struct buf *b, unsigned bits, const char *sep, bool codes);
const char *text_status(enum site_status s);

/* The quotable sentence of one site, without markup characters escaped:
 * appended to `b` as plain UTF-8. */
void text_key_sentence(struct region *r, struct buf *b,
                       const struct report *rep, const struct report_site *s);
/* Why a finding has its confidence. */
void text_basis(struct buf *b, const struct report_finding *f);

struct glossary {
    const char *term, *meaning;
};

extern const struct glossary text_glossary[];
extern const size_t text_glossary_n;

#endif
