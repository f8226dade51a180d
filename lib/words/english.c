// SPDX-License-Identifier: Apache-2.0
#include "words/english.h"

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

static const struct rule_words rules[RULE_COUNT] = {
    /* The page came */
    [RULE_PAGE_VERIFIED] =
        {.why = "The page came over a secure connection, and its certificate "
                "proves that it is the real site.",
         .other = "The page itself came over a secure connection.",
         .doubt = FIRST_PAGE_ONLY},
    [RULE_PAGE_SAME] =
        {.why = "The page that came here is the same as the one seen "
                "elsewhere.",
         .other = "The page that came is the same as the one seen elsewhere.",
         .doubt = FIRST_PAGE_ONLY},
    [RULE_PAGE_LENGTH] =
        {.why = "A page came that is about as long as the one seen elsewhere. "
                "Nothing else of it could be compared.",
         .other = "The page that came is about as long as the one seen "
                  "elsewhere.",
         .doubt = "It may be another page all the same: open it and look."},
    /* The name */
    [RULE_DNS_BOGON] =
        {.why = "The lookup gave an address that no public site can have. "
                "Elsewhere the name has a real one.",
         .doubt = CHOSEN_FILTER,
         .report = "the look-up gave an address that no public site has"},
    [RULE_DNS_NEGATIVE] =
        {.why = "The lookup says that the name does not exist or has no "
                "address. Elsewhere it has one.",
         .doubt = CHOSEN_FILTER,
         .report = "the look-up said that the site does not exist, though it "
                   "does"},
    [RULE_DNS_REFUSED] =
        {.why = "The lookup service refuses this name and answers for others.",
         .doubt = "The lookup service may be overloaded.",
         .report = "the network's directory refused to look up this name"},
    [RULE_DNS_SILENT] =
        {.why = "Two lookup services stay silent about this name and answer "
                "for others.",
         .doubt = "Messages may have been lost on the way, twice in a row.",
         .report = "the look-up of this name stayed without an answer, "
                   "others did not"},
    [RULE_DNS_SERVFAIL_NAMED] =
        {.why = "The lookup service fails at this site's name alone, and finds "
                "others.",
         .doubt = "The site's own name servers may turn this lookup service "
                  "away.",
         .report = "the network's directory failed at this name alone"},
    [RULE_DNS_FORGED_CERT] =
        {.why = "The address that the lookup gave shows the certificate of "
                "something else; the real site is at another address.",
         .doubt = "A large hosting company may have a machine that is set up "
                  "wrongly.",
         .report = "the address given could not prove to be the site "
                   "(certificate)"},
    [RULE_DNS_FORGED_DEAD] =
        {.why = "The lookup gave an address that nobody else knows for this "
                "site, and nothing of the site is there.",
         .doubt = "The lookup service may have kept an old address of the "
                  "site.",
         .report = "nothing answers at the address given"},
    [RULE_DNS_FORGED_PAGE] =
        {.why = "The lookup gave an address that nobody else knows for this "
                "site, and a page that is not the site's is shown there.",
         .doubt = "The site may show this region another page from another "
                  "place.",
         .report = "another page is served at the address given"},
    [RULE_DNS_NOTICE] =
        {.why = "The lookup service of this network leads to a server that has "
                "nothing of the site, as providers do with sites that they "
                "block; the site itself answers at its own address.",
         .doubt = "Somebody may have chosen this filter, or the lookup service "
                  "may have kept an old address of the site.",
         .report = "the lookup leads to a server that shows something else"},
    [RULE_DNS_FINGERPRINT] =
        {.why = "The lookup gave an address that is known from forged "
                "answers.",
         .doubt = "The address may belong to somebody else by now.",
         .report = "the address given is known to be used for blocking"},
    [RULE_DNS_KNOWN_ELSEWHERE] =
        {.why = "The lookup gave an address that is known from forged "
                "answers, but not from this country.",
         .other = "It may be the work of a filter abroad, through which this "
                  "traffic goes.",
         .brief = "the address given is known from blocking in another place"},
    [RULE_DNS_TWO_ANSWERS] =
        {.why = "One question got two answers that contradict each other: "
                "somebody on the way forged one of them.",
         .report = "two answers came to one question, and they contradict "
                   "each other"},
    [RULE_DNS_ONE_FAMILY] =
        {.why = "The lookup service gives a false address of the one kind and "
                "a true one of the other: programs that use the true one get "
                "the site.",
         .doubt = NULL,
         .report = "the address given is false for IPv4 alone, or for IPv6 "
                   "alone"},
    [RULE_DNS_EARLY] =
        {.why = "The answer to the lookup came much sooner than this lookup "
                "service answers otherwise, as if somebody nearer had sent "
                "it.",
         .doubt = "An answer from a cache comes soon, too.",
         .report = "the answer came much sooner than this directory answers "
                   "otherwise"},
    [RULE_DNS_REDIRECT] =
        {.why = "The site leads on to another name, which cannot be looked "
                "up here. Elsewhere a page came.",
         .doubt = "The site may send visitors from here to a name that is "
                  "gone.",
         .report = "the look-up failed for the name the site leads on to"},
    [RULE_DNS_RESOLVER_DOWN] =
        {.why = "The lookup service of your network did not answer. Nothing "
                "else is known to be wrong.",
         .other = "The lookup service may not answer reliably.",
         .brief = "the name lookup got no answer",
         .doubt = "The lookup service may be overloaded, or its answer was "
                  "lost."},
    [RULE_DNS_SERVFAIL] =
        {.why = "The lookup service says that it could not find the name out.",
         .other = "The lookup service could not find the name out.",
         .brief = "the lookup service could not find the name out"},
    [RULE_DNS_ZONE] =
        {.why = "What is wrong lies with the name servers of the site: others "
                "cannot find the name out either, or only by luck.",
         .other = "The site's own name servers may not answer this region, or "
                  "not rightly.",
         .brief = "the site's own name servers are at fault"},
    [RULE_DNS_CACHE] =
        {.why = "The address is in the site's own network and somebody else's "
                "now: the lookup service may remember an old one.",
         .other = "The lookup service may remember an address that the site "
                  "no longer has.",
         .brief = "the lookup service may remember an old address"},
    [RULE_DNS_ONLY_HERE] =
        {.why = "The name has an address here, and none elsewhere.",
         .other = "The name has an address here alone.",
         .brief = "the name has an address here and none elsewhere"},
    [RULE_DNS_UNCONFIRMED] =
        {.why = "The lookup differs from the one elsewhere, and nothing "
                "proves which of them is wrong.",
         .other = "The lookup service may filter because its users want it "
                  "so.",
         .brief = "the name lookup differs from elsewhere, which has many "
                  "causes"},
    [RULE_DNS_FOR_ALL] =
        {.why = "The lookup service of this network gives one address for "
                "whatever it is asked: a login page, or a network that is "
                "shut.",
         .other = "This network may lead every site to a page of its own.",
         .brief = "this network leads every name to one address"},
    [RULE_DNS_UNKNOWN_CAUSE] =
        {.why = "The name lookup of this device failed in a way that says "
                "little about the cause.",
         .other = "The name lookup failed for a reason that says little.",
         .brief = "the name lookup failed for a reason that says little",
         .doubt = "This failure has many innocent causes on some devices."},
    /* The address */
    [RULE_IP_TIMEOUT] =
        {.why = "Nothing comes back from the site's address here. Elsewhere "
                "it answers.",
         .doubt = SHUTS_OUT,
         .report = "connections stayed without an answer while the control "
                   "connected"},
    [RULE_IP_REFUSED] =
        {.why = "Connections to the site's address are refused here. "
                "Elsewhere they are accepted.",
         .doubt = SHUTS_OUT,
         .report = "connections were refused while the control connected"},
    [RULE_IP_REJECTED] =
        {.why = "A device on the way says that the site's address cannot be "
                "reached. Elsewhere it can.",
         .doubt = "This network may have lost its way to the address.",
         .report = "a router said that the site cannot be reached while the "
                   "control connected"},
    [RULE_IP_REDIRECT] =
        {.why = "The site leads on to another server, which cannot be "
                "reached here. Elsewhere a page came.",
         .doubt = "The site may send visitors from here to a dead server.",
         .report = "connections failed where the site leads on to"},
    [RULE_IP_TLS_PORT] =
        {.why = "The site's entrance for secure connections (port 443) is "
                "closed here and open elsewhere.",
         .doubt = "A firewall of this local network may close it."},
    [RULE_IP_V4] =
        {.why = "By IPv4, the older kind of addresses, the site cannot be "
                "reached here, though it can from elsewhere. By IPv6, the "
                "newer kind, it works.",
         .doubt = SHUTS_OUT,
         .report = "connections by IPv4 failed here and succeeded elsewhere, "
                   "while IPv6 worked"},
    [RULE_LOCAL] =
        {.why = "A firewall of this device or of the router at home refuses "
                "the connection.",
         .other = "A firewall of this device or of the router at home may do "
                  "this.",
         .brief = "a firewall of this device or at home refuses the "
                  "connection"},
    [RULE_NO_ROUTE] = {.why = "This network has no way to the site's address.",
                       .other =
                           "This network may have lost its way to the address.",
                       .brief =
                           "this network has no way to the site's address"},
    [RULE_VISITS] =
        {.why =
             "The connection failed as if something stood in its way, but in "
             "this same run pages came from that very server.",
         .other = "The site's server may take only so many new connections of "
                  "one visitor in a while.",
         .brief = "pages came from that server in the same run"},
    /* The handshake */
    [RULE_TLS_RESET] =
        {.why = "The connection was cut off as soon as the site's name was "
                "sent. Elsewhere the secure connection is made.",
         .doubt = SHUTS_OUT,
         .report = "the connection was cut (reset) when the site's name was "
                   "sent, while the control went on"},
    [RULE_TLS_EOF] =
        {.why = "The connection was closed as soon as the site's name was "
                "sent. Elsewhere the secure connection is made.",
         .doubt = SHUTS_OUT,
         .report = "the connection was closed when the site's name was sent, "
                   "while the control went on"},
    [RULE_TLS_TIMEOUT] =
        {.why = "The connection went silent as soon as the site's name was "
                "sent. Elsewhere the secure connection is made.",
         .doubt = "A fault of the line that loses large packets looks the "
                  "same.",
         .report = "the connection went silent when the site's name was "
                   "sent, while the control went on"},
    [RULE_TLS_REDIRECT] =
        {.why = "The site leads on to another name, and the connection is "
                "cut off there. Elsewhere a page came.",
         .doubt = SHUTS_OUT,
         .report = "the secure connection failed where the site leads on to"},
    [RULE_TLS_HTTPS_ONLY] =
        {.why = "Only the secure connection fails; over plain http the page "
                "still comes.",
         .other = "Over plain http, which protects nothing, the page still "
                  "comes: the fault may lie in the site's secure side."},
    [RULE_TLS_V4] =
        {.why = "By IPv4, the older kind of addresses, the secure connection "
                "is cut off here. By IPv6, the newer kind, the site works.",
         .doubt = NULL,
         .report = "handshakes were cut off by IPv4 alone, while IPv6 worked"},
    [RULE_TLS_CERT] =
        {.why = "The site shows another certificate here than elsewhere: "
                "something on the way answers in its place. Offices, "
                "security software, hotel logins and censors all do that.",
         .other = "Something on the way may answer in the site's place.",
         .brief = "the site's certificate is another one here than elsewhere",
         .report = "somebody else's certificate was shown for the site"},
    [RULE_TLS_INTERCEPTED] =
        {.why = "When the site's name was said, somebody else answered with "
                "a certificate of his own making; when it was left out, the "
                "same server showed a true one: somebody takes visitors "
                "aside by the names they ask for.",
         .other = "The certificate was a true one when the site's name was "
                  "left out.",
         .report = "somebody else's certificate was shown when the site's "
                   "name was sent, and the true server's when it was not"},
    [RULE_TLS_INTERPOSED] =
        {.why = "The page came, but somebody stands between this device and "
                "the site and can read along, with a certificate of an "
                "authority that was added to this device. Virus scanners, "
                "offices and some states do that.",
         .other = "Somebody between may read along, with the help of an "
                  "authority that was added to this device.",
         .brief = "somebody between this device and the site can read along"},
    [RULE_TLS_STORE] =
        {.why = "The site's certificate is the one that everybody gets, but "
                "this device does not know the authority that vouches for it.",
         .other = "This device's list of authorities may be old.",
         .brief = "this device does not know who vouches for the site's "
                  "certificate"},
    [RULE_TLS_CERT_DATE] =
        {.why = "The site's certificate looks out of date from here. The "
                "clock of this device may be wrong, or something answers in "
                "the site's place.",
         .other = "The clock of this device may be wrong.",
         .brief = "the site's certificate looks out of date from here"},
    [RULE_TLS_CERT_CLOCK] =
        {.why = "The site's certificate looks out of date from here, and "
                "nobody vouches for the clock of this device.",
         .other = "The clock of this device may be wrong.",
         .brief = "the clock of this device may be wrong, so the site's "
                  "certificate could not be checked"},
    [RULE_TLS_OTHER] =
        {.why = "The secure connection failed in a way that servers cause.",
         .other = SHUTS_OUT,
         .brief = "the secure connection failed in a way that servers cause "
                  "too"},
    [RULE_TLS_ALERT] =
        {.why = "The secure connection is refused here by a message that says "
                "so, and made elsewhere.",
         .other = SHUTS_OUT,
         .brief = "the secure connection is refused here"},
    [RULE_TLS_ALERT_NAMED] =
        {.why = "The secure connection is refused when the site's name is "
                "said, and made when it is not, by the same server, every "
                "time.",
         .doubt = "The server may refuse its name to visitors from here.",
         .report = "handshakes were refused with the site's name in them and "
                   "made without it"},
    [RULE_TLS_CUT_NAMED] =
        {.why = "The connection is cut off when the site's name is said. "
                "Without the name the page comes from the same server, every "
                "time.",
         .doubt = "The server may hang up on its own name alone.",
         .report = "connections were cut off with the site's name in the "
                   "handshake and worked without it"},
    [RULE_TLS_CUT_ANYWAY] =
        {.why = "The secure connection is cut off, whatever name is said in "
                "it, so it is not this site's name that does it.",
         .other = "The server may have had enough of this visitor or shut this "
                  "network out, or large packets may be lost on the way.",
         .brief = "no secure connection is made there, whatever name is said"},
    [RULE_PACKET_DISTANCE] =
        {.why = "The packet that cut the connection came from another "
                "distance than the site's own: somebody on the way sent it.",
         .doubt = "A device that guards the site may have sent it.",
         .report = "the packet that cut the connection came from nearer or "
                   "farther than the site"},
    /* The page */
    [RULE_HTTP_RESET] =
        {.why = "The connection was cut off when the page was asked for. "
                "Elsewhere the page comes.",
         .doubt = SHUTS_OUT,
         .report = "the connection was cut (reset) when the page was asked "
                   "for"},
    [RULE_HTTP_EOF] =
        {.why = "The connection was closed when the page was asked for. "
                "Elsewhere the page comes.",
         .doubt = SHUTS_OUT,
         .report = "the connection was closed when the page was asked for"},
    [RULE_HTTP_TIMEOUT] =
        {.why = "The connection went silent when the page was asked for. "
                "Elsewhere the page comes.",
         .doubt = SHUTS_OUT,
         .report = "the connection went silent when the page was asked for"},
    [RULE_HTTP_CUT] =
        {.why = "The page began, and the connection was cut off in the middle "
                "of it. Elsewhere the page comes whole.",
         .other =
             "Somebody on the way may stop the connection in the middle of "
             "the page.",
         .doubt = SHUTS_OUT,
         .report = "pages were cut off in the middle here and came whole "
                   "elsewhere"},
    [RULE_HTTP_FINGERPRINT] =
        {.why = "The page that came is a known blocking notice.",
         .doubt = "Some harmless pages quote such notices.",
         .report = "a page known to be a blocking notice was shown"},
    [RULE_HTTP_UNFINISHED] =
        {.why = "The comparison with known blocking notices took too long and "
                "was given up.",
         .other = "It may be a known blocking notice: that comparison took too "
                  "long and was given up."},
    [RULE_HTTP_KNOWN_ELSEWHERE] =
        {.why = "The page that came is a known blocking notice, but not of "
                "this country.",
         .other = "It may be the work of a filter abroad, through which this "
                  "traffic goes.",
         .brief = "the page that came is a blocking notice of another place"},
    [RULE_HTTP_FORGED] =
        {.why = "Another page came than elsewhere, and nothing of it looks "
                "like the site's: somebody on the way put it there.",
         .other = "Somebody on the way may have put another page in its "
                  "place.",
         .doubt = "The site may show this region something else.",
         .report = "a page forged on the way took the place of the true"},
    [RULE_HTTP_HEADERLESS] =
        {.why = "The page lacks everything that the site's server sends "
                "along, and has another title: somebody on the way put it "
                "there.",
         .doubt = "A faulty proxy of the local network may strip pages.",
         .report = "a page without the usual headers took the place of the "
                   "true"},
    [RULE_HTTP_INSIDE] =
        {.why = "The page that came leads into a private network, which the "
                "site's page does not: somebody on the way put it there.",
         .other = "The page leads into a private network.",
         .brief = "the page leads into a private network, as filters and "
                  "notices of a network do",
         .doubt = "A filter that somebody chose, or a notice of the network "
                  "for whatever is visited, looks the same.",
         .report = "a page that leads to a private address took the place "
                   "of the true"},
    [RULE_HTTP_DIFFERS] =
        {.why = "The page differs from the one seen elsewhere, which has "
                "many causes.",
         .other = "The site may show this region another page.",
         .brief = "the page differs from the one seen elsewhere",
         .report = "another page came than the control got"},
    [RULE_HTTP_ALTERED] =
        {.why = "The page is much like the one seen elsewhere, but something "
                "of it is not the site's: it may have been altered on the way.",
         .other = "The page may have been altered on the way.",
         .brief = "the page is much like the one seen elsewhere, but may have "
                  "been altered on the way",
         .doubt = "The site may show this region another page."},
    [RULE_HTTP_SLOW] =
        {.why = "The page began to load and did not end in time: a slow "
                "site, a bad line, or somebody who slows it down.",
         .other = "The site or the line may be slow.",
         .brief = "the page began to load and did not end in time",
         .doubt = "Somebody may slow this site down on purpose."},
    [RULE_HTTP_STALLS] =
        {.why = "The page began to load, and then nothing of it came any more: "
                "a site that hangs, a dead line, or somebody who stops it.",
         .other = "The site may hang at this place.",
         .brief = "the page began to load and stopped halfway",
         .doubt = "Somebody may stop this site on purpose."},
    [RULE_HTTP_AFTER_TLS] =
        {.why = "The connection broke off after it was secured, where nobody "
                "on the way can see what was asked for.",
         .other = "The connection broke off after it was secured.",
         .brief = "the connection broke off after it had been secured",
         .doubt = "The site, the line or somebody on the way may have ended "
                  "it."},
    [RULE_HTTP_CHALLENGE] =
        {.why = "The site asks this visitor to prove to be human. That is "
                "the site's own doing, and common.",
         .other = "The site may want proof that a visitor is human.",
         .brief = "the site answers, but wants proof that its visitor is "
                  "human"},
    [RULE_HTTP_REFUSES] =
        {.why = "The site itself turned this visitor away.",
         .other = SHUTS_OUT,
         .brief = "the site answers, but turns this visitor away itself"},
    [RULE_HTTP_BAD_REDIRECT] =
        {.why = "The site answers with a way on that cannot be followed.",
         .other = "The site may send visitors from here to a place that does "
                  "not work.",
         .brief = "the site answers, but leads on to where nobody can follow"},
    [RULE_HTTP_OTHER_SITE] =
        {.why = "An unprotected page led on to another site than elsewhere.",
         .other = "The site may lead visitors from here to another site.",
         .brief = "it led on to another site than elsewhere"},
    [RULE_HTTP_INSTITUTION] =
        {.why = "The page that came belongs to a filter that schools, "
                "offices or families choose.",
         .other = "It may be the work of a filter that an office, a school "
                  "or a family chose.",
         .brief = "the page that came is one of a filter that institutions "
                  "choose"},
    [RULE_FALSE_POSITIVE] =
        {.why = "The page resembles pages that are known to be harmless.",
         .other = "The page resembles pages that are known to be harmless."},
    /* The site, the control, ourselves */
    [RULE_DOWN_DNS] = {.why = "Elsewhere, too, the name has no address.",
                       .other = "The name may be gone everywhere.",
                       .brief = "its name cannot be found elsewhere either",
                       .doubt = "The address may be misspelt."},
    [RULE_DOWN_TCP] = {.why = "Elsewhere, too, the site cannot be reached.",
                       .other = "The site may be out of reach everywhere.",
                       .brief = "it cannot be reached from elsewhere either",
                       .doubt = SHUTS_OUT_BOTH},
    [RULE_DOWN_TLS] =
        {.why = "Elsewhere, too, no secure connection can be made: the fault "
                "is the site's.",
         .other = "The site's secure side may be broken everywhere.",
         .brief = "no secure connection can be made elsewhere either",
         .doubt = SHUTS_OUT_BOTH},
    [RULE_DOWN_HTTP] = {.why = "Elsewhere, too, the page does not come.",
                        .other = "The page may fail everywhere.",
                        .brief = "its page does not come elsewhere either",
                        .doubt = SHUTS_OUT_BOTH},
    [RULE_DOWN_ADDRESS] =
        {.why = "Elsewhere, too, the name has an address that cannot be used.",
         .other = "The site may turn this network away itself, or the lookup "
                  "gave an old address of it.",
         .brief = "its name has an address that cannot be used"},
    [RULE_OWN_LIMIT] =
        {.why = "The site answers in a way that this program does not follow, "
                "here and elsewhere; a browser may.",
         .other = "It may work in a browser, which follows more than this "
                  "program does.",
         .brief = "this program does not follow what it answers, here or "
                  "elsewhere"},
    [RULE_FIRST_CUT] =
        {.why = "The first connection was cut off, and the next one was not.",
         .other = "The server may cut off the first connection of every "
                  "visitor.",
         .brief = "its first connection was cut off, and the next was not"},
    [RULE_ONE_CONTROL] =
        {.why = "One test server elsewhere could not open it either; another "
                "that was asked did not answer.",
         .other = "Only one test server elsewhere was asked, which may itself "
                  "be cut off from the site.",
         .brief = "one test server could not open it, and no other answered"},
    [RULE_BOTH_CONTROLS] =
        {.why = "A second test server elsewhere could not open it either.",
         .other = "A second test server elsewhere could not open it either."},
    [RULE_NO_CONTROL] =
        {.why = "The test server elsewhere (the control) did not say what it "
                "sees, so there is nothing to compare with.",
         .other = "The site may be down for everybody: nothing shows whether "
                  "it works elsewhere.",
         .brief = "there is nothing to compare with",
         .doubt = "The site may be down for everybody, or this network may "
                  "want you to log in first."},
    [RULE_CONTROL_LATE] =
        {.why = "The test server elsewhere was asked later only: the site may "
                "have been down until then.",
         .other = "The site may have been down when it was measured, and not "
                  "when the test server elsewhere was asked.",
         .brief = "the test server elsewhere was asked too late to tell"},
    [RULE_CONTROL_NO_PAGE] =
        {.why = "The test server elsewhere got no page to compare with.",
         .other = "The page may fail elsewhere too.",
         .brief = "no page came elsewhere to compare with"},
    [RULE_OLD_RECORD] =
        {.why = "The record is of an old kind, which does not say which "
                "steps belong together.",
         .other = "The record is of an old kind that says too little.",
         .brief = "the record is of an old kind that says too little"},
    [RULE_NOTHING] =
        {.why = "The measurement ended before anything could be learnt.",
         .other = "Too little was measured.",
         .brief = "too little could be measured"},
    [RULE_NOT_FOLLOWED] =
        {.why = "The site answers, and sends its visitors on to a site of a "
                "class that you did not agree to; nobody looked there.",
         .other = "The site where it leads may be blocked, or not.",
         .brief = "it leads to a site of a class that was not agreed to"},
    [RULE_CONTRADICTS] =
        {.why = "The record says things that cannot all be true, so nothing "
                "in it is believed.",
         .other = "The record says things that cannot all be true.",
         .brief = "the record says things that cannot all be true"},
    [RULE_INTERNAL] =
        {.why = "Something on this device failed, not on the network.",
         .other = "Something on this device may have failed.",
         .brief = "this device failed to measure it"},
    /* The speed */
    [RULE_SLOW_NAMED] =
        {.why = "The same page from the same server came at least three "
                "times faster when the site's name was left out: somebody "
                "slows this name down.",
         .other = "The page came much faster when the site's name was left "
                  "out.",
         .report = "the page came several times slower when the site's name "
                   "was sent than without it, every time"},
    [RULE_STALLS_NAMED] =
        {.why = "The page never came to its end, but always did when the "
                "site's name was left out: somebody stops this name.",
         .other = "The page came when the site's name was left out.",
         .report = "the page never came to its end when the site's name was "
                   "sent, and always did without it"},
    [RULE_FROZEN] =
        {.why = "Every connection to the address fell silent after about as "
                "many bytes, with the site's name and without.",
         .other = "The server may hang at the same place every time.",
         .brief = "connections to the site's address fall silent after so many "
                  "bytes"},
    [RULE_SLOW_ANYWAY] =
        {.why = "It was as slow when the site's name was left out.",
         .other = "It was as slow when the site's name was left out: a slow "
                  "server or a bad line."},
    /* A second look */
    [RULE_AGAIN_SAME] =
        {.why = "It was so again when measured once more, a little later.",
         .other = "It was so again when measured once more."},
    [RULE_AGAIN_DIFFERS] =
        {.why = "It was not so again when measured once more, a little "
                "later: the first time may have been chance.",
         .other = "It may have been chance.",
         .brief = "something failed, and not in the same way when tried again"},
    [RULE_RESIDUAL] =
        {.why = "Another site at the same address had just been cut off. "
                "What stops a site often stops everything at its address for "
                "a minute or more, so this one may have been caught by it.",
         .other = "It may have been caught by what stopped another site at "
                  "the same address.",
         .brief = "another site at its address had just been cut off"},
    [RULE_AGAIN_MISSING] =
        {.why = "It was measured only once, and one failure can be chance.",
         .other = "It was measured only once: a passing fault looks the same.",
         .brief = "it was measured only once, and one failure can be chance"},
    [RULE_AGAIN_UNSURE] =
        {.why = "It was measured again, but that decides nothing: the whole "
                "line was silent then, or something else went wrong. One "
                "failure can be chance.",
         .other = "It was measured again, but that decides nothing: it may be "
                  "chance.",
         .brief = "it failed, and measuring it again decided nothing"},
};

