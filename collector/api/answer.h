// SPDX-License-Identifier: Apache-2.0
/* Answers that several endpoints give, worded as OONI's services word them
 * (FastAPI's errors). Each one answers the request.
 */
#ifndef PARALLAX_COLLECTOR_API_ANSWER_H
#define PARALLAX_COLLECTOR_API_ANSWER_H

#include "collector/http/http.h"
#include "collector/ingest/refusal.h"

/* 422: these keys of the body are missing. */
void answer_missing(struct http_req *req, const char *const *keys, size_t n);
/* 422: the body is not the JSON that it should be; `msg` says why. */
void answer_invalid_json(struct http_req *req, const char *msg);
/* 422: this key of the body is not what it should be. */
void answer_invalid_key(struct http_req *req, const char *key, const char *msg);
/* 422: the same of a field of the query. */
void answer_invalid_query(struct http_req *req, const char *key,
                          const char *msg);
/* 503: cannot store now, come again. */
void answer_busy(struct http_req *req);
/* 400 or 413 with {"detail":{"error":...,"message":...},"key":...}; the key, of
 * the record, is left out where there is none. */
void answer_refusal(struct http_req *req, const struct refusal *why);
/* 400 with {"detail":text,"message":...,"key":...}: a refusal for which OONI's
 * server has a fixed text. */
void answer_refusal_as(struct http_req *req, const char *text,
                       const struct refusal *why);

#endif
