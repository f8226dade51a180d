// SPDX-License-Identifier: Apache-2.0
/* A record whose control is asked by us: what to ask, and the record with the
 * answer in it, which is judged and never kept. Pure.
 */
#ifndef PARALLAX_COLLECTOR_INGEST_LATE_RECORD_H
#define PARALLAX_COLLECTOR_INGEST_LATE_RECORD_H

#include "base/buf.h"
#include "base/json.h"

/* Of a control's answer; what is longer is none. */
#define LATE_ANSWER_MAX ((size_t)48 << 10)

/* Appends the request as a probe would have made it: the site, and the first
 * addresses at which it was found. `input`: of the record. */
MUST_USE enum err late_record_request(const struct json *record,
                                      const char *input, struct buf *out);
/* Appends the record `doc`, whose text is `text`, with request and answer in
 * the places of test_keys where null stands, and in those of its further
 * measurements of the same name. ERR_PARSE: it has no such places. */
MUST_USE enum err late_record_with(const struct json_doc *doc, struct str text,
                                   struct str request, struct str answer,
                                   struct buf *out);
/* Appends what is kept beside the record, asked at `asked_s`, `age_s` after the
 * measurement. ERR_PARSE: the answer is no JSON object, or too long. */
MUST_USE enum err late_record_keep(int64_t asked_s, int64_t age_s,
                                   struct str request, struct str answer,
                                   struct buf *out);

#endif
