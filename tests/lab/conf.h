// SPDX-License-Identifier: Apache-2.0
// What a lab is to be: the world (hosts, pages, resolvers, volunteers) and
// what the censor does to it, as read from world files, scenario files and
// site lists. Plain data; filled by lines.c, scenario.c, world.c and
// sitelist.c before anything is started, read by everything else.
// Addresses (`addr`) are IPv4 in network byte order, ports in host order.
// Where a thing was given in a file `where` says so; of what is built in it
// names no file (`where.file` NULL).
#ifndef LAB_CONF_H
#define LAB_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAB_HOPS           5 // routers between a volunteer and any server
#define LAB_MAX_VOLUNTEERS 200
#define LAB_MAX_ADDRS      8
#define LAB_LIMIT_MAX      600

// Where a directive stands; printed in errors and in truth.jsonl.
struct lab_where {
    const char *file;
    int line;
    char *text;
};

enum lab_on {
    LAB_ON_DNS,
    LAB_ON_IP,
    LAB_ON_SNI,
    LAB_ON_HTTP
};

enum lab_act {
    LAB_DROP,
    LAB_REJECT,
    LAB_RST,
    LAB_FIN,
    LAB_PAGE,
    LAB_ALERT,
    LAB_INJECT,
    LAB_THROTTLE,
    LAB_FREEZE,
    LAB_UNREACHABLE,
    LAB_DELAY,
    LAB_MITM,       // the interceptor in the world answers for the server
    LAB_PORTAL,     // only a captive portal and the ISP's resolver are there
    LAB_LIMIT_DROP, // the server itself: so many new connections a minute
    LAB_LIMIT_RESET
};

enum lab_answer {
    LAB_ANSWER_A,
    LAB_ANSWER_AAAA,
    LAB_ANSWER_NXDOMAIN,
    LAB_ANSWER_EMPTY
};

enum {
    LAB_TTL_DEFAULT = 0,
    LAB_TTL_COPY = -1
};

// One directive the middlebox carries out.
struct lab_rule {
    struct lab_where where;
    enum lab_on on;
    enum lab_act act;
    char *name;    // NAME pattern (dns, sni), STRING (http), NULL (ip)
    uint32_t addr; // 0: any
    uint16_t port; // 0: any
    enum lab_answer answer;
    uint8_t rdata[16];
    bool twice;
    bool wrong_id;
    int ttl; // leaving the censor
    bool to_client;
    bool to_server;
    char *body;
    size_t body_len;
    int64_t delay_us;
    double loss;        // 0..1
    int64_t rate_bps;   // bits a second, 0: no limit
    size_t after_bytes; // of what the server sends; 0: at once
    uint8_t alert;      // the TLS alert that is forged
    bool trusted;       // mitm: by an authority the volunteer trusts
    int per_minute;     // limit: new connections of one visitor
};

enum lab_zone {
    LAB_ZONE_ISP = 1,
    LAB_ZONE_PUBLIC = 2,
    LAB_ZONE_CONTROL = 4,
    LAB_ZONE_ALL = 7
};

// What ails the name servers of a zone, or its signatures.
enum lab_zone_kind {
    LAB_ZONE_SILENT,  // they answer nobody
    LAB_ZONE_LAME,    // they refuse, as servers that know nothing of it do
    LAB_ZONE_RFC8020, // "no such name" to AAAA alone
    LAB_ZONE_BOGUS    // no signature where the parent promises one
};

// A `zone` line.
struct lab_zone_fault {
    struct lab_where where;
    char *name;
    enum lab_zone_kind kind;
    unsigned zones; // enum lab_zone bits: resolvers that fall over it
};

// An `exec` line: a server of one's own.
struct lab_exec {
    struct lab_where where;
    uint32_t addr;
    uint16_t port[LAB_MAX_ADDRS];
    int ports;
    char **argv; // ends with NULL
    char *dir;   // of the world file: where it runs
};

enum lab_edit_kind {
    LAB_EDIT_ANSWER,
    LAB_EDIT_REMOVE,
    LAB_EDIT_EMPTY,
    LAB_EDIT_CNAME
};