static const struct method_words methods[METHOD_COUNT] = {
    [METHOD_NONE] =
        {.done = "the connection is being interfered with",
         .name = "Method not determined",
         .by = "by a method not determined",
         .text = "The measurements show interference without telling how."},
    [METHOD_DNS] =
        {.done = "the name lookup is being tampered with",
         .name = "False DNS answer",
         .by = "by false answers to the question where the site is (DNS)",
         .text = "Before a site can be opened, its name is looked up in a "
                 "directory (DNS). On this network the look-up gave a wrong "
                 "answer or none, so the visitor was led elsewhere or told "
                 "that the site does not exist."},
    [METHOD_IP] =
        {.done = "connections to its address are being stopped",
         .name = "Address cut off",
         .by = "by cutting off the site's address (IP)",
         .text = "The site's true address was known, but connections to it "
                 "were dropped or refused on the way. Other sites kept at "
                 "the same address are then cut off too."},
    [METHOD_TLS] =
        {.done = "secure connections to it are being cut off",
         .name = "Secure connection broken",
         .by = "by breaking the secure connection (TLS)",
         .text = "The site was found and answered, but the encrypted "
                 "connection was cut at the moment the visitor's browser "
                 "named the site it wanted."},
    [METHOD_HTTP] =
        {.done = "its page is being stopped or replaced on the way",
         .name = "Page replaced or cut off",
         .by = "by replacing or cutting off the page itself (HTTP)",
         .text = "The connection was made, but the page was replaced by "
                 "another, such as a notice, or the connection was cut while "
                 "it was asked for."},
    [METHOD_THROTTLING] =
        {.done = "it is being slowed down until it is of no use",
         .name = "Slowed down",
         .by = "by slowing the connection (throttling)",
         .text = "The site could be reached, but so slowly that it was of "
                 "little use."},
};

