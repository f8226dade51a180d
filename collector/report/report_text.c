// SPDX-License-Identifier: Apache-2.0
#include "collector/report/report_text.h"

#include "base/ascii.h"
#include "base/calendar.h"
#include "base/utf8.h"
#include "collector/analysis/observers.h"
#include "verdict/rules.h"
#include "words/phrase.h"
#include <stdio.h>
#include <string.h>

#define SITE_LABEL_MAX   160
#define SITE_IN_SENTENCE 90
#define NAME_IN_SENTENCE 40

const char *text_country(const struct report *rep)
{
    /* those that English names with an article */
    static const char codes[] = "AE BS CD CF CG DO FK FO GB GM KM KP KR KY LA "
                                "MH MV NL PH RU SB SY TC US VA VG VI ";
    char key[4];
    snprintf(key, sizeof(key), "%.2s ", rep->cc);
    if (!strstr(codes, key)) {
        return rep->country;
    }
    const char *name = region_printf(rep->region, "the %s", rep->country);
    return name ? name : rep->country;
}

const char *text_site(struct region *r, const struct aggregate_site *s)
{
    struct str t = str_c(s->input);
    if (t.len == 0) {
        return "(no address)";
    }
    if (str_starts(t, "https://")) {
        t = str_sub(t, 8, t.len);
        if (str_ends(t, "/") && str_find_char(t, '/') == t.len - 1) {
            t.len--;
        }
    }
    if (t.len > SITE_LABEL_MAX) {
        t = utf8_cut(t, SITE_LABEL_MAX);
        const char *cut = region_printf(r, STR_FMT "…", STR_ARG(t));
        return cut ? cut : "";
    }
    const char *copy = region_strndup(r, t.p, t.len);
    return copy ? copy : "";
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

/* ---- labels -------------------------------------------------------------- */

const char *text_confidence(enum report_confidence c)
{
    static const char *const names[] = {"low", "moderate", "high", "confirmed"};
    return names[c];
}

const char *text_presumption(char p)
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

const char *text_strength_key(enum report_strength s)
{
    static const char *const keys[] = {"one_observer", "corroborated",
                                       "corroborated_networks"};
    return keys[s];
}

void text_strength(struct buf *b, enum report_strength s, uint64_t networks,
                   unsigned observers)
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

void text_observers(struct buf *b, unsigned n)
{
    buf_printf(b, "%u%s independent observer%s", n,
               n >= OBSERVERS_MAX ? " or more" : "", n == 1 ? "" : "s");
}

void text_rights(struct buf *b, unsigned bits, const char *sep, bool codes)
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

const char *text_status(enum site_status s)
{
    static const char *const names[] = {"blocked", "ok", "down", "inconclusive",
                                        "internal"};
    return names[s];
}

/* ---- sentences ----------------------------------------------------------- */

/* At most `max` bytes of `s`, whole characters, with an ellipsis if cut. */
static void add_cut(struct buf *b, const char *s, size_t max)
{
    struct str cut = utf8_cut(str_c(s), max);
    buf_add_str(b, cut);
    buf_add_c(b, s[cut.len] ? "…" : "");
}

/* "AS137 GARR" */
static void add_network(struct buf *b, const struct aggregate_network *n)
{
    buf_printf(b, "AS%u", n->asn);
    if (n->name[0] != '\0') {
        buf_add_c(b, " ");
        add_cut(b, n->name, NAME_IN_SENTENCE);
    }
}

/* The three lowest numbers by name, the rest as a count. */
static void add_network_list(struct buf *b, const struct aggregate_site *site)
{
    const struct aggregate_network *named[3];
    size_t n = 0;
    for (struct aggregate_finding *f = site->findings; f; f = f->next_of_site) {
        const struct aggregate_network *net = f->cell->net;
        if (f->cell->findings != f) { /* once per network */
            continue;
        }
        size_t at = n < 3 ? n++ : 3;
        for (; at > 0 && named[at - 1]->asn > net->asn; at--) {
            if (at < 3) {
                named[at] = named[at - 1];
            }
        }
        if (at < 3) {
            named[at] = net;
        }
    }
    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n && site->blocked_networks == n;
        buf_add_c(b, i == 0 ? "" : last ? " and " : ", ");
        add_network(b, named[i]);
    }
    if (site->blocked_networks > n) {
        buf_printf(b, " and %llu more",
                   (unsigned long long)(site->blocked_networks - n));
    }
}

static bool has_method(const struct aggregate_site *site, size_t index)
{
    for (struct aggregate_finding *f = site->findings; f; f = f->next_of_site) {
        if (method_index(f->method) == index) {
            return true;
        }
    }
    return false;
}

