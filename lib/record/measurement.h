// SPDX-License-Identifier: Apache-2.0
/* What was observed while measuring one URL, as the engine built it; plain
 * values in one region. Field meanings follow OONI's data formats (df-001,
 * df-002, df-005, df-006, df-008); keys.h turns it into JSON.
 *
 * Times are microseconds since the start of the measurement. `failure` is NULL
 * for success, else a failure string of df-007. Strings are NUL-terminated and
 * live in the measurement's region (or are static).
 */
#ifndef PARALLAX_RECORD_MEASUREMENT_H
#define PARALLAX_RECORD_MEASUREMENT_H

#include "base/region.h"
#include "wire/ip.h"

/* Where an address came from. */
#define ORIGIN_SYSTEM  1u
#define ORIGIN_UDP     2u
#define ORIGIN_DOH     4u
#define ORIGIN_CONTROL 8u

struct dns_answer {
    const char *type;     /* "A", "AAAA", "CNAME" */
    struct ip ip;         /* A, AAAA */
    const char *hostname; /* CNAME target */
    uint32_t asn;         /* 0 unknown */
    const char *org;      /* "" unknown */
    uint32_t ttl;         /* as received; OONI's `ttl` key stays null */
};

/* Tags are written from these: "classic", "tcptls_experiment", "depth=N",
 * "fetch_body=true|false". */
struct obs_tags {
    bool classic;
    bool tcptls_experiment;
    int depth;      /* -1: no depth tag */
    int fetch_body; /* -1: no tag, 0 false, 1 true */
};

enum query_list {
    QUERY_MAIN,      /* queries */
    QUERY_DUPLICATE, /* x_dns_duplicate_responses: late or further answers */
    QUERY_SYSTEM,    /* x_system_queries: exchanges behind a system lookup */
    QUERY_DO53,      /* x_do53.queries */
};

struct obs_query {
    enum query_list list;
    int64_t t0, t;
    const char *engine; /* getaddrinfo, udp, tcp, doh */
    const char *hostname;
    const char *query_type; /* "ANY", "A", "AAAA" */
    const char *resolver;   /* "" system, "8.8.8.8:53", DoH URL */
    const char *failure;
    int rcode;
    struct dns_answer *answers;
    size_t n_answers;
    struct str raw;                       /* reply bytes, may be empty */
    bool unchecked;                       /* signatures needed not be checked */
    bool example_asked, example_answered; /* so was, and did, the same server
                                             for a name blocked nowhere */
    int64_t id;                           /* transaction id */
    struct obs_tags tags;
};

/* Did the first packet of a connection that failed leave this machine? */
enum obs_sent {
    SENT_UNKNOWN, /* packets were not captured, nor does the kernel say no */
    SENT_YES,
    SENT_NO /* something on this machine held it back, or answered it */
};

/* What did this machine keep from a connection that failed? */
enum obs_held {
    HELD_NOTHING, /* or packets were not captured */
    HELD_ANSWER,  /* the server's answer to the first packet, which came */
    HELD_DATA     /* all that was to be said once the connection stood */
};

struct obs_tcp {
    int64_t t0, t;
    struct ip ip;
    uint16_t port;
    const char *failure;
    bool reconnect; /* second connection of a flow: under x_reconnect */
    enum obs_sent sent;
    enum obs_held held;
    int64_t told_us; /* not 0: no connection of this measurement; another one
                        saw this, so long before (x_told_after) */
    int64_t id;
    struct obs_tags tags;
};

struct obs_tls {
    int64_t t0, t;
    struct ip ip;
    uint16_t port;
    const char *server_name;
    const char *failure;
    const char *version; /* "TLSv1.3", "" */
    const char *cipher;  /* IANA name, "" */
    const char *alpn;    /* "h2", "http/1.1", "" */
    struct str *certs;   /* DER, leaf first */
    size_t n_certs;
    bool reconnect; /* as in obs_tcp */
    bool retried;   /* by a control, which tried again: that is what counts */
    int64_t id;
    struct obs_tags tags;
};

struct obs_header {
    const char *name; /* Go canonical form */
    struct str value;
};

