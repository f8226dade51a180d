// SPDX-License-Identifier: Apache-2.0
#include "probe/explain/explain_words.h"

#include "verdict/rules.h"

#include <string.h>

/* ---- rules --------------------------------------------------------------- */

#define FIRST_PAGE_ONLY                                                        \
    "Only the first page was fetched: videos, logins or other pages of the "   \
    "site may still be blocked."
#define CHOSEN_FILTER                                                          \
    "A filter that somebody chose (parental control, an office's or a "        \
    "school's filter, security software) does the same."
#define SHUTS_OUT                                                              \
    "The site itself may turn away visitors from this network or country."
#define SHUTS_OUT_BOTH                                                         \
    "The site may turn away this network and the test server alike, which is " \
    "rare."

static const struct rule_words rules[] = {
    /* the page came */
    {.rule = RULE_PAGE_VERIFIED,
     .step = STEP_PAGE,
     .why = "The page came over a secure connection, and its certificate "
            "proves that it is the real site.",
     .other = "The page itself came over a secure connection.",
     .doubt = FIRST_PAGE_ONLY},
    {.rule = RULE_PAGE_SAME,
     .step = STEP_PAGE,
     .why = "The page that came here is the same as the one seen elsewhere.",
     .other = "The page that came is the same as the one seen elsewhere.",
     .doubt = FIRST_PAGE_ONLY},

    /* the name */
    {.rule = RULE_DNS_BOGON,
     .step = STEP_NAME,
     .why = "The lookup gave an address that no public site can have. "
            "Elsewhere the name has a real one.",
     .doubt = CHOSEN_FILTER,
     .advice = ADVICE_RESOLVER | ADVICE_FILTER},
    {.rule = RULE_DNS_NEGATIVE,
     .step = STEP_NAME,
     .why = "The lookup says that the name does not exist or has no address. "
            "Elsewhere it has one.",
     .doubt = CHOSEN_FILTER,
     .advice = ADVICE_RESOLVER | ADVICE_FILTER},
    {.rule = RULE_DNS_REFUSED,
     .step = STEP_NAME,
     .why = "The lookup service refuses this name and answers for others.",
     .doubt = "The lookup service may be overloaded.",
     .advice = ADVICE_RESOLVER | ADVICE_FILTER},
    {.rule = RULE_DNS_SILENT,
     .step = STEP_NAME,
     .why = "Two lookup services stay silent about this name and answer for "
            "others.",
     .doubt = "Messages may have been lost on the way, twice in a row.",
     .advice = ADVICE_RESOLVER},
    {.rule = RULE_DNS_FORGED_CERT,
     .step = STEP_NAME,
     .why = "The address that the lookup gave shows the certificate of "
            "something else; the real site is at another address.",
     .doubt = "A large hosting company may have a machine that is set up "
              "wrongly.",
     .advice = ADVICE_RESOLVER | ADVICE_FILTER | ADVICE_PASSWORDS},
    {.rule = RULE_DNS_FORGED_DEAD,
     .step = STEP_NAME,
     .why = "The lookup gave an address that nobody else knows for this site, "
            "and nothing of the site is there.",
     .doubt = "The lookup service may have kept an old address of the site.",
     .advice = ADVICE_RESOLVER | ADVICE_FILTER},
    {.rule = RULE_DNS_FORGED_PAGE,
     .step = STEP_NAME,
     .why = "The lookup gave an address that nobody else knows for this site, "
            "and a page that is not the site's is shown there.",
     .doubt = "The site may show this region another page from another place.",
     .advice = ADVICE_RESOLVER | ADVICE_FILTER | ADVICE_PASSWORDS},
    {.rule = RULE_DNS_FINGERPRINT,
     .step = STEP_NAME,
     .why = "The lookup gave an address that is known from forged answers.",
     .doubt = "The address may belong to somebody else by now.",
     .advice = ADVICE_RESOLVER},
    {.rule = RULE_DNS_TWO_ANSWERS,
     .step = STEP_NAME,
     .why = "One question got two answers that contradict each other: "
            "somebody on the way forged one of them.",
     .advice = ADVICE_RESOLVER},
    {.rule = RULE_DNS_EARLY,
     .step = STEP_NAME,
     .why = "The answer to the lookup came much sooner than this lookup "
            "service answers otherwise, as if somebody nearer had sent it.",
     .doubt = "An answer from a cache comes soon, too.",
     .advice = ADVICE_RESOLVER},
    {.rule = RULE_DNS_REDIRECT,
     .step = STEP_NAME,
     .why = "The site leads on to another name, which cannot be looked up "
            "here. Elsewhere a page came.",
     .doubt = "The site may send visitors from here to a name that is gone.",
     .advice = ADVICE_RESOLVER | ADVICE_FILTER},
    {.rule = RULE_DNS_RESOLVER_DOWN,
     .step = STEP_NAME,
     .why = "The lookup service of your network did not answer. Nothing else "
            "is known to be wrong.",
     .other = "The lookup service may not answer reliably.",
     .brief = "the name lookup got no answer",
     .doubt = "The lookup service may be overloaded, or its answer was lost.",
     .advice = ADVICE_ROUTER | ADVICE_PORTAL | ADVICE_NETWORK},
    {.rule = RULE_DNS_SERVFAIL,
     .step = STEP_NAME,
     .why = "The lookup service says that it could not find the name out.",
     .other = "The lookup service could not find the name out.",
     .brief = "the lookup service could not find the name out",
     .advice = ADVICE_NETWORK | ADVICE_RESOLVER},
    {.rule = RULE_DNS_ONLY_HERE,
     .step = STEP_NAME,
     .why = "The name has an address here, and none elsewhere.",
     .other = "The name has an address here alone.",
     .brief = "the name has an address here and none elsewhere",
     .advice = ADVICE_PORTAL | ADVICE_FILTER},
    {.rule = RULE_DNS_UNCONFIRMED,
     .step = STEP_NAME,
     .why = "The lookup differs from the one elsewhere, and nothing proves "
            "which of them is wrong.",
     .other = "The lookup service may filter because its users want it so.",
     .brief = "the name lookup differs from elsewhere, which has many causes",
     .advice = ADVICE_NETWORK | ADVICE_FILTER},
    {.rule = RULE_DNS_FOR_ALL,
     .step = STEP_NAME,
     .why = "The lookup service of this network gives one address for whatever "
            "it is asked: a login page, or a network that is shut.",
     .other = "This network may lead every site to a page of its own.",
     .brief = "this network leads every name to one address",
     .advice = ADVICE_PORTAL | ADVICE_ROUTER | ADVICE_NETWORK},
    {.rule = RULE_DNS_UNKNOWN_CAUSE,
     .step = STEP_NAME,
     .why = "The name lookup of this device failed in a way that says little "
            "about the cause.",
     .other = "The name lookup failed for a reason that says little.",
     .brief = "the name lookup failed for a reason that says little",
     .doubt = "This failure has many innocent causes on some devices.",
     .advice = ADVICE_ROUTER | ADVICE_NETWORK},

    /* the address */
    {.rule = RULE_IP_TIMEOUT,
     .step = STEP_CONNECT,
     .why = "Nothing comes back from the site's address here. Elsewhere it "
            "answers.",
     .doubt = SHUTS_OUT,
     .advice = ADVICE_FILTER},
    {.rule = RULE_IP_REFUSED,
     .step = STEP_CONNECT,
     .why = "Connections to the site's address are refused here. Elsewhere "
            "they are accepted.",
     .doubt = SHUTS_OUT,
     .advice = ADVICE_FILTER},
    {.rule = RULE_IP_REJECTED,
     .step = STEP_CONNECT,
     .why = "A device on the way says that the site's address cannot be "
            "reached. Elsewhere it can.",
     .doubt = "This network may have lost its way to the address.",
     .advice = ADVICE_FILTER},
    {.rule = RULE_IP_REDIRECT,
     .step = STEP_CONNECT,
     .why = "The site leads on to another server, which cannot be reached "
            "here. Elsewhere a page came.",
     .doubt = "The site may send visitors from here to a dead server.",
     .advice = ADVICE_FILTER},
    {.rule = RULE_IP_TLS_PORT,
     .step = STEP_CONNECT,
     .why = "The site's entrance for secure connections (port 443) is closed "
            "here and open elsewhere.",
     .doubt = "A firewall of this local network may close it.",
     .advice = ADVICE_FILTER | ADVICE_PASSWORDS},
    {.rule = RULE_NO_ROUTE,
     .step = STEP_CONNECT,
     .why = "This network has no way to the site's address.",
     .other = "This network may have lost its way to the address.",
     .brief = "this network has no way to the site's address",
     .advice = ADVICE_ROUTER | ADVICE_NETWORK},

    /* the handshake */
    {.rule = RULE_TLS_RESET,
     .step = STEP_SECURE,
     .why = "The connection was cut off as soon as the site's name was sent. "
            "Elsewhere the secure connection is made.",
     .doubt = SHUTS_OUT,
     .advice = ADVICE_FILTER},
    {.rule = RULE_TLS_EOF,
     .step = STEP_SECURE,
     .why = "The connection was closed as soon as the site's name was sent. "
            "Elsewhere the secure connection is made.",
     .doubt = SHUTS_OUT,
     .advice = ADVICE_FILTER},
    {.rule = RULE_TLS_TIMEOUT,
     .step = STEP_SECURE,
     .why = "The connection went silent as soon as the site's name was sent. "
            "Elsewhere the secure connection is made.",
     .doubt = "A fault of the line that loses large packets looks the same.",
     .advice = ADVICE_FILTER},
    {.rule = RULE_TLS_REDIRECT,
     .step = STEP_SECURE,
     .why = "The site leads on to another name, and the connection is cut off "
            "there. Elsewhere a page came.",
     .doubt = SHUTS_OUT,
     .advice = ADVICE_FILTER},
    {.rule = RULE_TLS_HTTPS_ONLY,
     .step = STEP_SECURE,
     .why = "Only the secure connection fails; over plain http the page still "
            "comes.",
     .other = "Over plain http, which protects nothing, the page still comes: "
              "the fault may lie in the site's secure side.",
     .advice = ADVICE_PASSWORDS},
    {.rule = RULE_TLS_CERT,
     .step = STEP_SECURE,
     .why = "The site shows another certificate here than elsewhere: something "
            "on the way answers in its place. Offices, security software, "
            "hotel logins and censors all do that.",
     .other = "Something on the way may answer in the site's place.",
     .brief = "the site's certificate is another one here than elsewhere",
     .advice =
         ADVICE_PASSWORDS | ADVICE_PORTAL | ADVICE_NETWORK | ADVICE_FILTER},
    {.rule = RULE_TLS_CERT_DATE,
     .step = STEP_SECURE,
     .why = "The site's certificate looks out of date from here. The clock of "
            "this device may be wrong, or something answers in the site's "
            "place.",
     .other = "The clock of this device may be wrong.",
     .brief = "the site's certificate looks out of date from here",
     .advice = ADVICE_CLOCK | ADVICE_PASSWORDS},
    {.rule = RULE_TLS_OTHER,
     .step = STEP_SECURE,
     .why = "The secure connection failed in a way that servers cause.",
     .other = SHUTS_OUT,
     .brief = "the secure connection failed in a way that servers cause too",
     .advice = ADVICE_NETWORK},

    /* the page */
    {.rule = RULE_HTTP_RESET,
     .step = STEP_PAGE,
     .why = "The connection was cut off when the page was asked for. "
            "Elsewhere the page comes.",
     .doubt = SHUTS_OUT,
     .advice = ADVICE_FILTER},
    {.rule = RULE_HTTP_EOF,
     .step = STEP_PAGE,
     .why = "The connection was closed when the page was asked for. Elsewhere "
            "the page comes.",
     .doubt = SHUTS_OUT,
     .advice = ADVICE_FILTER},
    {.rule = RULE_HTTP_TIMEOUT,
     .step = STEP_PAGE,
     .why = "The connection went silent when the page was asked for. Elsewhere "
            "the page comes.",
     .doubt = SHUTS_OUT,
     .advice = ADVICE_FILTER},
    {.rule = RULE_HTTP_FINGERPRINT,
     .step = STEP_PAGE,
     .why = "The page that came is a known blocking notice.",
     .doubt = "Some harmless pages quote such notices.",
     .advice = ADVICE_FILTER},
    {.rule = RULE_HTTP_FORGED,
     .step = STEP_PAGE,
     .why = "Another page came than elsewhere, and nothing of it looks like "
            "the site's: somebody on the way put it there.",
     .doubt = "The site may show this region something else.",
     .advice = ADVICE_PASSWORDS | ADVICE_FILTER},
    {.rule = RULE_HTTP_HEADERLESS,
     .step = STEP_PAGE,
     .why = "The page lacks everything that the site's server sends along, and "
            "has another title: somebody on the way put it there.",
     .doubt = "A faulty proxy of the local network may strip pages.",
     .advice = ADVICE_PASSWORDS | ADVICE_FILTER},
    {.rule = RULE_HTTP_DIFFERS,
     .step = STEP_PAGE,
     .why = "The page differs from the one seen elsewhere, which has many "
            "causes.",
     .other = "The site may show this region another page.",
     .brief = "the page differs from the one seen elsewhere",
     .advice = ADVICE_BROWSER | ADVICE_PORTAL | ADVICE_NETWORK},
    {.rule = RULE_HTTP_SLOW,
     .step = STEP_PAGE,
     .why = "The page began to load and did not end in time: a slow site, a "
            "bad line, or somebody who slows it down.",
     .other = "The site or the line may be slow.",
     .brief = "the page began to load and did not end in time",
     .doubt = "Somebody may slow this site down on purpose.",
     .advice = ADVICE_NETWORK},
    {.rule = RULE_HTTP_AFTER_TLS,
     .step = STEP_PAGE,
     .why = "The connection broke off after it was secured, where nobody on "
            "the way can see what was asked for.",
     .other = "The connection broke off after it was secured.",
     .brief = "the connection broke off after it had been secured",
     .doubt = "The site, the line or somebody on the way may have ended it.",
     .advice = ADVICE_NETWORK},
    {.rule = RULE_HTTP_CHALLENGE,
     .step = STEP_PAGE,
     .why = "The site asks this visitor to prove to be human. That is the "
            "site's own doing, and common.",
     .other = "The site may want proof that a visitor is human.",
     .brief = "the site answers, but wants proof that its visitor is human",
     .advice = ADVICE_BROWSER},
    {.rule = RULE_HTTP_REFUSES,
     .step = STEP_PAGE,
     .why = "The site itself turned this visitor away.",
     .other = SHUTS_OUT,
     .brief = "the site answers, but turns this visitor away itself",
     .advice = ADVICE_BROWSER | ADVICE_NETWORK},
    {.rule = RULE_HTTP_BAD_REDIRECT,
     .step = STEP_PAGE,
     .why = "The site answers with a way on that cannot be followed.",
     .other = "The site may send visitors from here to a place that does not "
              "work.",
     .brief = "the site answers, but leads on to where nobody can follow",
     .advice = ADVICE_BROWSER},
    {.rule = RULE_HTTP_OTHER_SITE,
     .step = STEP_PAGE,
     .why = "An unprotected page led on to another site than elsewhere.",
     .other = "The site may lead visitors from here to another site.",
     .brief = "it led on to another site than elsewhere",
     .advice = ADVICE_PORTAL | ADVICE_PASSWORDS | ADVICE_NETWORK},
    {.rule = RULE_HTTP_INSTITUTION,
     .step = STEP_PAGE,
     .why = "The page that came belongs to a filter that schools, offices or "
            "families choose.",
     .other = "It may be the work of a filter that an office, a school or a "
              "family chose.",
     .brief = "the page that came is one of a filter that institutions choose",
     .advice = ADVICE_FILTER | ADVICE_NETWORK},
    {.rule = RULE_FALSE_POSITIVE,
     .step = STEP_PAGE,
     .why = "The page resembles pages that are known to be harmless.",
     .other = "The page resembles pages that are known to be harmless."},

    /* a second look, and the packets */
    {.rule = RULE_SLOW_NAMED,
     .step = STEP_PAGE,
     .why = "The same page from the same server came at least three times "
            "faster when the site's name was left out: somebody slows this "
            "name down.",
     .other = "The page came much faster when the site's name was left out."},
    {.rule = RULE_STALLS_NAMED,
     .step = STEP_PAGE,
     .why = "The page never came to its end, but always did when the site's "
            "name was left out: somebody stops this name.",
     .other = "The page came when the site's name was left out."},
    {.rule = RULE_SLOW_ANYWAY,
     .step = STEP_PAGE,
     .why = "It was as slow when the site's name was left out.",
     .other = "It was as slow when the site's name was left out: a slow server "
              "or a bad line."},
    {.rule = RULE_TLS_INTERCEPTED,
     .step = STEP_SECURE,
     .why = "When the site's name was said, somebody else answered with a "
            "certificate of his own making; when it was left out, the same "
            "server showed a true one: somebody takes visitors aside by the "
            "names they ask for.",
     .other = "The certificate was a true one when the site's name was left "
              "out.",
     .advice = ADVICE_PASSWORDS | ADVICE_NETWORK},
    {.rule = RULE_AGAIN_SAME,
     .step = STEP_AGAIN,
     .why = "It was so again when measured once more, a little later.",
     .other = "It was so again when measured once more."},
    {.rule = RULE_AGAIN_DIFFERS,
     .step = STEP_AGAIN,
     .why = "It was not so again when measured once more, a little later: the "
            "first time may have been chance.",
     .other = "It may have been chance.",
     .brief = "something failed, and not in the same way when tried again",
     .advice = ADVICE_NETWORK},
    {.rule = RULE_RESIDUAL,
     .step = STEP_AGAIN,
     .why =
         "Another site at the same address had just been cut off. What stops "
         "a site often stops everything at its address for a minute or more, "
         "so this one may have been caught by it.",
     .other =
         "It may have been caught by what stopped another site at the same "
         "address.",
     .brief = "another site at its address had just been cut off",
     .advice = ADVICE_NETWORK},
    {.rule = RULE_AGAIN_MISSING,
     .step = STEP_AGAIN,
     .why = "It was measured only once, and one failure can be chance.",
     .other = "It was measured only once: a passing fault looks the same.",
     .brief = "it was measured only once, and one failure can be chance"},
    {.rule = RULE_PACKET_DISTANCE,
     .step = STEP_NONE,
     .why = "The packet that cut the connection came from another distance "
            "than the site's own: somebody on the way sent it.",
     .doubt = "A device that guards the site may have sent it."},

    /* the site, the control, ourselves */
    {.rule = RULE_DOWN_DNS,
     .step = STEP_NAME,
     .why = "Elsewhere, too, the name has no address.",
     .other = "The name may be gone everywhere.",
     .brief = "its name cannot be found elsewhere either",
     .doubt = "The address may be misspelt.",
     .advice = ADVICE_SPELLING},
    {.rule = RULE_DOWN_TCP,
     .step = STEP_CONNECT,
     .why = "Elsewhere, too, the site cannot be reached.",
     .other = "The site may be out of reach everywhere.",
     .brief = "it cannot be reached from elsewhere either",
     .doubt = SHUTS_OUT_BOTH},
    {.rule = RULE_DOWN_TLS,
     .step = STEP_SECURE,
     .why = "Elsewhere, too, no secure connection can be made: the fault is "
            "the site's.",
     .other = "The site's secure side may be broken everywhere.",
     .brief = "no secure connection can be made elsewhere either",
     .doubt = SHUTS_OUT_BOTH,
     .advice = ADVICE_PASSWORDS},
    {.rule = RULE_DOWN_HTTP,
     .step = STEP_PAGE,
     .why = "Elsewhere, too, the page does not come.",
     .other = "The page may fail everywhere.",
     .brief = "its page does not come elsewhere either",
     .doubt = SHUTS_OUT_BOTH},
    {.rule = RULE_DOWN_ADDRESS,
     .step = STEP_NAME,
     .why = "Elsewhere, too, the name has an address that cannot be used.",
     .other = "The site may turn this network away itself, or the lookup gave "
              "an old address of it.",
     .brief = "its name has an address that cannot be used"},
    {.rule = RULE_NO_CONTROL,
     .step = STEP_NONE,
     .why = "The test server elsewhere (the control) did not say what it sees, "
            "so there is nothing to compare with.",
     .other = "The site may be down for everybody: nothing shows whether it "
              "works elsewhere.",
     .brief = "there is nothing to compare with",
     .doubt =
         "The site may be down for everybody, or this network may want you "
         "to log in first.",
     .advice = ADVICE_CONTROL | ADVICE_PORTAL},
    {.rule = RULE_CONTROL_NO_PAGE,
     .step = STEP_PAGE,
     .why = "The test server elsewhere got no page to compare with.",
     .other = "The page may fail elsewhere too.",
     .brief = "no page came elsewhere to compare with",
     .advice = ADVICE_BROWSER},
    {.rule = RULE_CONTRADICTS,
     .step = STEP_NONE,
     .why = "The record says things that cannot all be true, so nothing in it "
            "is believed.",
     .other = "The record says things that cannot all be true.",
     .brief = "the record says things that cannot all be true"},
    {.rule = RULE_OLD_RECORD,
     .step = STEP_NONE,
     .why = "The record is of an old kind, which does not say which steps "
            "belong together.",
     .other = "The record is of an old kind that says too little.",
     .brief = "the record is of an old kind that says too little"},
    {.rule = RULE_NOTHING,
     .step = STEP_NONE,
     .why = "The measurement ended before anything could be learnt.",
     .other = "Too little was measured.",
     .brief = "too little could be measured",
     .advice = ADVICE_CONTROL},
    {.rule = RULE_INTERNAL,
     .step = STEP_NONE,
     .why = "Something on this device failed, not on the network.",
     .other = "Something on this device may have failed.",
     .brief = "this device failed to measure it",
     .advice = ADVICE_MACHINE},
};

