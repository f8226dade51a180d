// SPDX-License-Identifier: Apache-2.0
/* Rows that the tables of several commands share. */
#ifndef PARALLAX_COLLECTOR_CMD_CMDS_H
#define PARALLAX_COLLECTOR_CMD_CMDS_H

/* The --data option, the same for every command that has it. */
#define CMD_OPT_DATA                                                           \
    {                                                                          \
        .name = "data", .key = "data", .kind = OPT_STR,                        \
        .def = "./parallax-data", .arg = "DIR",                                \
        .help = "where measurements are kept"                                  \
    }
#define CMD_OPT_ASN_DB                                                         \
    {                                                                          \
        .name = NULL, .key = "asn_db", .kind = OPT_STR, .arg = "FILE",         \
        .help = "MMDB file of networks and countries"                          \
    }

/* The --key option of what works with the key that signs site lists. */
#define CMD_OPT_LIST_KEY                                                       \
    {                                                                          \
        .name = "key", .kind = OPT_STR, .arg = "FILE",                         \
        .help = "the secret key (default: list-signing.key of the data "       \
                "directory)"                                                   \
    }

#endif
