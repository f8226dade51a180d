// SPDX-License-Identifier: Apache-2.0
/* Files of collector/data compiled into the program (generated at build). */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_EMBEDDED_H
#define PARALLAX_COLLECTOR_ANALYSIS_EMBEDDED_H

struct embedded_file {
    const char *name; /* "members.csv" */
    const unsigned char *bytes;
    unsigned long len;
};

extern const struct embedded_file embedded_files[];
extern const unsigned long embedded_files_count;

#endif
