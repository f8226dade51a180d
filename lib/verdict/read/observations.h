// SPDX-License-Identifier: Apache-2.0
/* A record as flat observations: one struct per lookup and one per endpoint,
 * each beside what the control saw there. Both verdicts read these, and so does
 * whatever explains a verdict to a person. The arrays live in one region, texts
 * in it or in the record; structs refer to addresses by index, since the
 * arrays grow while they are filled.
 */
#ifndef PARALLAX_VERDICT_READ_OBSERVATIONS_H
#define PARALLAX_VERDICT_READ_OBSERVATIONS_H

#include "base/crypto.h"
#include "base/diag.h"
#include "base/region.h"
#include "base/sketch.h"
#include "verdict/read/outcome.h"
#include "verdict/read/vhttp.h"
#include "wire/ip.h"
#include "wire/url.h"

#define OBS_MAX_QUERIES   1024
#define OBS_MAX_ENDPOINTS 1024
#define OBS_MAX_ADDRS     4096 /* distinct ones in the whole record */
#define OBS_MAX_ANSWERS   8192 /* in the whole record */
#define OBS_MAX_EXCHANGES 4096
#define OBS_MAX_CONTROL   1024 /* entries of each object of the control */
#define OBS_MAX_REQUESTS  256
#define OBS_MAX_HEADERS   256 /* compared of one response */
#define OBS_MAX_TAGS      64
#define OBS_MAX_PACKETS   4096 /* kept as evidence */
#define OBS_MAX_LED       16   /* depths at which redirects are compared */
#define OBS_NO_DEPTH      (-1)

/* Of vaddr.flags_control: a certificate for the name was shown there. */
#define OBS_VALID_FOR_DOMAIN 8

/* An address that anything in the record names. */
struct vaddr {
    struct ip ip;
    uint32_t asn;          /* said by an answer; 0 unknown */
    uint32_t asn_control;  /* said by the control; 0 unknown */
    int64_t flags_control; /* ip_info flags of the control */
    int owner;             /* first lookup that gave it, -1 none */
    bool control;          /* among the control's addresses for the name */
    bool control_network;  /* in the network of one of those */
    bool classic;          /* given by the system's resolver */
    bool own;              /* this machine's hosts file gave it, nobody else */
    bool bogon, loopback;
    int meant; /* the record's IPv4 address that an IPv6 one stands for (RFC
                  6052), an index; -1 none */
    bool translated; /* stands for one of the control's IPv4 addresses */
    /* other names of the run that the system's resolver gave it; of these,
     * unrelated ones that are hosted in other networks than the site; and those
     * for which a page came from there that had nothing of them, or an error of
     * the server's or an edge's refusal */
    int64_t run_names, run_other_networks, run_notices, run_ill;
};

/* A lookup: one question to one resolver, and its answer. */
struct vquery {
    int64_t id;
    int64_t group; /* id, or a number of its own when it has none */
    struct str host, engine, type;
    struct str resolver; /* as the record calls it: address or URL */
    struct outcome result;
    int depth;    /* redirects before it */
    bool classic; /* the system's resolver was asked */
    bool own;     /* and it answered from its hosts file, asking no server */
    bool doh, aaaa;
    bool duplicate; /* a late or further answer */
    bool doubtful; /* an answer of it is of two families, or of the wrong one */
    bool ctl;      /* the control was asked about this very name */
    double t0, t;
    const uint32_t *addrs; /* distinct indexes into observations.addrs */
    size_t n_addrs;
    struct str cname;  /* first CNAME target */
    int64_t run_names; /* others of the run that this resolver gave addresses;
                          not known of the system's */
    bool example_asked, example_answered; /* so was, and did, the same resolver
                                             about a name blocked nowhere */
};

/* One answer of a resolver by UDP. */
struct vexchange {
    int64_t id;
    struct str resolver; /* "ip:port" */
    struct str host;     /* empty: of other measurements */
    bool further;        /* late, or beside another one */
    bool servfail;       /* the resolver could not find out */
    double asked;        /* seconds, as the record counts them; 0 unknown */
    double took;         /* seconds from query to answer, above 0 */
    int64_t n;           /* of so many answers it is the fastest */
};

/* The steps of a visit. */
enum vstage {
    VSTAGE_DNS,
    VSTAGE_TCP,
    VSTAGE_TLS,
    VSTAGE_HTTP
};