/* What raises the risk of who follows it says so. */
static const char *const advice[ADVICE_COUNT] = {
    [ADVICE_SPELLING] = "Check how the address is spelt.",
    [ADVICE_PASSWORDS] = "Until this is cleared up, enter no password and no "
                         "card number on this site, and accept no warning "
                         "about certificates.",
    [ADVICE_CLOCK] = "Check date and time of this device: with a wrong clock "
                     "good certificates look bad.",
    [ADVICE_PORTAL] = "Open any other page in a browser: in hotels, cafes "
                      "and trains one often has to log in to the network "
                      "first.",
    [ADVICE_BROWSER] = "Open the site in a browser. If it shows up there, or "
                       "asks whether you are human, it is not blocked.",
    [ADVICE_CONTROL] = "Look whether a collector is set and can be reached: "
                       "it names the test servers elsewhere to compare with.",
    [ADVICE_MACHINE] = "Close other programs, make room on the disk, and try "
                       "again.",
    [ADVICE_LATER] = "Try again in an hour and tomorrow: many faults pass.",
    [ADVICE_ROUTER] = "Restart the router, if it is yours. Look whether "
                      "other sites work.",
    [ADVICE_WAIT] = "There is nothing to repair on your side. Try again "
                    "tomorrow.",
    [ADVICE_NETWORK] = "Try from another network, for example mobile data "
                       "instead of Wi-Fi. Whoever runs that network can see "
                       "the test as well.",
    [ADVICE_RESOLVER] = "A browser's \"secure DNS\" setting asks another "
                        "lookup service. Your provider can see that, and in "
                        "some places it is forbidden.",
    [ADVICE_FILTER] = "If this network is an office's, a school's or a "
                      "family's, it may have a filter. Whoever you ask about "
                      "it learns that you tried this site.",
    [ADVICE_SEND] = "If that is safe for you, `parallax run --url URL` "
                    "measures it again and sends the record to the "
                    "collector, where it counts. This test sent none.",
    [ADVICE_DEVICE] = "If the site does not open in your browser, the cause "
                      "is likely there: try another browser, without "
                      "add-ons, or start the device anew.",
};

