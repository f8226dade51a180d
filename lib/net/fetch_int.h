// SPDX-License-Identifier: Apache-2.0
/* What fetch.c (one transfer) and fetch_multi.c (libcurl on our loop) share. */
#ifndef PARALLAX_NET_FETCH_INT_H
#define PARALLAX_NET_FETCH_INT_H

#include "net/fetch.h"
#include "net/tls.h"

#include "base/buf.h"
#include <curl/curl.h>

struct fetcher {
    struct loop *loop;
    CURLM *multi;
    struct loop_timer *timer;
    struct tls_store *store;
    uint64_t *up, *down;
};

enum fetch_stage {
    STAGE_TCP,
    STAGE_TLS,
    STAGE_HTTP,
    STAGE_DONE
};

struct fetch {
    struct fetcher *owner;
    struct fetch_request req;
    struct fetch_result res;
    enum fetch_stage stage;
    CURL *easy;
    struct curl_slist *headers, *connect_to;
    struct loop_timer *deadline;
    struct tls_watch tls;
    struct buf body;
    struct obs_header *head;
    size_t n_head, cap_head, head_bytes;
    size_t fold_bytes; /* copied to join continued lines */
    bool head_done;
    size_t cap_events;
    uint64_t socket_in; /* received, as the kernel saw it; at the close */
    uint64_t decoded;   /* bytes of the body after decoding */
    bool head_too_big;
    bool asks_again;              /* libcurl would connect anew by itself */
    int socket_errno;             /* of socket() */
    bool merge_read, merge_write; /* last event may take more bytes */
    int64_t merge_tick;
    int64_t read_tick; /* round of the loop in which read_bytes were read */
    size_t read_bytes;
};

/* Adds to the multi handle. */
enum err fetch_multi_add(struct fetch *t);
/* Called by fetch_multi.c when libcurl is done with a transfer. */
void fetch_finished(struct fetch *t, CURLcode code);
/* One event of the wire or of our own; merges neighbours of one moment. */
void fetch_on_io(struct fetch *t, bool write, size_t bytes);
/* The failure of a stage, from what libcurl and the TLS watch know. */
const char *fetch_failure(const struct fetch *t, CURLcode code, int errnum);

#endif
