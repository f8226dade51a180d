// SPDX-License-Identifier: Apache-2.0
/* What the files of net/fetch see of a fetcher. */
#ifndef PARALLAX_NET_FETCHER_INT_H
#define PARALLAX_NET_FETCHER_INT_H

#include "net/curl_loop.h"
#include "net/fetcher.h"
#include "net/tls.h"

struct fetcher {
    struct loop *loop;
    struct curl_loop *curl;
    struct tls_store *store;
    uint64_t *up, *down;
};

#endif