/* A connection to one address and port, with all that went over it. */
struct vendpoint {
    int64_t id;
    uint32_t addr;
    uint16_t port;
    int depth;         /* redirects before it */
    int fetch_body;    /* was a page to be fetched? -1 unknown, 0, 1 */
    enum vstage stage; /* last one reached */
    struct outcome tcp, tls, http;
    bool no_verify;  /* TLS without verification */
    bool alerted;    /* the peer ended the handshake by an alert */
    struct str leaf; /* SHA-256, in hex, of the certificate that was shown and
                        refused; {NULL,0}: none is stored */
    const struct json *shown; /* the site's certificate, of a handshake that
                                 succeeded; NULL: none is stored */
    int64_t syn_ttl;          /* of the SYN,ACK kept as evidence; 0 unknown */
    bool odd_distance;        /* a reset or an end came with another TTL */
    struct str server_name;
    struct vhttp resp;
    /* the control about the same endpoint, or about the IPv4 one that NAT64
     * leads to; `exact` leaves the latter out, as OONI does */
    struct outcome ctl_tcp, ctl_tls;
    struct outcome exact_tcp, exact_tls;
    /* the control's first attempt there, if it was cut off and made again; and
     * ours, of which the request was made again over another connection */
    struct outcome ctl_first, retried;
    struct str ctl_leaf;   /* SHA-256 of what the control was shown, in hex */
    struct str ctl_issuer; /* likewise, of the name of who issued that */
    bool origin_control;   /* address known from the control alone */
    bool unsent;           /* nothing of it left this machine, says the capture,
                              or the answer came and was not taken */
    bool unsaid;           /* it stood, and nothing that was to be said left */
    bool doubtful;         /* its entries contradict one another */
    double t0, t, tls_t0, tls_t, http_t0, http_t;
    double first;      /* when the answer began; 0 unknown */
    double last;       /* when its last bytes came; 0 unknown */
    int64_t received;  /* bytes above TCP; 0 unknown */
    bool h2;           /* the page was asked for by HTTP/2 */
    int64_t run_pages; /* own pages of the same host that came from there before
                          in the run */
    int64_t run_others; /* and those of other hosts */
};

/* What the control answered about the site as a whole. */
struct vcontrol {
    bool present;    /* both request and answer stand in the record */
    bool doubtful;   /* it says that something failed, and what came of it */
    struct str host; /* of the URL it was asked for */
    struct outcome dns;
    size_t n_addrs; /* distinct addresses, 0 when dns failed */
    struct outcome http;
    int64_t status, body_length;
    struct str title;
    const struct json *headers;      /* {name: value} or NULL */
    const struct json *certificates; /* {"ip:port": SHA-256 in hex} or NULL */
    /* said by controls of ours alone: why there is no page, and what came of
     * one that was cut off (0: nothing) */
    struct outcome page;
    int64_t page_status, page_length;
    bool led_to_https; /* its page came over TLS: said by ours alone */
    int64_t hashed;    /* bytes of the page that sha256 is of; 0: not said */
    uint8_t sha256[SHA256_LEN];
    struct sketch sketch; /* of as many; n 0: not said, or no words */
};

/* What another control said, asked because the first got no page. */
enum other_control {
    OTHER_UNASKED,  /* or nobody said so */
    OTHER_SILENT,   /* no answer of it can be had */
    OTHER_PAGELESS, /* it got no page either */
    OTHER_FOUND,    /* nor that, but it found the name, which the first did
                       not: the site is judged by it */
    OTHER_PAGE      /* it did: the site is judged by it */
};

/* SHA-256 of the certificate that the control was shown there, in hex;
 * {NULL,0} unknown. */
struct str observations_control_leaf(const struct vcontrol *c,
                                     const struct ip *ip, uint16_t port);

struct observations {
    struct region *r;
    struct str input;
    struct str cc;   /* the volunteer's country, as the record has it */
    uint32_t asn;    /* and network; 0 unknown */
    bool names_site; /* the input is what was measured */
    struct url url;  /* what was measured; url.text NULL if it cannot be read */
    struct vaddr *addrs;
    size_t n_addrs, cap_addrs;
    uint32_t *hash; /* open addressing: index + 1 */
    size_t hash_size;
    struct vquery *queries; /* with the duplicates at the end */
    size_t n_queries, cap_queries;
    size_t n_answers;
    struct vexchange *exchanges;
    size_t n_exchanges, cap_exchanges;
    struct vendpoint *ends;
    size_t n_ends, cap_ends;
    struct vcontrol control;
    enum other_control other;
    struct str control_failure; /* {NULL,0}: null */
    bool old;    /* no step has a transaction id: observe_old.h made them */
    bool legacy; /* steps that cannot be tied together all the same */
    bool others_answered;  /* the system's resolver answers for other names */
    bool same_for_others;  /* with an address of these, and no other */
    struct str alias_host; /* of which the system's resolver gave the alias and
                              no address; or empty */
    struct str alias;      /* that it gave */
    struct str unchecked_host; /* the system's resolver was asked about it once
                                  more, and not to check signatures; or empty */
    struct outcome unchecked;  /* what it said then */
    /* by depth: unrelated names of the run that redirects led there, too */
    int64_t run_led[OBS_MAX_LED];
    /* unrelated names of the run for which the very page came that came here in
     * cleartext, and names that had their own in cleartext */
    int64_t run_same, run_own;
    bool run_doubtful;   /* what is said of the run contradicts itself */
    struct ip whoami_ip; /* what it gives for a name of no site; family 0
                            unknown, as in all records of today */
    bool not_followed;   /* the last redirect led where it was not gone to, for
                            want of consent */
    bool control_deferred; /* no control was asked yet: the collector does */
    bool internal;         /* the probe says that its own machine failed */
    bool clock_doubtful;   /* nobody vouches for its clock, it says */
};

/* Index of `ip`, added if it is new. ERR_PARSE: there are too many. */
MUST_USE enum err observations_addr(struct observations *o, const struct ip *ip,
                                    uint32_t *index, struct diag *d);
/* The endpoint of that transaction; NULL for id 0 and if there is none. */
struct vendpoint *observations_endpoint(const struct observations *o,
                                        int64_t id);
/* `name` without the dot of the root, which means the same name. */
struct str observations_name(struct str name);

#endif