#define N_RULES (sizeof(rules) / sizeof(*rules))

const struct rule_words *words_rule(const char *rule)
{
    for (size_t i = 0; i < N_RULES; i++) {
        if (strcmp(rules[i].rule, rule) == 0) {
            return &rules[i];
        }
    }
    return NULL;
}

size_t words_rules(void)
{
    return N_RULES;
}

const struct rule_words *words_rule_at(size_t i)
{
    return i < N_RULES ? &rules[i] : NULL;
}

/* ---- advice -------------------------------------------------------------- */

/* What raises the risk of who follows it says so. */
static const char *const advice[ADVICE_BITS] = {
    "Check how the address is spelt.",
    "Until this is cleared up, enter no password and no card number on this "
    "site, and accept no warning about certificates.",
    "Check date and time of this device: with a wrong clock good certificates "
    "look bad.",
    "Open any other page in a browser: in hotels, cafes and trains one often "
    "has to log in to the network first.",
    "Open the site in a browser. If it shows up there, or asks whether you "
    "are human, it is not blocked.",
    "Look whether a collector is set and can be reached: it names the test "
    "servers elsewhere to compare with.",
    "Close other programs, make room on the disk, and try again.",
    "Try again in an hour and tomorrow: many faults pass.",
    "Restart the router, if it is yours. Look whether other sites work.",
    "There is nothing to repair on your side. Try again tomorrow.",
    "Try from another network, for example mobile data instead of Wi-Fi. Whoever "
    "runs that network can see the test as well.",
    "A browser's \"secure DNS\" setting asks another lookup service. Your "
    "provider can see that, and in some places it is forbidden.",
    "If this network is an office's, a school's or a family's, it may have a "
    "filter. Whoever you ask about it learns that you tried this site.",
    "If that is safe for you, `parallax run --url URL` measures it again and "
    "sends the record to the collector, where it counts. This test sent none.",
    "If the site does not open in your browser, the cause is likely there: try "
    "another browser, without add-ons, or start the device anew.",
};

