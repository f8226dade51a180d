// SPDX-License-Identifier: Apache-2.0
/* Words for methods, reasons, levels and causes, by number or by name. */
#include "collector/report/report_text.h"

#include "base/utf8.h"
#include "collector/analysis/observers.h"
#include "verdict/rules.h"
#include "verdict/xstate.h"
#include "words/words.h"

#define SITE_LABEL_MAX 160 /* bytes */

struct str report_text_site(const struct aggregate_site *s, bool *cut)
{
    struct str t = str_c(s->input);
    *cut = false;
    if (t.len == 0) {
        return STR("(no address)");
    }
    if (str_starts(t, "https://")) {
        t = str_sub(t, 8, t.len);
        if (str_ends(t, "/") && str_find_char(t, '/') == t.len - 1) {
            t.len--;
        }
    }
    *cut = t.len > SITE_LABEL_MAX;
    return utf8_cut(t, SITE_LABEL_MAX);
}

const enum method report_text_methods[METHOD_COUNT] = {
    METHOD_DNS,  METHOD_IP,         METHOD_TLS,
    METHOD_HTTP, METHOD_THROTTLING, METHOD_NONE};

const char *report_text_method_key(enum method m)
{
    const char *name = method_name(m);
    return name ? name : "other";
}

const char *report_text_reason(const char *rule)
{
    enum rule known = rules_by_name(rule);
    return known == RULE_COUNT ? NULL : words_rule(known)->report;
}

const char *report_text_confidence(enum report_confidence c)
{
    static const char *const names[] = {"low", "contested", "moderate", "high",
                                        "confirmed"};
    return names[c];
}

const char *report_text_presumption(char p)
{
    switch (p) {
    case 'H':
        return "strongly protected";
    case 'M':
        return "depends on the item";
    case 'L':
        return "restriction may be permissible, the test still applies";
    default:
        return "no presumption";
    }
}

const char *report_text_strength_key(enum report_strength s)
{
    static const char *const keys[] = {"one_observer", "corroborated",
                                       "corroborated_networks"};
    return keys[s];
}

void report_text_strength(struct buf *b, enum report_strength s,
                          uint64_t networks, unsigned observers)
{
    if (s == STRENGTH_NETWORKS) {
        buf_printf(b, "corroborated in %llu networks",
                   (unsigned long long)networks);
    } else if (s == STRENGTH_OBSERVERS) {
        buf_printf(b, "corroborated by %u observers", observers);
    } else {
        buf_add_c(b, "one observer");
    }
}

void report_text_observers(struct buf *b, unsigned n)
{
    buf_printf(b, "%u%s independent observer%s", n,
               n >= OBSERVERS_MAX ? " or more" : "", n == 1 ? "" : "s");
}

void report_text_rights(struct buf *b, unsigned bits, const char *sep,
                        bool codes)
{
    bool any = false;
    for (unsigned i = 0; i < RIGHTS_N; i++) {
        if ((bits & 1u << i) == 0) {
            continue;
        }
        if (any) {
            buf_add_c(b, sep);
        }
        buf_add_c(b,
                  codes ? coalition_rights[i].code : coalition_rights[i].name);
        any = true;
    }
}

const char *report_text_state(int state)
{
    static const char *const names[] = {[X_OK] = "reached",
                                        [X_BLOCKED] = "blocked",
                                        [X_DOWN] = "down for everybody",
                                        [X_INCONCLUSIVE] = "inconclusive",
                                        [X_INTERNAL] =
                                            "failed at the measuring end"};
    return names[state];
}

const char *report_text_status(enum report_status s)
{
    static const enum xstate states[] = {[SITE_BLOCKED] = X_BLOCKED,
                                         [SITE_OK] = X_OK,
                                         [SITE_DOWN] = X_DOWN,
                                         [SITE_INCONCLUSIVE] = X_INCONCLUSIVE,
                                         [SITE_INTERNAL] = X_INTERNAL};

    return xstate_name(states[s]);
}

/* These are said whether it is excluded or not. */
#define PAGES_COMPARED                                                         \
    "pages were compared with the one seen from outside before the verdict"
#define ONE_NETWORK "one network alone cannot show this; several networks can"

static const struct {
    const char *hypothesis;
    const char *check[2]; /* where it is not excluded, and where it is */
} causes[] = {
    [CAUSE_SITE_DOWN] =
        {"The site was down for everybody",
         {"the control outside the country reached it, but not every answer of "
          "the control carried a checked signature",
          "the control outside the country reached it at the same time, in a "
          "signed answer"}},
    [CAUSE_EQUIPMENT] = {"A fault or filter of one volunteer's equipment",
                         {"seen by one observer only",
                          "seen by several independent observers"}},
    [CAUSE_PASSING_FAULT] =
        {"A passing fault of the network",
         {"not yet repeated at least one hour apart",
          "seen in several rounds at least one hour apart"}},
    [CAUSE_COUNTRY_TURNED_AWAY] =
        {"The site turns away visitors from this country",
         {"two observers did not reach it on one day from another network of "
          "the country",
          "two or more observers reached it from another network of the "
          "country"}},
    [CAUSE_OTHER_ADDRESS] =
        {"Another true address of the site was given",
         {NULL, /* always is */
          "answers were compared with those seen from outside before "
          "the verdict"}},
    [CAUSE_OTHER_PAGE] = {"The site shows a different page to some visitors",
                          {PAGES_COMPARED, PAGES_COMPARED}},
    [CAUSE_NETWORK_REFUSED] =
        {"A firewall at the site's end refuses this network's addresses",
         {ONE_NETWORK, ONE_NETWORK}},
};

const char *report_text_cause(enum report_cause c)
{
    return causes[c].hypothesis;
}

const char *report_text_check(const struct report_alternative *a)
{
    return causes[a->cause].check[a->excluded ? 1 : 0];
}
