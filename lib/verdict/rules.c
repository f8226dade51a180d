// SPDX-License-Identifier: Apache-2.0
#include "verdict/rules.h"
#include <stdbool.h>
#include <string.h>

static const struct {
    const char *name;
    enum method method;
    double confidence;
} rules[RULE_COUNT] = {

#define RULE(id, name, method, confidence, sees, source, mistakes, otherwise,  \
             tests)                                                            \
    [id] = {name, method, confidence},
#include "verdict/rules.def"
};

static const struct {
    enum rule rule;
    const char *text;
} notes[NOTE_COUNT] = {

#define NOTE(id, rule, text) [id] = {rule, text},
#include "verdict/rules.def"
};

/* What stands among the alternatives of a rule that accuses. */
static const struct {
    enum rule rule;
    bool nothing;
    enum note note;
} others[] = {

#define ELSE(rule, note)   {rule, false, note},
#define NOTHING_ELSE(rule) {rule, true, NOTE_COUNT},
#include "verdict/rules.def"
};

/* A rule or note that lacks a text does not compile. */
#define RULE(id, name, method, confidence, sees, source, mistakes, otherwise,  \
             tests)                                                            \
    _Static_assert(sizeof(name) > 1 && sizeof(sees) > 1 &&                     \
                       sizeof(source) > 1 && sizeof(mistakes) > 1 &&           \
                       sizeof(otherwise) > 1 && sizeof(tests) > 1,             \
                   #id " lacks a text");
#define NOTE(id, rule, text)                                                   \
    _Static_assert(sizeof(text) > 1, #id " says nothing");
#include "verdict/rules.def"

const char *rules_name(enum rule r)
{
    return rules[r].name;
}

enum rule rules_by_name(const char *name)
{
    enum rule r = 0;
    while (r < RULE_COUNT && strcmp(rules[r].name, name) != 0) {
        r++;
    }
    return r;
}

enum method rules_method(enum rule r)
{
    return rules[r].method;
}

double rules_confidence(enum rule r)
{
    return rules[r].confidence;
}

enum rule rules_of(enum note n)
{
    return notes[n].rule;
}

const char *rules_text(enum note n)
{
    return notes[n].text;
}

enum note rules_else(enum rule r, size_t i)
{
    for (size_t k = 0; k < sizeof(others) / sizeof(*others); k++) {
        if (others[k].rule == r && !others[k].nothing && i-- == 0) {
            return others[k].note;
        }
    }
    return NOTE_COUNT;
}

bool rules_nothing_else(enum rule r)
{
    for (size_t k = 0; k < sizeof(others) / sizeof(*others); k++) {
        if (others[k].rule == r && others[k].nothing) {
            return true;
        }
    }
    return false;
}