const char *words_advice(unsigned bit)
{
    for (unsigned i = 0; i < ADVICE_BITS; i++) {
        if (bit == 1u << i) {
            return advice[i];
        }
    }
    return NULL;
}

unsigned words_state_advice(enum xstate state)
{
    switch (state) {
    case X_OK:
        return ADVICE_DEVICE;
    case X_BLOCKED:
        return ADVICE_LATER | ADVICE_NETWORK | ADVICE_SEND;
    case X_DOWN:
        return ADVICE_WAIT;
    case X_INTERNAL:
        return ADVICE_MACHINE;
    default:
        return ADVICE_LATER;
    }
}

/* ---- failures ------------------------------------------------------------ */

static const struct {
    const char *failure;
    const char *text;
} failures[] = {
    {"generic_timeout_error", "no answer"},
    {"timed_out", "no answer"},
    {"connection_refused", "refused"},
    {"connection_refused_error", "refused"},
    {"connection_reset", "cut off (reset)"},
    {"connection_reset_error", "cut off (reset)"},
    {"connection_aborted", "cut off"},
    {"eof_error", "closed without an answer"},
    {"host_unreachable", "\"cannot be reached\""},
    {"network_unreachable", "no way to this address"},
    {"network_down", "the network is down"},
    {"address_not_available", "no way to this address"},
    {"address_family_not_supported", "no way to this address"},
    {"permission_denied", "not allowed on this device"},
    {"dns_nxdomain_error", "\"no such name\""},
    {"dns_name_error", "\"no such name\""},
    {"dns_no_answer", "\"no address\""},
    {"dns_refused_error", "\"I refuse\""},
    {"dns_servfail_error", "\"I cannot find out\""},
    {"dns_server_misbehaving", "a faulty answer"},
    {"dns_reply_with_wrong_query_id", "a faulty answer"},
    {"dns_bogon_error", "an impossible address"},
    {"dns_lookup_error", "no address found"},
    {"android_dns_cache_no_data", "no answer kept"},
    {"ssl_invalid_hostname", "a certificate for something else"},
    {"ssl_unknown_authority", "a certificate nobody vouches for"},
    {"ssl_invalid_certificate", "a certificate out of date"},
    {"ssl_failed_handshake", "the handshake failed"},
    {"http_invalid_redirect_location_host", "leads on to nowhere"},
    {"unknown_failure: stopped after too many redirects",
     "leads on and on without end"},
    {"connect_error", "no connection"},
    {"unknown_error", "failed"},
    {"unknown_failure", "failed"},
};

