// SPDX-License-Identifier: Apache-2.0
/* The table of categories and their classes. */
#include "record/category.h"

#include "base/ascii.h"

#define RISK_NO_CODE 2
#define RISK_UNKNOWN 3

/* The risk is that of being seen to visit such a site, not of the site itself:
 * what a prosecutor, a family member or an employer would make of a line in a
 * provider's log. Where law differs between countries the harder case counts.
 *
 * R0  everyday use explains it: shops, search, games, public bodies
 * R1  ordinary, but says something of a person: what they read, whom they
 *     talk to, whom they want to meet
 * R2  sensitive where speech, belief or morals are policed, and rows
 *     that do not say what they are
 * R3  in some places alone a reason to be harmed or charged, and codes whose
 *     meaning we do not know: it may be this one
 */
static const struct category categories[] = {
    {"COMM", "E-commerce", 0},
    {"CTRL", "Control content", 0},
    {"CULTR", "Culture", 0},
    {"ECON", "Economics", 0},
    {"ENV", "Environment", 0},
    {"GAME", "Gaming", 0},
    {"GOVT", "Government", 0},
    {"HOST", "Hosting and blogging platforms", 0},
    {"IGO", "Intergovernmental organizations", 0},
    {"MMED", "Media sharing", 0},
    {"PUBH", "Public health", 0},
    {"SRCH", "Search engines", 0},

    {"COMT", "Communication tools", 1},
    {"DATE", "Online dating", 1},
    {"FILE", "File-sharing", 1},
    {"GRP", "Social networking", 1},
    {"NEWS", "News media", 1},
    {"PROV", "Provocative attire", 1},
    {"XED", "Sex education", 1},

    {"ALDR", "Alcohol and drugs", 2},
    {"ANON", "Anonymization and circumvention tools", 2},
    {"GMB", "Gambling", 2},
    {"HACK", "Hacking tools", 2},
    {"HUMR", "Human rights issues", 2},
    {"MISC", "Miscellaneous content", 2},
    {"POLR", "Political criticism", 2},
    {"REL", "Religion", 2},

    {"HATE", "Hate speech", 3},
    {"LGBT", "LGBT", 3},
    {"MILX", "Terrorism and militants", 3},
    {"PORN", "Pornography", 3},
};

/* Codes of older lists, by the legend's column "Replaces old code(s)". */
static const struct {
    const char *old, *now;
} retired[] = {
    {"BLGSERV", "HOST"},  {"CACH", "CTRL"},  {"CLOUD", "HOST"},
    {"DEV", "ECON"},      {"EMAIL", "COMT"}, {"FEXP", "NEWS"},
    {"FREL", "GOVT"},     {"GAYL", "LGBT"},  {"HAL", "CULTR"},
    {"KWRD", "MISC"},     {"MINF", "HUMR"},  {"MINR", "HUMR"},
    {"MSG", "COMT"},      {"P2P", "FILE"},   {"POLT", "POLR"},
    {"SELFHARM", "PUBH"}, {"SFTWR", "FILE"}, {"TRNS", "COMT"},
    {"USMIL", "GOVT"},    {"VOIP", "COMT"},  {"WOMR", "HUMR"},
    {"WRZ", "FILE"},
};

/* Every cell of a list is asked about: most are told apart by their first
 * letter. */
static bool begins_as(struct str code, const char *known)
{
    return code.len > 0 && ascii_lower(code.p[0]) == ascii_lower(known[0]);
}

static const struct category *find_current(struct str code)
{
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        if (begins_as(code, categories[i].code) &&
            str_ieq_c(code, categories[i].code)) {
            return &categories[i];
        }
    }
    return NULL;
}

const struct category *category_find(struct str code)
{
    for (size_t i = 0; i < sizeof(retired) / sizeof(retired[0]); i++) {
        if (begins_as(code, retired[i].old) &&
            str_ieq_c(code, retired[i].old)) {
            return find_current(str_c(retired[i].now));
        }
    }
    return find_current(code);
}

bool category_is_meant(struct str cell)
{
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        if (begins_as(cell, categories[i].name) &&
            str_ieq_c(cell, categories[i].name)) {
            return true;
        }
    }
    return category_find(cell);
}

int category_risk(struct str code)
{
    const struct category *c = category_find(code);

    return code.len == 0 ? RISK_NO_CODE : c ? c->risk : RISK_UNKNOWN;
}
