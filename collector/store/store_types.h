// SPDX-License-Identifier: Apache-2.0
/* What the parts of the store hand to each other and to those who ask it: rows,
 * filters and counts. Plain values; strings are borrowed.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_TYPES_H
#define PARALLAX_COLLECTOR_STORE_STORE_TYPES_H

#include "collector/store/store_columns.h"
#include "record/uid.h"
#include "verdict/xstate.h"

/* How long x_probe and source tags are kept. */
#define STORE_TAG_DAYS 35
#define STORE_TAG_MAX  33 /* 16 bytes in hex */
/* Of those who sent one record, so many are kept beside the first. */
#define STORE_OTHERS_MAX 5

/* A measurement_uid that a record came with, and its end. */
#define STORE_FOREIGN_MAX 201

/* What a signed answer is known by (store_signatures.h). */
#define STORE_SIGNATURE_LEN 16

#define STORE_STATES     (X_INTERNAL + 1) /* of enum xstate */
#define STORE_NOT_JUDGED STORE_STATES /* the state of other tests' records */

/* The test whose records are judged. */
#define STORE_JUDGED_TEST "web_connectivity"

/* Does the start that a record claims fit the time of its receipt? Numbers are
 * on people's disks. */
enum store_timing {
    TIMING_IN_TIME,
    TIMING_FUTURE, /* begins more than a day after it */
    TIMING_OLD,    /* more than STORE_CLAIM_OLD_S before it */
    STORE_TIMINGS,
};

/* Do country and network of a record fit the address that it came from? Numbers
 * are on people's disks. */
enum store_place {
    PLACE_UNCHECKED, /* by hand, by Tor, by a proxy, or no database knows */
    PLACE_AGREES,
    PLACE_DISAGREES,
    STORE_PLACES,
};

/* A field of struct store_row for each kind of column. */
#define STORE_FIELD(kind, field, name, key) STORE_FIELD_##kind(field)
#define STORE_FIELD_UID(name)               char name[UID_MAX];
#define STORE_FIELD_HASH(name)              uint8_t name[SHA256_LEN];
#define STORE_FIELD_TIME(name)              int64_t name; /* seconds since 1970 */
#define STORE_FIELD_CC(name)                char name[3];
#define STORE_FIELD_ASN(name)               uint32_t name;
#define STORE_FIELD_TEXT(name)              const char *name; /* never NULL */
#define STORE_FIELD_STATE(name)             int name; /* enum xstate, not judged */
#define STORE_FIELD_WHEN(name)              int64_t name; /* as TIME */
#define STORE_FIELD_TIMING(name)            int name; /* enum store_timing */
#define STORE_FIELD_PLACE(name)             int name; /* enum store_place */
#define STORE_FIELD_REAL(name)              double name;
#define STORE_FIELD_FLAG(name)              bool name;

/* One of those who sent a record. */
struct store_sender {
    char x_probe[STORE_TAG_MAX];    /* "" if not given */
    char source_tag[STORE_TAG_MAX]; /* HMAC(key of a day, /24 or /48) */
};

/* One record. */
struct store_row {
    STORE_COLUMNS(STORE_FIELD)
    /* Who sent it: kept apart and for STORE_TAG_DAYS only, never shown. */
    char x_probe[STORE_TAG_MAX];    /* "" if not given */
    char source_tag[STORE_TAG_MAX]; /* HMAC(day key, /24 or /48), "" unknown */
    /* The same record came from other places, too. */
    struct store_sender others[STORE_OTHERS_MAX];
    unsigned n_others;
};

/* One record to be stored. */
struct store_put {
    struct store_row row; /* uid is made by the store */
    struct str record;    /* bytes as stored (after server-side scrub) */
    bool uncounted;       /* a duplicate is not added to stats.duplicates, so
                             that an import done twice changes no count */
    bool wants_control;   /* the record leaves the control to who takes it in */
    /* out */
    bool duplicate; /* the same claim (hash, cc, asn) was there; row.uid is the
                       old one */
    bool newly_vouched; /* it is one, nobody had vouched for it, and this one
                           stands in its place now, under its uid */
    bool fits_better;   /* the same, because it comes from where it says
                           (store_claim_fits_better), or because the clock
                           was wrong when the kept copy came */
    bool another;       /* it is one that came from another place */
};

struct store_filter {
    /* start_s; until exclusive; 0 = open. Where either is given, what is filed
     * nowhere is not found. */
    int64_t since_s, until_s;
    const char *cc;        /* NULL: all */
    const char *domain;    /* NULL: all */
    const char *test_name; /* NULL: all */
    /* Only what comes behind this one, which a scan with the same filter gave
     * last: so that nobody who is slow keeps a scan open. NULL: all. */
    const char *after_uid;
    int64_t after_s; /* its start_s */
};

/* The row and its strings are valid during the call; false stops the scan. */
typedef bool (*store_row_fn)(void *arg, const struct store_row *row);

struct store_country {
    char cc[3];
    uint64_t networks, domains, measurements, days;
};

struct store_test {
    char name[32];
    uint64_t measurements;
};

struct store_reason {
    char reason[48];
    uint64_t n;
};

/* Countries and networks leave out ZZ and 0. */
struct store_stats {
    uint64_t measurements, duplicates, countries, networks, domains;
    int64_t first_s, last_s; /* start_s of what is filed; 0: nothing is */
    uint64_t raw_bytes, stored_bytes;
    uint64_t by_timing[STORE_TIMINGS]; /* enum store_timing */
    uint64_t by_place[STORE_PLACES];   /* enum store_place */
    uint64_t vouched;                  /* records that somebody vouches for */
    uint64_t by_state[STORE_STATES];   /* enum xstate */
    uint64_t not_judged;
    uint64_t lost; /* acknowledged once, and gone from the segments */
    struct store_country *by_country; /* by cc */
    size_t n_countries;
    struct store_test *by_test; /* by name */
    size_t n_tests;
    struct store_reason *rejected; /* by reason */
    size_t n_rejected;
};

#endif
