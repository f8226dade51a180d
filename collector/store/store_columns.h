// SPDX-License-Identifier: Apache-2.0
/* What is known of each record beside its bytes: the one list from which struct
 * store_row (store_types.h), the table of the index (sqlite_schema.c) and the
 * facts in a record's frame (store_meta.c) are printed.
 *
 *     COLUMN(KIND, FIELD, NAME, KEY)
 *
 * KIND   how it is kept: each of the files has a line per kind (sqlite_rows.c
 * too); FIELD  of struct store_row; NAME   of the column of the index; KEY
 * among the facts.
 *
 * The order is that of the table and of the facts. Both are on people's disks.
 * So one more column needs
 *   - a value for records whose facts lack it (store_meta.c);
 *   - a new SCHEMA_VERSION in sqlite_schema.h: an index of a lower one is made
 *     again from the segments by whoever opens it first.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_COLUMNS_H
#define PARALLAX_COLLECTOR_STORE_STORE_COLUMNS_H

#define STORE_COLUMNS(COLUMN)                                                  \
    COLUMN(UID, uid, "uid", "uid")                                             \
    /* of the record's content (record/uid.h) */                               \
    COLUMN(HASH, hash, "hash", "hash")                                         \
    /* where it is filed: claimed_s, or nowhere (store_claim.h) */             \
    COLUMN(TIME, start_s, "start_s", "start")                                  \
    COLUMN(TIME, receipt_s, "receipt_s", "receipt")                            \
    /* "ZZ" unknown */                                                         \
    COLUMN(CC, cc, "cc", "cc")                                                 \
    /* 0 unknown */                                                            \
    COLUMN(ASN, asn, "asn", "asn")                                             \
    COLUMN(TEXT, network_name, "network_name", "network")                      \
    COLUMN(TEXT, input, "input", "input")                                      \
    /* host of the input, as an A-label */                                     \
    COLUMN(TEXT, domain, "domain", "domain")                                   \
    /* code of the category that the record names, or "" */                    \
    COLUMN(TEXT, category, "category", "category")                             \
    COLUMN(TEXT, report_id, "report_id", "report_id")                          \
    /* measurement_uid that an imported record came with, or "" */             \
    COLUMN(TEXT, foreign_uid, "foreign_uid", "foreign_uid")                    \
    /* name/version */                                                         \
    COLUMN(TEXT, software, "software", "software")                             \
    /* OONI's key of that name as text: "dns", "false", "" */                  \
    COLUMN(TEXT, blocking, "blocking", "blocking")                             \
    COLUMN(STATE, state, "state", "state")                                     \
    /* "" unless blocked */                                                    \
    COLUMN(TEXT, method, "method", "method")                                   \
    /* 0 to 1, of the state */                                                 \
    COLUMN(REAL, confidence, "confidence", "confidence")                       \
    /* names of rules, with commas between */                                  \
    COLUMN(TEXT, reasons, "reasons", "reasons")                                \
    /* cc and asn are those of the source address */                           \
    COLUMN(FLAG, inferred_location, "inferred", "inferred")                    \
    /* the signature of the control was checked */                             \
    COLUMN(FLAG, control_verified, "verified", "verified")                     \
    /* "web_connectivity"; of another test nobody judges the state */          \
    COLUMN(TEXT, test_name, "test_name", "test_name")                          \
    /* OONI's `blocking` as the record itself has it, as text: "" null */      \
    COLUMN(TEXT, recorded_blocking, "recorded_blocking", "recorded_blocking")  \
    /* measurement_start_time, whatever it says */                             \
    COLUMN(WHEN, claimed_s, "claimed_s", "claimed")                            \
    /* does claimed_s fit receipt_s? */                                        \
    COLUMN(TIMING, timing, "timing", "timing")                                 \
    /* who vouches for the source of an import, or "" */                       \
    COLUMN(TEXT, vouched, "vouched", "vouched")                                \
    /* do cc and asn fit the address it came from? */                          \
    COLUMN(PLACE, place, "place", "place")                                     \
    /* input in its one normal spelling (wire/url_site.h), "" if it has none   \
     */                                                                        \
    COLUMN(TEXT, site, "site", "site")                                         \
    /* the signed answers in it, by their names (store_signatures.h) */        \
    COLUMN(TEXT, signatures, "signatures", "signatures")                       \
    /* when a control was asked about it, after it came; 0: none was */        \
    COLUMN(WHEN, late_s, "late_s", "late")                                     \
    /* JSON: what it was asked and said (docs/store.md), or "" */              \
    COLUMN(TEXT, late_control, "late_control", "late_control")

#endif
