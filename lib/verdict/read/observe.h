// SPDX-License-Identifier: Apache-2.0
/* A record as flat observations: what both verdicts read. One struct per
 * lookup and one per endpoint, cross-referenced with the control. For
 * lib/verdict, and for what explains a verdict to a person. Everything lives in
 * the region given to observe() or in the record; indexes are used instead of
 * pointers where arrays may grow.
 *
 * Old records (v0.4) are read as far as their meaning is clear: null for a
 * missing array, `false` for no failure; endpoints without a transaction id
 * cannot be tied together and set `legacy`.
 */
#ifndef PARALLAX_VERDICT_READ_OBSERVE_H
#define PARALLAX_VERDICT_READ_OBSERVE_H

#include "base/json.h"
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
#define OBS_NO_DEPTH      (-1)

/* A failure that may be unknown. Known and empty is success. */
struct outcome {
    bool known;
    struct str failure;
};

static inline bool outcome_ok(struct outcome o)
{
    return o.known && o.failure.len == 0;
}

static inline bool outcome_bad(struct outcome o)
{
    return o.known && o.failure.len > 0;
}

struct vaddr {
    struct ip ip;
    uint32_t asn;          /* said by an answer; 0 unknown */
    uint32_t asn_control;  /* said by the control; 0 unknown */
    int64_t flags_control; /* ip_info flags of the control */
    int owner;             /* first lookup that gave it, -1 none */
    bool control;          /* among the control's addresses for the name */
    bool control_network;  /* in the network of one of those */
    bool classic;          /* given by the system's resolver */
    bool bogon, loopback;
};

struct vquery {
    int64_t id;
    int64_t group; /* id, or a number of its own when it has none */
    struct str host, engine, type;
    struct str resolver; /* as the record calls it: address or URL */
    struct outcome result;
    int depth;
    bool classic; /* the system's resolver */
    bool own;     /* and no server was asked: its hosts file says so */
    bool doh, aaaa;
    bool duplicate; /* a late or further answer */
    bool ctl;       /* the control was asked about this very name */
    double t0, t;
    const uint32_t *addrs; /* distinct indexes into observations.addrs */
    size_t n_addrs;
    struct str cname; /* first CNAME target */
};

/* One answer of a resolver by UDP. */
struct vexchange {
    int64_t id;
    struct str resolver; /* "ip:port" */
    struct str host;     /* empty: of other measurements */
    bool further;        /* late, or beside another one */
    double took;         /* seconds from query to answer, above 0 */
    int64_t n;           /* answers it is the fastest of */
};

enum stage {
    STAGE_DNS,
    STAGE_TCP,
    STAGE_TLS,
    STAGE_HTTP
};

struct vhttp {
    struct str url;
    bool got_headers; /* also set when the transfer failed later */
    int64_t status;
    const struct json *headers_list; /* [[name, value]...] or NULL */
    const struct json *headers;      /* {name: value} or NULL */
    struct str body;
    bool truncated;
    bool final; /* success with a 2xx, 4xx or 5xx status */
};

struct vendpoint {
    int64_t id;
    uint32_t addr;
    uint16_t port;
    int depth;
    int fetch_body;   /* -1 unknown, 0, 1 */
    enum stage stage; /* last one reached */
    struct outcome tcp, tls, http;
    bool no_verify;    /* TLS without verification */
    int64_t syn_ttl;   /* of the SYN,ACK kept as evidence; 0 unknown */
    bool odd_distance; /* a reset or an end came with another TTL */
    struct str server_name;
    size_t n_certs;
    struct vhttp resp;
    /* the control about the same endpoint, or about the IPv4 one that NAT64
     * leads to; `exact` leaves the latter out, as OONI does */
    struct outcome ctl_tcp, ctl_tls;
    struct outcome exact_tcp, exact_tls;
    bool origin_control; /* address known from the control alone */
    bool legacy_id;      /* no transaction id in the record */
    bool doubtful;       /* its entries contradict one another */
    double t0, t, http_t0, http_t;
    double first;     /* when the answer began; 0 unknown */
    int64_t received; /* bytes above TCP; 0 unknown */
};

