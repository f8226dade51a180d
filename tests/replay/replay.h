// SPDX-License-Identifier: Apache-2.0
/* Whole measurements with a virtual clock and no network. The real engine,
 * record and verdict are linked against fakes of what lies below the engine
 * (loop, clock, resolver, fetch, HTTP client); a scenario says what each of
 * them sees, and when. Grammar of the scenarios: README.md here.
 */
#ifndef PARALLAX_REPLAY_H
#define PARALLAX_REPLAY_H

#include "base/loop.h"
#include "wire/ip.h"

#define REPLAY_MAX   48 /* lines of one kind in one replay */
#define REPLAY_SITES 8
#define REPLAY_ADDRS 4
#define REPLAY_WORDS 24
/* The page that comes where no other is said. */
#define REPLAY_BODY                                                            \
    "<html><head><title>Example</title></head><body>A page that is the same "  \
    "for everyone who asks for it.</body></html>"

/* What an exchange, a connection, a page or a call comes to. */
enum ending {
    END_OK,
    END_RESET,
    END_REFUSED,
    END_UNREACHABLE,
    END_EOF,
    END_SILENCE,
    END_BADCERT,
    END_NXDOMAIN,
    END_EMPTY,
    END_SERVFAIL,
    END_REFUSES, /* RCODE */
    END_GARBAGE,
    END_NO_DESCRIPTOR /* a fault of this machine */
};

enum dns_via {
    VIA_SYSTEM,
    VIA_UDP,
    VIA_DOH
};

struct dns_line {
    enum dns_via via;
    const char *host; /* NULL: that of the first site */
    uint16_t type;
    enum ending end;
    struct ip addrs[REPLAY_ADDRS];
    size_t n_addrs;
    int64_t after;
};

struct flow_line {
    struct ip ip;
    uint16_t port;
    bool again; /* for the second and later connections */
    int64_t tcp, tls;
    enum ending tcp_end, tls_end;
};

struct page_line {
    const char *url;
    struct ip ip; /* family 0: whatever address */
    int64_t after;
    enum ending end;
    int status;
    const char *body, *location, *header;
    bool once; /* for the first request; the same made again gets another */
};

struct control_line {
    size_t helper;
    int64_t reached; /* the request goes out so late */
    int64_t after;
    enum ending end;
    int status;
    bool blind; /* nothing of the site can be reached from there */
};

struct cancel_line {
    size_t site;
    int64_t at;
};

struct expect_line {
    size_t site; /* counted from 0 */
    const char *path, *value;
    int line;
};

/* One replay, and what its fakes count while it runs. */
struct world {
    const char *name, *file;
    const char *sites[REPLAY_SITES];
    size_t n_sites;
    struct dns_line dns[REPLAY_MAX];
    size_t n_dns;
    struct flow_line flows[REPLAY_MAX];
    size_t n_flows;
    struct page_line pages[REPLAY_MAX];
    size_t n_pages;
    struct control_line controls[REPLAY_MAX];
    size_t n_controls;
    size_t n_helpers;
    struct cancel_line cancels[REPLAY_SITES];
    size_t n_cancels;
    int64_t pulses[REPLAY_SITES]; /* when something is asked of the line */
    size_t n_pulses;
    struct expect_line expects[REPLAY_MAX];
    size_t n_expects;
    /* what the control sees */
    struct ip truth[REPLAY_ADDRS];
    size_t n_truth;
    enum ending truth_end;
    int truth_status;
    const char *truth_body;
    /* how the engine is set up */
    unsigned jobs, sockets;
    size_t bodies; /* pages that fit in memory at once */
    bool udp, doh, all_resolvers, anew, own_network;
    bool control_plan; /* measure as the control does */
    struct ip compare; /* measure as a comparison does; family 0: not */
    bool unnamed;      /* the address only, once */
    bool page;         /* one page from it */
    bool only_told;    /* not even that */
    int64_t timeout;

    /* counted */
    const char *host;                       /* of the first site */
    size_t lookups, fetches, calls, timers; /* alive */
    size_t connections;                     /* begun in all */
    size_t open, open_max;                  /* sockets */
    size_t pulses_max;                      /* questions under way at once */
};

extern struct world *world;

/* scenario.c: reads a file of replays; `each` gets them one after the other.
 * 0, or the number of the line that makes no sense, which is told. */
int scenario_read(const char *file, char *text, void (*each)(struct world *));

/* fake_loop.c */
struct loop_fake {
    int64_t now;            /* virtual, microseconds */
    size_t steps;           /* callbacks begun */
    void (*hook)(size_t n); /* called before callback n, or NULL */
};

extern struct loop_fake loop_fake;

/* The network, as far as it is faked. */
size_t fakes_alive(void); /* lookups, transfers and calls not freed */
const char *ending_failure(enum ending e);

/* fake_random.c: from now on every draw gives the same. */
void random_fix(void);

/* alloc.c: the n-th allocation from now on fails, and only it (0: none). */
void alloc_fail_at(size_t n);
size_t alloc_count(void); /* since alloc_fail_at */

#endif
