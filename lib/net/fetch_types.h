// SPDX-License-Identifier: Apache-2.0
/* What is asked of a transfer (net/fetch), and what came of it. */
#ifndef PARALLAX_NET_FETCH_TYPES_H
#define PARALLAX_NET_FETCH_TYPES_H

#include "base/region.h"
#include "record/measurement.h"

/* No answer began, and browsers would ask once more over a new connection. */
enum fetch_again {
    FETCH_AGAIN_NO,
    FETCH_AGAIN_ALIKE, /* somebody hung up */
    FETCH_AGAIN_HTTP1  /* HTTP/2 was refused */
};

struct fetch_result {
    enum err internal; /* not 0: this machine failed; nothing else counts */
    const char *internal_what;
    struct ip local_ip;
    uint16_t local_port;
    bool has_tcp, has_tls, has_http;
    bool granted; /* the page was asked for */
    bool trusted; /* an authority vouches for the certificate */
    bool enough;  /* we stopped reading; more may have come */
    enum fetch_again again;
    uint64_t received;  /* bytes above TCP, the handshake included */
    int64_t first;      /* when the answer to the request began; 0 never */
    int64_t last;       /* when the last bytes came; 0 never */
    struct obs_tcp tcp; /* ids and tags are the caller's to fill in */
    struct obs_tls tls;
    struct obs_http http;
    struct obs_event *events;
    size_t n_events;
};

struct fetch_request {
    const char *url;
    const char *host; /* as in the URL; name in the certificate */
    bool https;
    bool host_is_ip; /* then no name goes into the handshake */
    bool any_cert;   /* whoever it is for */
    bool http1;      /* HTTP/2 is not offered */
    struct ip ip;    /* where to connect to */
    uint16_t port;
    const struct obs_header *headers; /* Cookie included, Host not */
    size_t n_headers;
    size_t keep_bytes;    /* of the decoded body */
    uint64_t count_bytes; /* stop reading after these; >= keep_bytes */
    uint64_t wire_bytes;  /* or after these, encoded; 0: no such limit */
    int64_t tcp_us, tls_us, http_us; /* time limits */
    int64_t idle_us; /* of a page, without a byte of it; 0: no such limit */
    struct region *region;
    int64_t zero_us;
    /* Connection (and TLS) stand: fetch the page? Called from inside the
     * transfer: must not start or cancel any. NULL: never. */
    bool (*on_ready)(void *arg);
    void (*on_done)(void *arg, struct fetch_result *res);
    void *arg;
};

#endif
