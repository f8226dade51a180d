// SPDX-License-Identifier: Apache-2.0
/* The rules behind x_verdict and the sentences that they say: what rules.def
 * lists, as enums and look-ups.
 */
#ifndef PARALLAX_VERDICT_RULES_H
#define PARALLAX_VERDICT_RULES_H

#include "verdict/method.h"
#include <stdbool.h>
#include <stddef.h>

/* Stands in records; goes up when a verdict of an old record would change. */
#define VERDICT_RULES_VERSION "13"

/* In place of a confidence in rules.def: the judge says from case to case how
 * sure it is ... */
#define BY_EVIDENCE 0.0
/* ... or the rule never decides: it supports another, or is an alternative. */
#define SUPPORTS_ONLY (-1.0)

enum rule {
#define RULE(id, ...) id,
#include "verdict/rules.def"
    RULE_COUNT
};

enum note {
#define NOTE(id, ...) id,
#include "verdict/rules.def"
    NOTE_COUNT
};

/* Its name in records. */
const char *rules_name(enum rule r);
/* RULE_COUNT for a name that is not known here. */
enum rule rules_by_name(const char *name);
/* How it accuses; METHOD_NONE where it never does. */
enum method rules_method(enum rule r);
/* 0..1, BY_EVIDENCE or SUPPORTS_ONLY. */
double rules_confidence(enum rule r);
/* The rule that says this. */
enum rule rules_of(enum note n);
/* The sentence, as it stands in records. */
const char *rules_text(enum note n);
/* What stands among the alternatives where the rule accuses, number `i`;
 * NOTE_COUNT after the last. */
enum note rules_else(enum rule r, size_t i);
/* For tests: the list says that nothing else is known where the rule accuses.
 */
bool rules_nothing_else(enum rule r);

#endif
