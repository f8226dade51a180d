// SPDX-License-Identifier: Apache-2.0
/* Failure strings of df-007: what the network did, told apart from what this
 * machine could not do. All strings are static.
 */
#ifndef PARALLAX_RECORD_FAILURE_H
#define PARALLAX_RECORD_FAILURE_H

#include "base/err.h"

#define FAILURE_TIMEOUT       "generic_timeout_error"
#define FAILURE_EOF           "eof_error"
#define FAILURE_RESET         "connection_reset"
#define FAILURE_NXDOMAIN      "dns_nxdomain_error"
#define FAILURE_NO_ANSWER     "dns_no_answer"
#define FAILURE_MISBEHAVING   "dns_server_misbehaving"
#define FAILURE_WRONG_ID      "dns_reply_with_wrong_query_id"
#define FAILURE_BOGON         "dns_bogon_error"
#define FAILURE_BAD_HOST      "ssl_invalid_hostname"
#define FAILURE_BAD_CERT      "ssl_invalid_certificate"
#define FAILURE_BAD_AUTHORITY "ssl_unknown_authority"
#define FAILURE_REDIRECT_HOST "http_invalid_redirect_location_host"
#define FAILURE_REDIRECT_COUNT                                                 \
    "unknown_failure: stopped after too many redirects"

/* Network errno to its string; 0 and what is not known give a general
 * `unknown_failure`. Never NULL. */
const char *failure_from_errno(int errnum);
/* Not ERR_OK if this errno means that the machine is at its limits, which is
 * never a finding about the network. */
enum err failure_internal(int errnum);
/* RCODE 0 gives NULL. */
const char *failure_from_rcode(unsigned rcode);
/* A TLS alert sent by the peer (RFC 8446 6). */
const char *failure_from_alert(int alert);

#endif
