// SPDX-License-Identifier: Apache-2.0
/* Words for methods, reasons, levels and causes, by number or by name. */
#include "collector/report/report_text.h"

#include "base/utf8.h"
#include "collector/analysis/observers.h"
#include "verdict/rules.h"
#include "verdict/verdict.h"
#include <string.h>

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

/* ---- methods ------------------------------------------------------------- */

static const struct {
    const char *key, *name, *by, *text;
} methods[] = {
    {"dns", "False DNS answer",
     "by false answers to the question where the "
     "site is (DNS)",
     "Before a site can be opened, its name is looked up in a directory (DNS). "
     "On this network the look-up gave a wrong answer or none, so the visitor "
     "was led elsewhere or told that the site does not exist."},
    {"ip", "Address cut off", "by cutting off the site's address (IP)",
     "The site's true address was known, but connections to it were dropped or "
     "refused on the way. Other sites kept at the same address are then cut "
     "off too."},
    {"tls", "Secure connection broken",
     "by breaking the secure connection (TLS)",
     "The site was found and answered, but the encrypted connection was cut at "
     "the moment the visitor's browser named the site it wanted."},
    {"http", "Page replaced or cut off",
     "by replacing or cutting off the page itself (HTTP)",
     "The connection was made, but the page was replaced by another, such as a "
     "notice, or the connection was cut while it was asked for."},
    {"throttling", "Slowed down", "by slowing the connection (throttling)",
     "The site could be reached, but so slowly that it was of little use."},
};

static size_t method_index(const char *method)
{
    size_t i = 0;
    while (i < sizeof(methods) / sizeof(methods[0]) &&
           strcmp(methods[i].key, method) != 0) {
        i++;
    }
    return i;
}

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

const char *text_method(const char *method)
{
    size_t i = method_index(method);
    return i < N_METHODS ? methods[i].name : "Method not determined";
}

const char *text_method_by(const char *method)
{
    size_t i = method_index(method);
    return i < N_METHODS ? methods[i].by : "by a method not determined";
}

const char *text_method_long(const char *method)
{
    size_t i = method_index(method);
    return i < N_METHODS
               ? methods[i].text
               : "The measurements show interference without telling how.";
}

static const struct {
    const char *rule, *text;
} reasons[] = {
    {RULE_DNS_BOGON, "the look-up gave an address that no public site has"},
    {RULE_DNS_NEGATIVE,
     "the look-up said that the site does not exist, though it does"},
    {RULE_DNS_REFUSED, "the network's directory refused to look up this name"},
    {RULE_DNS_SILENT,
     "the look-up of this name stayed without an answer, others did not"},
    {RULE_DNS_FORGED_CERT,
     "the address given could not prove to be the site (certificate)"},
    {RULE_DNS_FORGED_DEAD, "nothing answers at the address given"},
    {RULE_DNS_FORGED_PAGE, "another page is served at the address given"},
    {RULE_DNS_FINGERPRINT,
     "the address given is known to be used for blocking"},
    {RULE_DNS_TWO_ANSWERS,
     "two answers came to one question, and they contradict each other"},
    {RULE_DNS_EARLY,
     "the answer came much sooner than this directory answers otherwise"},
    {RULE_DNS_REDIRECT, "the look-up failed for the name the site leads on to"},
    {RULE_IP_TIMEOUT,
     "connections stayed without an answer while the control connected"},
    {RULE_IP_REFUSED, "connections were refused while the control connected"},
    {RULE_IP_REJECTED,
     "a router said that the site cannot be reached while the control "
     "connected"},
    {RULE_IP_REDIRECT, "connections failed where the site leads on to"},
    {RULE_TLS_RESET,
     "the connection was cut (reset) when the site's name was sent, while the "
     "control went on"},
    {RULE_TLS_EOF, "the connection was closed when the site's name was sent, "
                   "while the control went on"},
    {RULE_TLS_TIMEOUT, "the connection went silent when the site's name was "
                       "sent, while the control went on"},
    {RULE_TLS_REDIRECT,
     "the secure connection failed where the site leads on to"},
    {RULE_TLS_CERT, "somebody else's certificate was shown for the site"},
    {RULE_TLS_INTERCEPTED,
     "somebody else's certificate was shown when the site's name was sent, and "
     "the true server's when it was not"},
    {RULE_HTTP_RESET,
     "the connection was cut (reset) when the page was asked for"},
    {RULE_HTTP_EOF, "the connection was closed when the page was asked for"},
    {RULE_HTTP_TIMEOUT,
     "the connection went silent when the page was asked for"},
    {RULE_HTTP_FINGERPRINT, "a page known to be a blocking notice was shown"},
    {RULE_HTTP_FORGED, "a page forged on the way took the place of the true"},
    {RULE_HTTP_HEADERLESS,
     "a page without the usual headers took the place of the true"},
    {RULE_PACKET_DISTANCE,
     "the packet that cut the connection came from nearer or farther than "
     "the site"},
    {RULE_SLOW_NAMED,
     "the page came several times slower when the site's name was sent than "
     "without it, every time"},
    {RULE_STALLS_NAMED,
     "the page never came to its end when the site's name was sent, and always "
     "did without it"},
    {RULE_HTTP_DIFFERS, "another page came than the control got"},
};

const char *text_reason(const char *rule)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (strcmp(reasons[i].rule, rule) == 0) {
            return reasons[i].text;
        }
    }
    return NULL;
}

const char *report_text_confidence(enum report_confidence c)
{
    static const char *const names[] = {"low", "moderate", "high", "confirmed"};
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
    static const char *const names[] = {"blocked", "ok", "down", "inconclusive",
                                        "internal"};
    return names[s];
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
         {"it was not reached from another network of the country",
          "it was reached from another network of the country"}},
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
