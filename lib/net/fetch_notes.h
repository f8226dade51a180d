// SPDX-License-Identifier: Apache-2.0
/* A transfer while it runs, and what is noted of it for its result: stages,
 * events on the wire, bytes, and what this machine could not do. The files
 * net/fetch_* note what libcurl tells them; net/fetch starts and ends it.
 */
#ifndef PARALLAX_NET_FETCH_NOTES_H
#define PARALLAX_NET_FETCH_NOTES_H

#include "base/buf.h"
#include "net/fetch_types.h"
#include "net/fetcher_int.h"

enum fetch_stage {
    FETCH_TCP,
    FETCH_TLS,
    FETCH_HTTP,
    FETCH_DONE /* or between the handshake and the request */
};

struct fetch {
    struct fetcher *owner;
    struct fetch_request req;
    struct fetch_result res;
    enum fetch_stage stage;
    struct curl_transfer transfer;
    struct loop_timer *deadline; /* of the stage */

    /* fetch_socket */
    struct curl_slist *connect_to;
    uint64_t socket_in; /* received, as the kernel saw it; at the close */
    int64_t closed_us;  /* when libcurl closed the socket of a connection that
                           failed; 0: it did not yet */
    bool asks_again;    /* libcurl would connect anew by itself */
    int socket_errno;   /* of socket() */

    /* fetch_tls */
    struct tls_watch tls;
    int64_t read_tick; /* round of the loop in which read_bytes were read */
    size_t read_bytes;

    /* fetch_page */
    struct curl_slist *headers; /* of the request */
    struct obs_header *head;    /* of the response */
    size_t n_head, cap_head, head_bytes;
    size_t fold_bytes; /* copied to join continued lines */
    bool head_done;
    bool head_too_big;
    struct buf body;
    uint64_t decoded; /* bytes of the body after decoding */

    /* fetch_notes */
    size_t cap_events;
    bool merge_read, merge_write; /* last event may take more bytes */
    int64_t merge_tick;
};

/* Microseconds since the start of the measurement. */
int64_t fetch_notes_now(const struct fetch *t);
/* This machine could not do `what` (a static string): the result says nothing
 * about the network. The first stands. */
void fetch_notes_internal(struct fetch *t, enum err e, const char *what);
/* A stage begins, and may take this long. */
void fetch_notes_stage(struct fetch *t, enum fetch_stage stage, int64_t us);
/* An event of now; `operation` is static. NULL if there are too many, or there
 * is no memory (then the transfer is internal). */
struct obs_event *fetch_notes_event(struct fetch *t, const char *operation);
/* Bytes were sent (`write`) or received. Those of one round of the loop become
 * one event. */
void fetch_notes_io(struct fetch *t, bool write, size_t bytes);
/* The connect ended, NULL: well. `failure` is static, as below. */
void fetch_notes_tcp(struct fetch *t, const char *failure);
/* The handshake ended: what the watch saw of it is in the result from here on.
 */
void fetch_notes_tls(struct fetch *t, const char *failure);

#endif
