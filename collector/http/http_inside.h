// SPDX-License-Identifier: Apache-2.0
/* The inside of a server, for http_server.c and http_conn.c. */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_INSIDE_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_INSIDE_H

#include "collector/http/http_config.h"
#include "collector/http/http_crowd.h"
#include "collector/http/http_listen.h"
#include "collector/http/http_loop.h"
#include "collector/http/http_refusal.h"
#include "collector/http/http_sweep.h"

#include <stdatomic.h>

struct http_server {
    struct http_config cfg;
    struct MHD_Daemon *daemon;
    int listen_fd;
    char url[HTTP_URL_MAX];
    atomic_uint busy;
    struct http_crowd *crowd;
    struct http_refusal *refusal;
    atomic_bool quiesced;
    struct http_loop loop; /* if cfg.loop */
    struct http_sweep *sweep;
};

#endif
