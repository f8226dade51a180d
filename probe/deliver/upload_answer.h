// SPDX-License-Identifier: Apache-2.0
/* What the collector's answers to an upload mean. Pure: bytes in, a decision
 * out; what is done about it is in upload.c.
 */
#ifndef PARALLAX_PROBE_DELIVER_UPLOAD_ANSWER_H
#define PARALLAX_PROBE_DELIVER_UPLOAD_ANSWER_H

#include "probe/deliver/backend.h"

#define UPLOAD_MAX_REPORT_ID 128
#define UPLOAD_ANSWER_WORDS  100

enum upload_answer {
    UPLOAD_STORED,  /* 200 with a measurement_uid: the frame goes */
    UPLOAD_HELD,    /* 200 without one: once the location is known */
    UPLOAD_REFUSED, /* 400, 409, 413, 415, 422: kept, not sent again */
    UPLOAD_AGAIN    /* all else, other 4xx included: something in front of the
                       collector may have answered */
};

/* What to do with a frame after this answer to its post. */
enum upload_answer upload_answer_judge(const struct backend_answer *a);

/* A report of the collector, to which submissions are posted. */
struct upload_report {
    char id[UPLOAD_MAX_REPORT_ID]; /* letters, digits and _ alone */
    bool dictionary; /* submissions may be compressed against ours */
};

/* What an answer to opening a report says; false if it has no report id that
 * could stand in a path. */
bool upload_answer_report(const struct backend_answer *a,
                          struct upload_report *out);

/* What is wrong with an answer of the collector that is not the one that was
 * wanted, in a few words for a person. */
void upload_answer_words(const struct backend_answer *a,
                         char out[UPLOAD_ANSWER_WORDS]);

#endif