// A `dns` line: what a resolver says instead of the truth.
struct lab_edit {
    struct lab_where where;
    unsigned zones; // enum lab_zone bits
    enum lab_edit_kind kind;
    char *name;
    const char *type; // "A" or "AAAA"
    char *value;      // address or CNAME target
};

enum lab_cert {
    LAB_CERT_OK,
    LAB_CERT_EXPIRED,
    LAB_CERT_WRONG_NAME,
    LAB_CERT_UNTRUSTED,
    LAB_CERT_SELF_SIGNED
};

// A `cert` line. The hosts may come later, from the built-in world or a list.
struct lab_cert_line {
    struct lab_where where;
    char *name; // NAME pattern
    enum lab_cert cert;
    int origin;
};

struct lab_port {
    uint16_t port;
    bool tls;
};

// An address for some askers only.
struct lab_region {
    unsigned zones; // enum lab_zone bits; 0: volunteers in `cc`
    char cc[3];
    uint32_t addr;
};

struct lab_host {
    struct lab_where where;
    char *name;
    struct lab_region region[LAB_MAX_ADDRS];
    int regions;
    uint32_t addr[LAB_MAX_ADDRS];
    int addrs;
    struct lab_port port[LAB_MAX_ADDRS];
    int ports;
    enum lab_cert cert;
    bool cert_said;
    int origin;  // of the file it came from: 0 a given file, 1 built in
    bool listed; // from a site list: one page at every path
    bool own;    // has directives of its own
    bool no_dns; // name is an address
};

enum lab_odd {
    LAB_ODD_NONE,
    LAB_ODD_ENDLESS,
    LAB_ODD_CLOSE_EARLY,
    LAB_ODD_HEADERS
};

enum lab_proxy {
    LAB_PROXY_NONE,
    LAB_PROXY_COLLECTOR,
    LAB_PROXY_CONTROL
};

// A `page` or `serve` line: what a host answers.
struct lab_reply {
    struct lab_where where;
    bool serve;     // beats every page line
    bool to_client; // to volunteers only
    char *host;     // NAME pattern
    char *path;     // exact, "/x/*", "*"; NULL: every path
    int status;     // 0: as it would have been (with `rate` only)
    char *body;     // NULL: none given
    size_t body_len;
    char *redirect;
    char **header;
    size_t headers;
    int64_t rate; // bytes a second, 0: no limit
    enum lab_odd odd;
    size_t odd_size;
    enum lab_proxy proxy;
    int origin;
    int id; // names its body file
};

struct lab_asn {
    uint32_t addr;
    int prefix;
    uint32_t asn;
    char *org;
    char cc[3]; // empty: unknown
};

struct lab_resolver {
    struct lab_where where;
    uint32_t addr;
    char *doh; // NULL: no DoH
    int origin;
};

// What of IPv6 a volunteer's line has.
enum lab_v6 {
    LAB_V6_UNSAID,
    LAB_V6_OFF,
    LAB_V6_ON,       // beside IPv4
    LAB_V6_UNROUTED, // an address and a route, and silence behind it
    LAB_V6_NAT64     // nothing but IPv6; IPv4 behind 64:ff9b::/96
};

struct lab_volunteer {
    struct lab_where where;
    enum lab_v6 v6;
    uint8_t addr6[16];
    bool addr6_given;
    uint32_t shadow; // what its IPv6 packets come from, in the world
    uint32_t addr;
    uint32_t gateway;
    uint32_t asn;
    char cc[3];
};

struct lab_router {
    uint32_t addr;
    bool silent;
    int origin; // of the file that gave the address
};

enum lab_scope {
    LAB_SCOPE_PAIR,
    LAB_SCOPE_SERVER,
    LAB_SCOPE_TUPLE
};

