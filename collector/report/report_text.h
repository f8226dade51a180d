// SPDX-License-Identifier: Apache-2.0
/* The words of the report for what it knows by number or by name: sites,
 * methods, reasons, levels, rights, causes. Sentences made of them are
 * report_sentence.h. What comes from data is not escaped here.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_REPORT_TEXT_H
#define PARALLAX_COLLECTOR_REPORT_REPORT_TEXT_H

#include "collector/report/report.h"

/* A site's name: "https://www.example.org/" -> "www.example.org"; other forms
 * stay whole. `*cut`: it was longer than 160 bytes and the caller writes an
 * ellipsis behind it. Borrows from `s`. */
struct str report_text_site(const struct aggregate_site *s, bool *cut);

/* The methods in the order in which a report lists them, METHOD_NONE (not
 * known) last. words_method has the words for them. */
extern const enum method report_text_methods[METHOD_COUNT];
/* "dns" ... "throttling", "other". */
const char *report_text_method_key(enum method m);
/* What a rule of the verdict saw, as part of a sentence; NULL: reports do not
 * mention this rule. */
const char *report_text_reason(const char *rule);

/* "low" ... "confirmed" */
const char *report_text_confidence(enum report_confidence c);
/* How strongly the law protects a category of sites: "strongly protected" and
 * so on, by the letter in collector/data/rights_map.csv (H, M, L). */
const char *report_text_presumption(char p);
/* Appends "corroborated in 2 networks" and so on. */
void report_text_strength(struct buf *b, enum report_strength s,
                          uint64_t networks, unsigned observers);
/* "one_observer" and so on, for programs. */
const char *report_text_strength_key(enum report_strength s);
/* Appends "3 independent observers". */
void report_text_observers(struct buf *b, unsigned n);
/* Appends the rights whose bits are set, with `sep` between: their codes or
 * their names. */
void report_text_rights(struct buf *b, unsigned bits, const char *sep,
                        bool codes);
/* What came of a measurement, by enum xstate: "reached", "down for
 * everybody" and so on. */
const char *report_text_state(int state);
/* "blocked", "ok" and so on, for programs. */
const char *report_text_status(enum report_status s);
/* An explanation other than interference, a sentence without its stop. */
const char *report_text_cause(enum report_cause c);
/* What the measurements say about such an explanation, part of a sentence. */
const char *report_text_check(const struct report_alternative *a);

#endif