/* Distinct methods in a fixed order, so that the sentence never changes. */
static void add_methods_by(struct buf *b, const struct aggregate_site *site)
{
    size_t left = 0;
    for (size_t i = 0; i <= N_METHODS; i++) {
        left += has_method(site, i) ? 1 : 0;
    }
    for (size_t i = 0, done = 0; i <= N_METHODS; i++) {
        if (has_method(site, i)) {
            left--;
            buf_add_c(b, done++ == 0 ? "" : left == 0 ? " and " : ", ");
            buf_add_c(b, i < N_METHODS ? methods[i].by
                                       : "by a method not determined");
        }
    }
}

static void add_kind(struct buf *b, const struct category *k)
{
    if (!k || k->meaning[0] == '\0') {
        return;
    }
    const char *m = k->meaning;
    bool acronym = m[1] >= 'A' && m[1] <= 'Z'; /* LGBT, but news media */
    buf_add_c(b, " (");
    buf_add_byte(b, (uint8_t)(acronym ? m[0] : ascii_lower(m[0])));
    buf_add_c(b, m + 1);
    buf_add_c(b, ")");
}

/* What is weakly founded must not be quotable as a fact. */
void text_key_sentence(struct region *r, struct buf *b,
                       const struct report *rep, const struct report_site *s)
{
    bool weak = s->confidence == CONF_LOW;
    buf_add_c(b, weak ? "Measurements point to interference with access to "
                      : "Access to ");
    add_cut(b, text_site(r, s->site), SITE_IN_SENTENCE);
    add_kind(b, s->category);
    if (!weak) {
        buf_add_c(b, " was interfered with");
    }
    buf_add_c(b, s->ok_since > 0 ? " at times" : "");
    buf_printf(b, " in %s ", text_country(rep));
    phrase_period(b, s->first_s, s->last_s);
    if (s->site->networks == 1) {
        buf_add_c(b, " on the only network that tested it (");
    } else {
        buf_printf(b, " on %llu of %llu networks that tested it (",
                   (unsigned long long)s->site->blocked_networks,
                   (unsigned long long)s->site->networks);
    }
    add_network_list(b, s->site);
    buf_add_c(b, "), ");
    add_methods_by(b, s->site);
    buf_add_c(b, ".");
}

void text_basis(struct buf *b, const struct report_finding *rf)
{
    const struct aggregate_finding *f = rf->f;
    text_observers(b, f->observers);
    buf_printf(b, ", %llu round%s", (unsigned long long)f->rounds,
               f->rounds == 1 ? "" : "s");
    int64_t span_h = (f->last_s - f->first_s) / 3600;
    if (span_h < 1) {
        buf_add_c(b, " within one hour");
    } else if (span_h < 48) {
        buf_printf(b, " over %lld hours", (long long)span_h);
    } else {
        buf_printf(b, " over %lld days", (long long)(span_h / 24));
    }
    buf_printf(b, ", %llu network%s and %u method%s for this site",
               (unsigned long long)f->cell->site->blocked_networks,
               f->cell->site->blocked_networks == 1 ? "" : "s",
               f->cell->site->methods, f->cell->site->methods == 1 ? "" : "s");
}

const struct glossary text_glossary[] = {
    {"AS number (ASN)", "The number under which a network, usually an Internet "
                        "provider, is known to the others, such as AS137."},
    {"Blocked", "In the tables: the site was not reachable from this network "
                "while a computer elsewhere reached it, and the trace shows "
                "interference rather than a fault."},
    {"Control",
     "A computer outside the country that opens the same site at the same "
     "moment. Its answers are signed, so that they cannot be made up; "
     "“verified” means that the signature was checked."},
    {"Covenant (ICCPR)",
     "The International Covenant on Civil and Political Rights of 1966. It "
     "binds the States that are parties to it."},
    {"Finding", "One site, on one network, interfered with in one way, at "
                "least once in the period."},
    {"HTTP", "The language in which a page is asked for and delivered."},
    {"Inconclusive", "The measurements do not allow to tell interference from "
                     "a fault."},
    {"Intermittent", "After interference was first seen, some measurements "
                     "still reached the site."},
    {"Internal", "The measuring computer failed; says nothing about the "
                 "site."},
    {"IP address", "The number of a computer on the Internet."},
    {"Observer", "An independent measurer. Counted per day as the smaller of "
                 "the number of devices and the number of places they "
                 "connected from; the largest day counts. All who cannot be "
                 "checked count together as one at most."},
    {"Presumption", "How far the kind of site is usually protected. It does "
                    "not replace the three-part test."},
    {"Round", "One observer's tests of one site within one hour."},
    {"TLS", "The encryption that protects a connection. The site's name is "
            "readable when it starts, which is where it can be cut."},
    {"uid", "The identity of one measurement. It is computed from the "
            "measurement's content, so a changed record no longer fits it."},
    {"UTC", "Universal time. All times in this report are in UTC."},
};

const size_t text_glossary_n = sizeof(text_glossary) / sizeof(text_glossary[0]);