struct obs_http {
    int64_t t0, t;
    struct ip ip;
    uint16_t port;
    const char *url;
    const char *alpn; /* NULL for cleartext */
    const char *failure;
    struct obs_header *req_headers;
    size_t n_req_headers;
    int status; /* 0 unknown */
    struct obs_header *headers;
    size_t n_headers;
    struct str body; /* decoded, at most 512 KiB */
    bool body_truncated;
    bool retried;  /* no answer; what was asked again then is what counts */
    bool unlisted; /* a redirect led here, and no site list has the host */
    bool listed;   /* some list has the host */
    bool leads_unlisted; /* its Location leads to such a host */
    bool leads_listed;
    int64_t first;       /* when the answer began; 0 never */
    int64_t last;        /* when the last bytes of any kind came */
    uint64_t received;   /* bytes above TCP, the handshake included */
    uint64_t body_bytes; /* decoded bytes seen (the control counts on to
                            16 MiB), may be more than body.len */
    int64_t id;
    struct obs_tags tags;
};

enum event_list {
    EVENT_MAIN, /* network_events */
    EVENT_DOH,  /* x_doh.network_events */
    EVENT_DO53, /* x_do53.network_events */
};

struct obs_event {
    enum event_list list;
    int64_t t0, t;
    const char *operation; /* connect, tls_handshake_start, read, ... */
    const char *proto;     /* "tcp", "udp", NULL for annotations */
    struct ip ip;          /* family 0: no address */
    uint16_t port;
    const char *failure;
    uint64_t num_bytes;
    int64_t id;
    struct obs_tags tags;
};

/* One packet kept as evidence: those around a reset or a contradiction. */
struct obs_packet {
    int64_t t;
    struct ip src, dst;
    uint16_t sport, dport;
    uint8_t ttl;
    uint16_t ip_id;
    const char *proto; /* "tcp", "udp" */
    const char *flags; /* "SYN,ACK", "" for UDP */
    uint32_t seq, ack;
    uint16_t window;
    uint32_t payload; /* bytes */
    int64_t id;       /* transaction id, 0 unknown */
    const char *why;  /* "rst", "fin", "dns_contradiction", "context" */
};

/* One transfer of a comparison. Times are 0 where it did not get so far. */
struct obs_compare {
    bool named;        /* the site's name stood in the handshake */
    const char *other; /* this one stood there; NULL: none but the site's */
    struct ip ip;
    uint16_t port;
    int64_t t0, connected, secured;
    int64_t first, last; /* the answer began; the last bytes of any kind */
    int64_t t;
    int status;        /* 0 unknown */
    uint64_t bytes;    /* decoded, of the body */
    uint64_t received; /* above TCP, the handshake included */
    bool truncated;    /* we had enough of it */
    bool trusted;      /* an authority vouches for the certificate shown */
    struct str cert;   /* that, DER; empty: none */
    size_t n_headers;  /* of the answer */
    const char *failure;
    int64_t id;
};

struct obs_note { /* x_conn_priority_log */
    int64_t t;
    const char *msg;
};

/* The fastest answer that a resolver gave to others: x_dns_fastest */
struct obs_pace {
    const char *resolver; /* "ip:port" */
    int64_t fastest;      /* microseconds from query to answer */
    unsigned n;           /* answers it is the fastest of */
};

#define MEASUREMENT_MAX_PACES 8

/* What other measurements of the run tell of this one: counts, up to 8. */
struct obs_run_address { /* that the system's resolver gave */
    struct ip ip;
    unsigned names;          /* others that it gave this address */
    unsigned other_networks; /* of these, unrelated ones that are hosted
                                elsewhere than the site */
    unsigned notices;        /* of all, those for which a page came from there
                                that had nothing of them */
    unsigned ill;            /* of all, those for which an error of a server or
                                an edge's refusal came from there */
};

struct obs_run_resolver {
    const char *resolver; /* that was asked here: "ip:port", or a URL */
    unsigned names;       /* others that it gave an address */
};

