// SPDX-License-Identifier: Apache-2.0
/* Inside a resolver, for lookup.c. */
#ifndef PARALLAX_NET_RESOLVER_INT_H
#define PARALLAX_NET_RESOLVER_INT_H

#include "net/exchange.h"
#include "net/resolver.h"

struct resolver {
    struct exchange_means means;
    struct netinfo_file resolv_conf, hosts;
};

#endif