// What is said once in all files that are read.
enum lab_setting {
    LAB_SET_RTT,
    LAB_SET_RATE,
    LAB_SET_LOSS,
    LAB_SET_DOWN,
    LAB_SET_HOP,
    LAB_SET_ON_PATH,
    LAB_SET_NO_REASSEMBLY,
    LAB_SET_RESIDUAL,
    LAB_SET_IPV6,
    LAB_SET_CLOCK,
    LAB_SET_CONTROL,
    LAB_SET_PORTAL,
    LAB_SET_ISP,         // the address of the ISP's resolver
    LAB_SET_ISP_TROUBLE, // what is wrong with it
    LAB_SET_NAT64,       // its prefix
    LAB_SET_ROUTER,      // + N: router N is silent
    LAB_SETTINGS = LAB_SET_ROUTER + LAB_HOPS + 1
};

struct lab_conf {
    struct lab_where said[LAB_SETTINGS];
    struct lab_rule *rule;
    size_t rules, rules_cap;
    struct lab_edit *edit;
    size_t edits, edits_cap;
    struct lab_host *host;
    size_t hosts, hosts_cap;
    struct lab_reply *reply;
    size_t replies, replies_cap;
    struct lab_cert_line *cert;
    size_t certs, certs_cap;
    struct lab_exec *exec;
    size_t execs, execs_cap;
    struct lab_zone_fault *zone;
    size_t zones, zones_cap;
    char **tls12; // NAME patterns of hosts without TLS 1.3
    size_t tls12s, tls12_cap;
    struct lab_asn *asn;
    size_t asns, asns_cap;
    struct lab_resolver *resolver; // public ones
    size_t resolvers, resolvers_cap;
    struct lab_volunteer volunteer[LAB_MAX_VOLUNTEERS];
    int volunteers;

    uint32_t isp_resolver;
    struct lab_router router[LAB_HOPS + 1]; // [1]: next to the volunteer

    int64_t rtt_us;
    int64_t link_rate_bps;
    double link_loss;
    int64_t down_at_us; // -1: never
    int64_t down_for_us;

    int hop;
    bool on_path;
    bool no_reassembly;
    int64_t residual_us;
    enum lab_scope scope;

    enum lab_v6 v6;    // of volunteers whose line does not say
    uint8_t nat64[16]; // prefix
    int nat64_bits;    // 0: the well-known one
    bool clock;        // COMMAND's clock is wrong
    bool clock_at;
    int64_t clock_s; // seconds from now, or since 1970 (clock_at)

    bool control_down;
    int64_t control_delay_us;

    int origin;     // of the file being read
    uint32_t first; // first address of the site lists' hosts, host order
    uint32_t last;
    char error[512]; // why reading failed: "FILE:LINE: words"
};

// Defaults of a lab without any file.
void lab_conf_init(struct lab_conf *c);
// After the last file: the built-in world under what was given, checks
// across lines, the built-in volunteer. false: `error` says why.
bool lab_conf_finish(struct lab_conf *c);

// Exactly `n` volunteers: the first ones given, then made up, at addresses
// that nobody has.
void lab_conf_volunteers(struct lab_conf *c, int n);
// After the site lists: every `page`, `serve` and `cert` line finds its hosts,
// and no server is where a volunteer is.
bool lab_conf_settle(struct lab_conf *c);

// One more volunteer; there is room for it.
struct lab_volunteer *lab_volunteer_add(struct lab_conf *c, uint32_t addr,
                                        uint32_t asn, const char *cc);
// Why nobody can be at `addr`; NULL: somebody can.
const char *lab_addr_wrong(uint32_t addr);

// The 188 bytes of the page a censor forges when it was given no other.
#define LAB_BLOCK_PAGE_LEN 188
extern const char lab_block_page[];

// NAME as of scenario lines: exact, `*.x` (names under x, not x), `*`.
bool lab_name_match(const char *pattern, const char *name);
struct lab_host *lab_host_find(const struct lab_conf *c, const char *name);
// A program of an `exec` line has that port.
bool lab_exec_has(const struct lab_conf *c, uint32_t addr, uint16_t port);
bool lab_host_has_tls(const struct lab_host *h);
struct lab_host *lab_host_add(struct lab_conf *c, const char *name);

#endif