const char *words_failure(struct str failure)
{
    for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
        if (str_eq_c(failure, failures[i].failure)) {
            return failures[i].text;
        }
    }
    return NULL;
}

bool words_cut(struct str failure)
{
    static const char *const cut[] = {"generic_timeout_error", "timed_out",
                                      "connection_reset", "eof_error",
                                      "connection_aborted"};
    for (size_t i = 0; i < sizeof(cut) / sizeof(*cut); i++) {
        if (str_eq_c(failure, cut[i])) {
            return true;
        }
    }
    return false;
}

/* ---- the verdict --------------------------------------------------------- */

const char *words_method(const char *method)
{
    static const struct {
        const char *method;
        const char *text;
    } methods[] = {
        {"dns", "the name lookup is being tampered with"},
        {"ip", "connections to its address are being stopped"},
        {"tls", "secure connections to it are being cut off"},
        {"http", "its page is being stopped or replaced on the way"},
        {"throttling", "it is being slowed down until it is of no use"},
    };

    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
        if (method && strcmp(methods[i].method, method) == 0) {
            return methods[i].text;
        }
    }
    return "the connection is being interfered with";
}

const char *words_confidence(double confidence)
{
    return confidence >= 0.95   ? "almost certain"
           : confidence >= 0.85 ? "very likely"
           : confidence >= 0.7  ? "likely"
           : confidence >= 0.5  ? "more likely than not"
                                : "a guess";
}