static const char *const steps[STEP_COUNT] = {
    [STEP_NAME] = "Name lookup",         [STEP_CONNECT] = "Connection",
    [STEP_SECURE] = "Secure connection", [STEP_PAGE] = "Page",
    [STEP_AGAIN] = "Measured once more",
};

static const char *const sureness[SURE_COUNT] = {
    [SURE_GUESS] = "a guess",
    [SURE_MORE_THAN_NOT] = "more likely than not",
    [SURE_LIKELY] = "likely",
    [SURE_VERY_LIKELY] = "very likely",
    [SURE_ALMOST] = "almost certain",
};

#define NO_WAY     "no way to this address"
#define ON_DEVICE  "this device could not do it"
#define UNKNOWN    "failed in an unknown way"
#define NOT_HTTP   "an answer that is no web page"
#define NO_CONTROL "the test server could not be asked"

static const char *const failures[FAILURE_COUNT] = {
    [FAILURE_NONE] = "ok",
    [FAILURE_FOREIGN] = UNKNOWN,
    [FAILURE_TIMEOUT] = "no answer",
    [FAILURE_TIMED_OUT] = "no answer",
    [FAILURE_REFUSED] = "refused",
    [FAILURE_HELPER_REFUSED] = "refused",
    [FAILURE_RESET] = "cut off (reset)",
    [FAILURE_HELPER_RESET] = "cut off (reset)",
    [FAILURE_ABORTED] = "cut off",
    [FAILURE_NETWORK_RESET] = "cut off",
    [FAILURE_NOT_CONNECTED] = "cut off",
    [FAILURE_EOF] = "closed without an answer",
    [FAILURE_HOST_UNREACHABLE] = "\"cannot be reached\"",
    [FAILURE_NETWORK_UNREACHABLE] = NO_WAY,
    [FAILURE_NETWORK_DOWN] = "the network is down",
    [FAILURE_ADDRESS_NOT_AVAILABLE] = NO_WAY,
    [FAILURE_ADDRESS_FAMILY] = NO_WAY,
    [FAILURE_BAD_ADDRESS] = NO_WAY,
    [FAILURE_NO_DESTINATION] = NO_WAY,
    [FAILURE_PERMISSION] = "not allowed on this device",
    [FAILURE_ADDRESS_IN_USE] = ON_DEVICE,
    [FAILURE_CONNECTED_ALREADY] = ON_DEVICE,
    [FAILURE_CONNECTING_ALREADY] = ON_DEVICE,
    [FAILURE_BAD_DESCRIPTOR] = ON_DEVICE,
    [FAILURE_INTERRUPTED] = ON_DEVICE,
    [FAILURE_INVALID_ARGUMENT] = ON_DEVICE,
    [FAILURE_MESSAGE_SIZE] = ON_DEVICE,
    [FAILURE_NO_PROTOCOL_OPTION] = ON_DEVICE,
    [FAILURE_NOT_A_SOCKET] = ON_DEVICE,
    [FAILURE_WOULD_BLOCK] = ON_DEVICE,
    [FAILURE_NO_PROTOCOL] = ON_DEVICE,
    [FAILURE_PROTOCOL_TYPE] = ON_DEVICE,
    [FAILURE_NXDOMAIN] = "\"no such name\"",
    [FAILURE_HELPER_NO_NAME] = "\"no such name\"",
    [FAILURE_NO_ANSWER] = "\"no address\"",
    [FAILURE_DNS_REFUSED] = "\"I refuse\"",
    [FAILURE_SERVFAIL] = "\"I cannot find out\"",
    [FAILURE_HELPER_DNS_SERVER] = "\"I cannot find out\"",
    [FAILURE_MISBEHAVING] = "a faulty answer",
    [FAILURE_WRONG_ID] = "a faulty answer",
    [FAILURE_JSON] = "a faulty answer",
    [FAILURE_BOGON] = "an impossible address",
    [FAILURE_HELPER_LOOKUP] = "no address found",
    [FAILURE_ANDROID_NO_DATA] = "no answer kept",
    [FAILURE_BAD_HOST] = "a certificate for something else",
    [FAILURE_BAD_AUTHORITY] = "a certificate nobody vouches for",
    [FAILURE_BAD_CERT] = "a certificate out of date",
    [FAILURE_HANDSHAKE] = "the handshake failed",
    [FAILURE_NO_TLS] = "an answer that is not encrypted",
    [FAILURE_REDIRECT_HOST] = "leads on to nowhere",
    [FAILURE_REDIRECT_URL] = "leads on to nowhere",
    [FAILURE_REDIRECT_SCHEME] = "leads on to what is no web page",
    [FAILURE_REDIRECT_PORT] = "leads on to where it is not followed",
    [FAILURE_REDIRECT_ADDRESS] = "leads on to where it is not followed",
    [FAILURE_REDIRECT_COUNT] = "leads on and on without end",
    [FAILURE_HTTP_MALFORMED] = NOT_HTTP,
    [FAILURE_PROTOCOL_ERROR] = NOT_HTTP,
    [FAILURE_HEADERS_TOO_LARGE] = NOT_HTTP,
    [FAILURE_BODY_DECODING] = "a page that cannot be read",
    [FAILURE_HTTP2_REFUSED] = "refused",
    [FAILURE_HTTP2_STREAM] = "broke off",
    [FAILURE_TRANSFER] = "broke off",
    [FAILURE_NETWORK_ERROR] = "the network failed",
    [FAILURE_UNCONNECTED] = "no connection",
    [FAILURE_HELPER_CONNECT] = "no connection",
    [FAILURE_HELPER_FAILED] = "failed",
    [FAILURE_HELPER_UNKNOWN] = "failed",
    [FAILURE_UNKNOWN] = UNKNOWN,
    [FAILURE_CONTROL] = NO_CONTROL,
    [FAILURE_CONTROL_UNASKED] = NO_CONTROL,
    [FAILURE_NO_HELPERS] = "no test server answered",
};

const struct catalogue english = {.rules = rules,
                                  .methods = methods,
                                  .advice = advice,
                                  .steps = steps,
                                  .sureness = sureness,
                                  .failures = failures};
