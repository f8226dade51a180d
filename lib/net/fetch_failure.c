// SPDX-License-Identifier: Apache-2.0
/* The failures of transfers. */
#include "net/fetch_failure.h"
#include "record/failure.h"

static const char *http2_failure(const struct tls_watch *w, int errnum)
{
    if (w->alert_failure) {
        return w->alert_failure;
    }
    if (errnum) {
        return failure_text(failure_from_errno(errnum));
    }
    return failure_text(w->eof ? FAILURE_EOF : FAILURE_HTTP2_STREAM);
}

/* What libcurl's code alone says; NULL: it could be one of several. */
static const char *code_failure(const struct fetch *t, CURLcode code,
                                int errnum)
{
    switch (code) {
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return failure_text(errnum ? failure_from_errno(errnum) : FAILURE_EOF);
    case CURLE_OPERATION_TIMEDOUT:
        return failure_text(FAILURE_TIMEOUT);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 */
        return failure_text(FAILURE_HTTP_MALFORMED);
    case CURLE_BAD_CONTENT_ENCODING:
        return failure_text(FAILURE_BODY_DECODING);
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return http2_failure(&t->tls, errnum);
    case CURLE_PEER_FAILED_VERIFICATION:
        return failure_text(FAILURE_BAD_CERT);
    default:
        return NULL;
    }
}

const char *fetch_failure_of(const struct fetch *t, CURLcode code, int errnum)
{
    const struct tls_watch *w = &t->tls;

    if (t->stage == FETCH_TLS && w->cert_failure) {
        return w->cert_failure;
    }
    if (t->stage == FETCH_TLS && w->alert_failure) {
        return w->alert_failure;
    }
    if (t->head_too_big) {
        return failure_text(FAILURE_HEADERS_TOO_LARGE);
    }
    if (t->asks_again) {
        return failure_text(FAILURE_HTTP2_REFUSED);
    }
    const char *known = code_failure(t, code, errnum);
    if (known) {
        return known;
    }
    if (errnum) {
        return failure_text(failure_from_errno(errnum));
    }
    if (t->stage == FETCH_HTTP && w->alert_failure) {
        return w->alert_failure;
    }
    if (w->eof) {
        return failure_text(FAILURE_EOF);
    }
    if (w->error) {
        return w->error;
    }
    if (t->stage == FETCH_TLS) {
        return failure_text(FAILURE_EOF);
    }
    return failure_text(code == CURLE_RECV_ERROR ? FAILURE_HTTP_MALFORMED
                                                 : FAILURE_TRANSFER);
}
