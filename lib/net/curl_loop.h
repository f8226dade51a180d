// SPDX-License-Identifier: Apache-2.0
/* libcurl's multi interface on our loop: the sockets it waits for, its one
 * timer, and the transfers that ended. For net/fetch (measuring) and net/client
 * (everything else), who set up the easy handles and know what an end means.
 *
 * What this machine could not do (watch a socket, arm the timer, find memory)
 * is the `trouble` of the transfers it hit, and of no others. They end with it,
 * and libcurl is not told: it would end every transfer of the handle, and each
 * would look as if its peer had hung up.
 */
#ifndef PARALLAX_NET_CURL_LOOP_H
#define PARALLAX_NET_CURL_LOOP_H

#include "base/loop.h"

#include <curl/curl.h>

struct curl_loop;

/* One transfer; part of whatever owns the easy handle. */
struct curl_transfer {
    CURL *easy; /* with every option but CURLOPT_PRIVATE, which is taken */
    /* It ended; called from the loop, and never after curl_loop_remove. The
     * handle can still be asked, and the transfer must be removed here. */
    void (*on_done)(void *arg, CURLcode code);
    void *arg;

    /* curl_loop's own */
    struct curl_loop *owner; /* NULL: not added */
    struct curl_transfer *prev, *next;
    curl_socket_t fd; /* the socket that it waits for */
    int64_t dead_us;  /* when it was first waited for and had failed by then, as
                         only what is on this machine is so quick; 0: it had
                         not */
    enum err trouble;
    unsigned long memory; /* memory_failures() when it was added */
};

/* `keep`: connections are kept for the next transfer, and shared where HTTP/2
 * allows it. Otherwise each transfer has one of its own. */
MUST_USE enum err curl_loop_new(struct loop *l, bool keep,
                                struct curl_loop **out);
/* No transfer may be left. May be called from on_done. NULL allowed. */
void curl_loop_free(struct curl_loop *c);

/* Starts a transfer; it ends with on_done, never from inside this call. */
MUST_USE enum err curl_loop_add(struct curl_loop *c, struct curl_transfer *t);
/* Ends it without on_done, closing its connection if it was its own. Does
 * nothing to one that was not added. */
void curl_loop_remove(struct curl_transfer *t);

/* What this machine could not do for a transfer that failed (also by a time
 * limit of its owner's): then the failure says nothing about the network.
 * ERR_OK: nothing. Memory that ran out while it lived counts, whosever it was,
 * because nobody can tell. Of no meaning for one that succeeded. */
enum err curl_loop_trouble(const struct curl_transfer *t);

#endif
