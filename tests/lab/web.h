// SPDX-License-Identifier: Apache-2.0
// The web servers of the lab: one nginx in front of everything, and a small
// server of our own for what no honest server does.
#ifndef LAB_WEB_H
#define LAB_WEB_H

#include "conf.h"

#include <stddef.h>

#define LAB_COLLECTOR_PORT 8080 // on 127.0.0.1 of the world
#define LAB_CONTROL_PORT   8081
#define LAB_MITM_PORT      9443 // where interceptor and portal listen

// The collector's pair of sealing keys (X25519), the same in every lab.
#define LAB_SEAL_SECRET                                                        \
    "5ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea15ea1"
#define LAB_SEAL_KEY                                                           \
    "1b06b14534e5629ccd89ecee16b457f81c364dd187f7d22766ff72501e3f8c5c"
#define LAB_PORTAL_PORT 9080
// 127.77.N.1 is what the interceptor's connections for volunteer N come from.
#define LAB_BEHALF_NET "127.77.0.0/16"
#define LAB_PROXY_ADDR "130.192.182.17" // the ISP's transparent proxy

// Writes DIR/nginx.conf, the pages and the bodies of `page` and `serve`
// lines.
void lab_web_write(const struct lab_conf *c, const char *dir,
                   bool has_collector);

// The page of a host, 2 to 40 KB made from its name. Caller frees.
char *lab_web_page(const char *name, size_t *len);

// The reply for a path of a host (see conf.h on order); NULL: the host's
// own page. `client`: as a volunteer sees it.
const struct lab_reply *lab_web_pick(const struct lab_conf *c,
                                     const struct lab_host *h, const char *path,
                                     bool client);

#endif
