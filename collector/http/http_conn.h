// SPDX-License-Identifier: Apache-2.0
/* What libmicrohttpd calls for a connection and for each request there. `arg`
 * is the struct http_server, save where it says otherwise.
 */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_CONN_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_CONN_H

#include <microhttpd.h>

/* The head of a request, then what has come of its body, at last the end of it;
 * and again when a deferred one goes on. MHD_NO ends the connection. */
enum MHD_Result http_conn_request(void *arg, struct MHD_Connection *mhd,
                                  const char *url, const char *method,
                                  const char *version, const char *data,
                                  size_t *len, void **state);
/* The request of `*state` is over; `arg` is not used. */
void http_conn_completed(void *arg, struct MHD_Connection *mhd, void **state,
                         enum MHD_RequestTerminationCode why);
/* A connection begins or ends. */
void http_conn_notify(void *arg, struct MHD_Connection *mhd, void **state,
                      enum MHD_ConnectionNotificationCode what);
/* A NUL would end the text for all that reads it behind us: it stays written as
 * it came, and so means nothing. The new length; `arg` is not used. */
size_t http_conn_unescape(void *arg, struct MHD_Connection *mhd, char *text);

#endif