struct vcontrol {
    bool present;    /* both request and answer stand in the record */
    struct str host; /* of the URL it was asked for */
    struct outcome dns;
    size_t n_addrs; /* distinct addresses, 0 when dns failed */
    struct outcome http;
    int64_t status, body_length;
    struct str title;
    const struct json *headers; /* {name: value} or NULL */
    bool headers_known;
};

struct observations {
    struct region *r;
    struct str input;
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
    struct str control_failure; /* {NULL,0}: null */
    bool legacy;
    bool whoami_system, whoami_udp; /* resolvers answer for other names */
    struct ip
        whoami_ip; /* what the system's one says there; family 0 unknown */
    bool internal; /* the probe says that its own machine failed */
};

MUST_USE enum err observe(struct region *r, const struct json *record,
                          struct observations *o, struct diag *d);
/* The same of other `keys` than the record's own test_keys; messages of `d`
 * begin with "test_keys". */
MUST_USE enum err observe_keys(struct region *r, const struct json *record,
                               const struct json *keys, struct observations *o,
                               struct diag *d);

/* Parts of the above in files of their own. */
MUST_USE enum err observe_http(struct observations *o, const struct json *tk,
                               struct diag *d);
MUST_USE enum err observe_control(struct observations *o, const struct json *tk,
                                  struct diag *d);
MUST_USE enum err observe_packets(struct observations *o, const struct json *tk,
                                  struct diag *d);
MUST_USE enum err observe_timing(struct observations *o, const struct json *tk,
                                 struct diag *d);
/* Index of `ip`, added if new; ERR_LIMIT never: too many is ERR_PARSE. */
MUST_USE enum err observe_addr(struct observations *o, const struct ip *ip,
                               uint32_t *index, struct diag *d);
/* `name` without the dot of the root, which means the same name. */
struct str observe_name(struct str name);
/* NULL if there is no endpoint with this id. */
struct vendpoint *observe_endpoint(const struct observations *o, int64_t id);

/* Where a value stands, spelt out only when something is wrong:
 * list, list.key, list[i].key or list["name"].key. */
struct at {
    const char *list;
    size_t i; /* AT_NONE: no index */
    struct str name;
    const char *key;
};

#define AT_NONE          SIZE_MAX
#define AT_KEY(l, k)     ((struct at){(l), AT_NONE, {NULL, 0}, (k)})
#define AT_I(l, n, k)    ((struct at){(l), (n), {NULL, 0}, (k)})
#define AT_NAME(l, s, k) ((struct at){(l), AT_NONE, (s), (k)})

/* Typed reads; ERR_PARSE names the key in `d`. */
MUST_USE enum err want_outcome(const struct json *n, struct at at,
                               struct outcome *out, struct diag *d);
MUST_USE enum err want_str(const struct json *n, struct at at, struct str *out,
                           struct diag *d); /* null: empty */
MUST_USE enum err want_i64(const struct json *n, struct at at, int64_t *out,
                           struct diag *d); /* null: 0 */
MUST_USE enum err want_num(const struct json *n, struct at at, double *out,
                           struct diag *d); /* null: 0 */
MUST_USE enum err want_bool(const struct json *n, struct at at, bool *out,
                            struct diag *d); /* null: false */
/* An array (object), or null for none, of at most `max` entries. */
MUST_USE enum err want_arr(const struct json *n, struct at at, size_t max,
                           struct diag *d);
MUST_USE enum err want_obj(const struct json *n, struct at at, size_t max,
                           struct diag *d);
/* ERR_PARSE: "where: what". */
MUST_USE enum err want_fail(struct at at, const char *what, struct diag *d);

/* Value of a response header, name of any case; false if absent. */
bool vhttp_header(const struct vhttp *h, const char *name, struct str *value);
/* Walks the headers: start with *at NULL; false at the end. */
bool vhttp_next_header(const struct vhttp *h, const struct json **at,
                       struct str *name, struct str *value);

#endif
