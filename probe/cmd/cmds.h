// SPDX-License-Identifier: Apache-2.0
/* Rows that the tables of several commands share. */
#ifndef PARALLAX_PROBE_CMD_CMDS_H
#define PARALLAX_PROBE_CMD_CMDS_H

/* Of those that take a list, or the installed ones. */
#define CMD_OPT_LIST                                                           \
    {                                                                          \
        .name = "list", .kind = OPT_STR, .arg = "FILE",                        \
        .help = "the sites of this list (CSV or one URL per line)"             \
    }
#define CMD_OPT_COUNTRY                                                        \
    {                                                                          \
        .name = "country", .key = "run.country", .kind = OPT_STR, .arg = "CC", \
        .help = "of the installed lists that country's beside the global one"  \
    }
#define CMD_OPT_CATEGORY                                                       \
    {                                                                          \
        .name = "category", .kind = OPT_STR, .arg = "A,B",                     \
        .help = "only rows of these categories, such as NEWS,HUMR"             \
    }

/* Rows of the tables of all commands that measure. */
#define CMD_OPT_ASN_DB                                                         \
    {                                                                          \
        .key = "asn_db", .kind = OPT_STR, .arg = "FILE",                       \
        .help = "MMDB file with the networks of addresses"                     \
    }
#define CMD_OPT_RETEST_PAUSE                                                   \
    {                                                                          \
        .key = "retest.pause", .kind = OPT_INT, .min = 0, .max = 3600,         \
        .def = "15", .arg = "S",                                               \
        .help = "wait so long before measuring again what may be chance"       \
    }

#define CMD_OPT_SEAL_KEY                                                       \
    {                                                                          \
        .key = "collector.seal_key", .kind = OPT_LIST, .arg = "KEY",           \
        .help = "the collector's public key, for which records are sealed"     \
    }

#endif
