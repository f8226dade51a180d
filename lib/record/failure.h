// SPDX-License-Identifier: Apache-2.0
/* The one list of failures (failure.def): an enum for decisions, and the string
 * that stands in records (OONI's, data format df-007). What the network did is
 * told apart here from what this machine could not do. Tables and look-ups
 * only; every string is static.
 */
#ifndef PARALLAX_RECORD_FAILURE_H
#define PARALLAX_RECORD_FAILURE_H

#include "base/err.h"
#include "base/str.h"

/* How a failure begins for which OONI has no string of its own. */
#define FAILURE_UNKNOWN_TEXT "unknown_failure"

enum failure {
    FAILURE_NONE, /* it went well */
#define FAILURE(name, string, kind) name,
#include "record/failure.def"
#undef FAILURE
    FAILURE_FOREIGN, /* a string that is not in the list */
    FAILURE_COUNT
};

/* The string of a failure; NULL for FAILURE_NONE and FAILURE_FOREIGN. */
const char *failure_text(enum failure f);

/* Which failure a string of a record is. Empty: FAILURE_NONE. A text that
 * begins `unknown_failure` and is not in the list: FAILURE_UNKNOWN. */
enum failure failure_of(struct str text);

/* Something ended the connection or the lookup, or nothing came: what a
 * censor's packets (or the packets it takes away) look like from here. */
bool failure_is_cut(enum failure f);

/* The certificate that the peer showed was refused. */
bool failure_is_certificate(enum failure f);

/* A name server answered, and its answer has no address. */
bool failure_is_name(enum failure f);

/* The peer answered: it leads where we do not go, or says what we do not read.
 */
bool failure_is_limit(enum failure f);

/* A connect that this machine has no way for: no address of that family, no
 * route. It says nothing of who is at the other end. */
bool failure_is_no_way(enum failure f);

/* Does the text begin `unknown_failure`? NULL does not. */
bool failure_is_unknown(const char *text);

/* What an errno of connect, send or recv says about the network;
 * FAILURE_NETWORK_ERROR for 0 and for one that is not known. */
enum failure failure_from_errno(int errnum);

/* Not ERR_OK if this errno means that the machine is at its limits (memory,
 * descriptors), which is never a finding about the network. */
enum err failure_internal(int errnum);

/* The RCODE of a DNS answer (RFC 1035, 4.1.1); 0 gives FAILURE_NONE. */
enum failure failure_from_rcode(unsigned rcode);

/* The string for a fatal TLS alert that the peer sent (RFC 8446, 6), in the
 * words of Go's TLS library; never NULL. */
const char *failure_from_alert(int alert);

/* The text is one that failure_from_alert gives, but for that of alert 112,
 * which a certificate for another name has as well. */
bool failure_is_alert(struct str text);

#endif
