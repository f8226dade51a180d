// SPDX-License-Identifier: Apache-2.0
#include "record/failure.h"

#include <errno.h>

static const struct {
    int errnum;
    const char *text;
} errno_table[] = {
    {ECONNREFUSED, "connection_refused"},
    {ECONNRESET, FAILURE_RESET},
    /* a write after the reset was already taken note of by the kernel */
    {EPIPE, FAILURE_RESET},
    {ECONNABORTED, "connection_aborted"},
    {EHOSTUNREACH, "host_unreachable"},
    {ENETUNREACH, "network_unreachable"},
    {ENETDOWN, "network_down"},
    {ENETRESET, "network_reset"},
    {ETIMEDOUT, "timed_out"},
    {EAFNOSUPPORT, "address_family_not_supported"},
    {EADDRINUSE, "address_in_use"},
    {EADDRNOTAVAIL, "address_not_available"},
    {EISCONN, "already_connected"},
    {EFAULT, "bad_address"},
    {EBADF, "bad_file_descriptor"},
    {EALREADY, "connection_already_in_progress"},
    {EDESTADDRREQ, "destination_address_required"},
    {EINTR, "interrupted"},
    {EINVAL, "invalid_argument"},
    {EMSGSIZE, "message_size"},
    {ENOPROTOOPT, "no_protocol_option"},
    {ENOTSOCK, "not_a_socket"},
    {ENOTCONN, "not_connected"},
    {EWOULDBLOCK, "operation_would_block"},
    {EACCES, "permission_denied"},
    {EPERM, "permission_denied"},
    {EPROTONOSUPPORT, "protocol_not_supported"},
    {EPROTOTYPE, "wrong_protocol_type"},
    {EHOSTDOWN, "host_unreachable"},
    {EPROTO, "unknown_failure: protocol error"},
};

const char *failure_from_errno(int errnum)
{
    for (size_t i = 0; i < sizeof(errno_table) / sizeof(errno_table[0]); i++) {
        if (errno_table[i].errnum == errnum) {
            return errno_table[i].text;
        }
    }
    return "unknown_failure: network error";
}

enum err failure_internal(int errnum)
{
    switch (errnum) {
    case EMFILE:
    case ENFILE:
        return ERR_FDLIMIT;
    case ENOMEM:
    case ENOBUFS:
        return ERR_NOMEM;
    default:
        return ERR_OK;
    }
}

const char *failure_from_rcode(unsigned rcode)
{
    switch (rcode) {
    case 0:
        return NULL;
    case 2:
        return "dns_servfail_error";
    case 3:
        return FAILURE_NXDOMAIN;
    case 5:
        return "dns_refused_error";
    default:
        return FAILURE_MISBEHAVING;
    }
}

/* The words of Go's TLS library, which the consumers of records know. */
static const struct {
    int alert;
    const char *text;
} alert_table[] = {

#define ALERT(n, words)                                                        \
    {                                                                          \
        n, "unknown_failure: remote error: tls: " words                        \
    }
    ALERT(0, "close notify"),
    ALERT(10, "unexpected message"),
    ALERT(20, "bad record MAC"),
    ALERT(21, "decryption failed"),
    ALERT(22, "record overflow"),
    ALERT(30, "decompression failure"),
    ALERT(40, "handshake failure"),
    ALERT(42, "bad certificate"),
    ALERT(43, "unsupported certificate"),
    ALERT(44, "revoked certificate"),
    ALERT(45, "expired certificate"),
    ALERT(46, "unknown certificate"),
    ALERT(47, "illegal parameter"),
    ALERT(48, "unknown certificate authority"),
    ALERT(49, "access denied"),
    ALERT(50, "error decoding message"),
    ALERT(51, "error decrypting message"),
    ALERT(60, "export restriction"),
    ALERT(70, "protocol version not supported"),
    ALERT(71, "insufficient security level"),
    ALERT(80, "internal error"),
    ALERT(86, "inappropriate fallback"),
    ALERT(90, "user canceled"),
    ALERT(100, "no renegotiation"),
    ALERT(109, "missing extension"),
    ALERT(110, "unsupported extension"),
    ALERT(111, "certificate unobtainable"),
    {112, FAILURE_BAD_HOST}, /* unrecognized_name */
    ALERT(113, "bad certificate status response"),
    ALERT(114, "bad certificate hash value"),
    ALERT(115, "unknown PSK identity"),
    ALERT(116, "certificate required"),
    ALERT(120, "no application protocol"),
#undef ALERT
};

const char *failure_from_alert(int alert)
{
    for (size_t i = 0; i < sizeof(alert_table) / sizeof(alert_table[0]); i++) {
        if (alert_table[i].alert == alert) {
            return alert_table[i].text;
        }
    }
    return "unknown_failure: remote error: tls: unknown alert";
}
