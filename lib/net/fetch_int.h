// SPDX-License-Identifier: Apache-2.0
/* One transfer, from within. */
#ifndef PARALLAX_NET_FETCH_INT_H
#define PARALLAX_NET_FETCH_INT_H

#include "net/fetch.h"
#include "net/fetcher_int.h"

#include "base/buf.h"

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
    struct curl_transfer transfer;
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

#endif
