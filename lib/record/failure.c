// SPDX-License-Identifier: Apache-2.0
#include "record/failure.h"

#include <errno.h>
#include <string.h>

enum kind {
    OTHER,
    CUT,
    CERT,
    NAME,
    LIMIT
};

static const struct {
    struct str text;
    enum kind kind;
} list[FAILURE_COUNT] = {

#define FAILURE(name, string, what)                                            \
    [name] = {{(string), sizeof(string) - 1}, what},
#include "record/failure.def"
#undef FAILURE
};

const char *failure_text(enum failure f)
{
    return f < FAILURE_COUNT ? list[f].text.p : NULL;
}

enum failure failure_of(struct str text)
{
    if (text.len == 0) {
        return FAILURE_NONE;
    }
    for (unsigned f = FAILURE_NONE + 1; f < FAILURE_FOREIGN; f++) {
        if (str_eq(text, list[f].text)) {
            return (enum failure)f;
        }
    }
    return str_starts(text, FAILURE_UNKNOWN_TEXT) ? FAILURE_UNKNOWN
                                                  : FAILURE_FOREIGN;
}

bool failure_is_cut(enum failure f)
{
    return f < FAILURE_COUNT && list[f].kind == CUT;
}

bool failure_is_certificate(enum failure f)
{
    return f < FAILURE_COUNT && list[f].kind == CERT;
}

bool failure_is_name(enum failure f)
{
    return f < FAILURE_COUNT && list[f].kind == NAME;
}

bool failure_is_limit(enum failure f)
{
    return f < FAILURE_COUNT && list[f].kind == LIMIT;
}

bool failure_is_no_way(enum failure f)
{
    return f == FAILURE_NETWORK_UNREACHABLE || f == FAILURE_NETWORK_DOWN ||
           f == FAILURE_ADDRESS_FAMILY || f == FAILURE_ADDRESS_NOT_AVAILABLE;
}

bool failure_is_unknown(const char *text)
{
    return text && str_starts(str_c(text), FAILURE_UNKNOWN_TEXT);
}

static const struct {
    int errnum;
    enum failure failure;
} errno_table[] = {
    {ECONNREFUSED, FAILURE_REFUSED},
    {ECONNRESET, FAILURE_RESET},
    /* a write after the reset was already taken note of by the kernel */
    {EPIPE, FAILURE_RESET},
    {ECONNABORTED, FAILURE_ABORTED},
    {EHOSTUNREACH, FAILURE_HOST_UNREACHABLE},
    {ENETUNREACH, FAILURE_NETWORK_UNREACHABLE},
    {ENETDOWN, FAILURE_NETWORK_DOWN},
    {ENETRESET, FAILURE_NETWORK_RESET},
    {ETIMEDOUT, FAILURE_TIMED_OUT},
    {EAFNOSUPPORT, FAILURE_ADDRESS_FAMILY},
    {EADDRINUSE, FAILURE_ADDRESS_IN_USE},
    {EADDRNOTAVAIL, FAILURE_ADDRESS_NOT_AVAILABLE},
    {EISCONN, FAILURE_CONNECTED_ALREADY},
    {EFAULT, FAILURE_BAD_ADDRESS},
    {EBADF, FAILURE_BAD_DESCRIPTOR},
    {EALREADY, FAILURE_CONNECTING_ALREADY},
    {EDESTADDRREQ, FAILURE_NO_DESTINATION},
    {EINTR, FAILURE_INTERRUPTED},
    {EINVAL, FAILURE_INVALID_ARGUMENT},
    {EMSGSIZE, FAILURE_MESSAGE_SIZE},
    {ENOPROTOOPT, FAILURE_NO_PROTOCOL_OPTION},
    {ENOTSOCK, FAILURE_NOT_A_SOCKET},
    {ENOTCONN, FAILURE_NOT_CONNECTED},
    {EWOULDBLOCK, FAILURE_WOULD_BLOCK},
    {EACCES, FAILURE_PERMISSION},
    {EPERM, FAILURE_PERMISSION},
    {EPROTONOSUPPORT, FAILURE_NO_PROTOCOL},
    {EPROTOTYPE, FAILURE_PROTOCOL_TYPE},
    {EHOSTDOWN, FAILURE_HOST_UNREACHABLE},
    {EPROTO, FAILURE_PROTOCOL_ERROR},
};

enum failure failure_from_errno(int errnum)
{
    for (size_t i = 0; i < sizeof(errno_table) / sizeof(errno_table[0]); i++) {
        if (errno_table[i].errnum == errnum) {
            return errno_table[i].failure;
        }
    }
    return FAILURE_NETWORK_ERROR;
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

enum failure failure_from_rcode(unsigned rcode)
{
    switch (rcode) {
    case 0:
        return FAILURE_NONE;
    case 2:
        return FAILURE_SERVFAIL;
    case 3:
        return FAILURE_NXDOMAIN;
    case 5:
        return FAILURE_DNS_REFUSED;
    default:
        return FAILURE_MISBEHAVING;
    }
}

/* The words of Go's TLS library, which the consumers of records know. */
static const struct {
    int alert;
    const char *text;
} alert_table[] = {

#define ALERT_TEXT FAILURE_UNKNOWN_TEXT ": remote error: tls: "
#define ALERT(n, words)                                                        \
    {                                                                          \
        n, ALERT_TEXT words                                                    \
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
    ALERT(113, "bad certificate status response"),
    ALERT(114, "bad certificate hash value"),
    ALERT(115, "unknown PSK identity"),
    ALERT(116, "certificate required"),
    ALERT(120, "no application protocol"),
#undef ALERT
};

const char *failure_from_alert(int alert)
{
    if (alert == 112) { /* unrecognized_name */
        return failure_text(FAILURE_BAD_HOST);
    }
    for (size_t i = 0; i < sizeof(alert_table) / sizeof(alert_table[0]); i++) {
        if (alert_table[i].alert == alert) {
            return alert_table[i].text;
        }
    }
    return ALERT_TEXT "unknown alert";
}

bool failure_is_alert(struct str text)
{
    return str_starts(text, ALERT_TEXT);
}
