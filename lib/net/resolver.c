// SPDX-License-Identifier: Apache-2.0
/* A resolver is made and freed here; see lookup.c for what is done with it. */
#include "net/resolver_int.h"

#include <stdlib.h>

enum err resolver_new(struct loop *l, const struct resolver_config *cfg,
                      struct resolver **out)
{
    struct resolver *r = calloc(1, sizeof(*r));

    if (!r) {
        return ERR_NOMEM;
    }
    r->means = (struct exchange_means){
        .loop = l,
        .sockets = cfg->sockets,
        .up = cfg->up,
        .down = cfg->down,
    };
    enum err e = channel_pool_init(&r->means.channels, l);
    if (e != ERR_OK) {
        free(r);
        return e;
    }
    netinfo_file_init(&r->resolv_conf,
                      cfg->resolv_conf ? cfg->resolv_conf : "/etc/resolv.conf");
    netinfo_file_init(&r->hosts, cfg->hosts ? cfg->hosts : "/etc/hosts");
    *out = r;
    return ERR_OK;
}

void resolver_free(struct resolver *r)
{
    if (!r) {
        return;
    }
    channel_pool_fini(&r->means.channels);
    netinfo_file_fini(&r->resolv_conf);
    netinfo_file_fini(&r->hosts);
    free(r);
}
