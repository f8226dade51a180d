// SPDX-License-Identifier: Apache-2.0
/* Prints the tables of docs/methodology.md from lib/verdict/rules.def, as
 * Markdown (`make docs`).
 */
#include "verdict/rules.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* A heading, or a rule. */
struct entry {
    const char *section; /* NULL: a rule */
    enum rule id;
    const char *sees, *source, *mistakes, *otherwise, *tests;
};

static const struct entry entries[] = {
#define SECTION(title) {.section = title},
#define RULE(id, name, method, confidence, sees, source, mistakes, otherwise,  \
             tests)                                                            \
    {NULL, id, sees, source, mistakes, otherwise, tests},
#include "verdict/rules.def"
};

static const char *const keys[NOTE_COUNT] = {
#define NOTE(id, rule, text) [id] = #id,
#include "verdict/rules.def"
};

/* How the rule accuses, and how sure what it decides is. */
static void print_weight(enum rule r)
{
    const char *method = method_name(rules_method(r));
    double confidence = rules_confidence(r);
    if (method) {
        printf("`%s`, ", method);
    }
    if (confidence == SUPPORTS_ONLY) {
        printf("support only");
    } else if (confidence == BY_EVIDENCE) {
        printf("by evidence");
    } else {
        printf("%.2f", confidence);
    }
}

static void print_entry(const struct entry *e)
{
    if (e->section) {
        printf("\n### %s\n\n"
               "| Rule | Says | Accuses, how sure | Source "
               "| Known false positives | What else it could be "
               "| Covered by |\n"
               "|---|---|---|---|---|---|---|\n",
               e->section);
        return;
    }
    printf("| `%s` | %s | ", rules_name(e->id), e->sees);
    print_weight(e->id);
    printf(" | %s | %s | %s | %s |\n", e->source, e->mistakes, e->otherwise,
           e->tests);
}

/* NOTE_EARLY has the key `early`. */
static void print_key(enum note n)
{
    printf("`");
    for (const char *c = keys[n] + strlen("NOTE_"); *c; c++) {
        putchar(tolower((unsigned char)*c));
    }
    printf("`");
}

int main(void)
{
    for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
        print_entry(&entries[i]);
    }
    printf("\n### The sentences\n\n"
           "What a rule may say as the `note` of a reason or an alternative.\n"
           "\n| Rule | Key | Sentence |\n|---|---|---|\n");
    for (enum note n = 0; n < NOTE_COUNT; n++) {
        printf("| `%s` | ", rules_name(rules_of(n)));
        print_key(n);
        printf(" | %s |\n", rules_text(n));
    }
    return 0;
}