struct obs_run_page { /* an endpoint that was connected to */
    struct ip ip;
    uint16_t port;
    unsigned pages;  /* of the same host that came from there before */
    unsigned others; /* and of other hosts */
};

struct obs_run_led {
    int depth;      /* of the host that a redirect led to */
    unsigned names; /* unrelated ones that redirects led there, too */
};

struct obs_run_cleartext { /* the page that came in cleartext */
    unsigned same;         /* unrelated names for which the very same came */
    unsigned own; /* names that had their own page, or what leads there, in
                     cleartext */
};

struct obs_run {
    struct obs_run_address *addresses;
    size_t n_addresses;
    struct obs_run_resolver *resolvers;
    size_t n_resolvers;
    struct obs_run_page *pages;
    size_t n_pages;
    struct obs_run_led *led;
    size_t n_led;
    struct obs_run_cleartext cleartext;
};

/* What another control said than the one that counts for OONI's keys, asked the
 * same because that one got no page. */
struct obs_other_control {
    bool asked;
    struct str answer;    /* JSON as received, empty: none */
    const char *failure;  /* NULL: it answered */
    const char *url;      /* which, or NULL */
    struct str signature; /* as control_signature */
};

struct measurement {
    struct region *region; /* owns everything here */
    const char *input;     /* the URL that was visited */
    const char *category;  /* category code of the list row, or NULL */
    int64_t start_wall_us;
    int64_t runtime_us;
    /* not 0: this machine failed; the record must say `internal` */
    enum err internal;
    const char *internal_what;

    struct obs_query *queries;
    size_t n_queries, cap_queries;
    struct obs_tcp *tcp;
    size_t n_tcp, cap_tcp;
    struct obs_tls *tls;
    size_t n_tls, cap_tls;
    struct obs_http *http; /* oldest first; written newest first */
    size_t n_http, cap_http;
    struct obs_event *events;
    size_t n_events, cap_events;
    struct obs_packet *packets;
    size_t n_packets, cap_packets;
    struct obs_compare *compare;
    size_t n_compare, cap_compare;
    struct obs_note *notes;
    size_t n_notes, cap_notes;

    const char *client_resolver; /* address text */
    unsigned others_alike; /* other names of the run that the system's resolver
                              gave an address of these, */
    unsigned others_elsewhere; /* and others: x_run */
    struct obs_run run;        /* x_run, too */
    struct obs_pace *paces;
    size_t n_paces; /* at most MEASUREMENT_MAX_PACES */

    struct str control_request;  /* JSON as sent, empty: none */
    struct str control;          /* JSON as received, empty: none */
    const char *control_failure; /* NULL: control answered */
    const char *control_url;     /* helper that answered, or NULL */
    const char *control_type;    /* "https", "cloudfront" */
    struct str
        control_signature; /* JSON object x_control_signature, or empty */
    struct obs_other_control other_control;

    struct ip not_tried[16]; /* own-network bogons: x_not_tried */
    size_t n_not_tried;
    const char *not_followed; /* "consent": the volunteer has not agreed to the
                                 class of the site that the last redirect led
                                 to; NULL: all were followed */
};

/* Appenders used by the engine: NULL when out of memory or over the maximum
 * (then m->internal is set). The element starts zeroed, without tags (depth and
 * fetch_body -1). The next append may move the array: keep an index, never the
 * pointer. At most 2048 queries, connections and handshakes each. */
struct obs_query *measurement_add_query(struct measurement *m);
struct obs_tcp *measurement_add_tcp(struct measurement *m);
struct obs_tls *measurement_add_tls(struct measurement *m);
/* The same; at most 64 requests, 32768 events and 4096 packets. */
struct obs_http *measurement_add_http(struct measurement *m);
struct obs_event *measurement_add_event(struct measurement *m);
struct obs_packet *measurement_add_packet(struct measurement *m);
/* The same; at most 64 fetches of a comparison. */
struct obs_compare *measurement_add_compare(struct measurement *m);
/* Adds a note for x_conn_priority_log: `t` in microseconds since the start of
 * the measurement, `msg` is copied. At most 512; errors as above. */
void measurement_note(struct measurement *m, int64_t t, const char *msg);

#endif
